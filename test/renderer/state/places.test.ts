import { expect, it } from 'vitest';
import { Display } from '../../../renderer/state/display.svelte.js';
import { Editing } from '../../../renderer/state/editing.svelte.js';
import { Places } from '../../../renderer/state/places.svelte.js';
import type { Client, EditState, OpenCase } from '../../../src/contract/index.js';

const place = (id: number, voxel: number[]) => ({
  id,
  voxel,
  answers: [{ combinations: ['flair', 't2'] }, { combinations: ['t1+flair'] }],
});

/** Two places; every request that is made of the services. */
async function found() {
  const asked: object[] = [];
  const call = async (method: string, request: object) => {
    asked.push({ method, ...request });
    return method === 'choices.list'
      ? { blobs: [place(7, [1, 2, 3]), place(9, [4, 5, 6])], total: 5 }
      : { header: { revision: 2 }, data: new ArrayBuffer(0) };
  };
  const client = { call, callBinary: call } as unknown as Client;
  const display = new Display();
  const editing = new Editing(client, { id: 'a', edits: { revision: 1 } as EditState } as OpenCase);
  const places = new Places(client, 'a', editing, display);
  await places.find(['flair', 't1+flair'], 0.4);
  return { places, display, editing, asked };
}

it('is at the largest place first, and goes round', async () => {
  const { places, display } = await found();
  expect([places.total, places.now?.id, display.crosshair]).toEqual([5, 7, [1, 2, 3]]);
  places.answer = 1;
  places.next(1);
  expect([places.now?.id, places.answer, display.crosshair]).toEqual([9, null, [4, 5, 6]]);
  places.next(1);
  expect(places.now?.id).toBe(7);
});

it('takes the answer that is looked at for this place alone, as a change of the edit, and goes on', async () => {
  const { places, editing, asked } = await found();
  await places.take(0.4);
  expect(asked).toHaveLength(1);
  places.answer = 1;
  await places.take(0.4);
  expect(asked.at(-1)).toEqual({
    ...{ method: 'choices.take', case: 'a', blob: 7, answer: 't1+flair' },
    ...{ combinations: ['flair', 't1+flair'], threshold: 0.4 },
  });
  expect(editing.state?.revision).toBe(2);
  expect(places.now?.id).toBe(9);
});
