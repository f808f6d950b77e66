import { describe, expect, it, vi } from 'vitest';
import { BrainPainting } from '../../../renderer/state/brainPainting.svelte.js';
import { Editing } from '../../../renderer/state/editing.svelte.js';
import type { Client, EditState, OpenCase } from '../../../src/contract/index.js';
import { QuorumError } from '../../../src/errors.js';
import { gridOf } from '../grids.js';

const GRID = { size: [4, 1, 1], spacing: [1, 1, 1], origin: [0, 0, 0], affine: [], orientation: 'RAS' };
const state = (revision: number) => ({ startedAt: 'then', revision, canUndo: true }) as EditState;
const voxels = (...labels: number[]) => Uint8Array.from(labels).buffer;

/** A client of which every answer stands here. */
function client(answers: Readonly<Record<string, (request: never, body?: ArrayBuffer) => unknown>>) {
  const call = async (method: string, request: never, body?: ArrayBuffer) => answers[method](request, body);
  return { call, callBinary: call } as unknown as Client;
}

describe('the brain mask that is painted on', () => {
  const begun = async (kept: (body?: ArrayBuffer) => void = () => undefined) => {
    const brain = new BrainPainting(
      client({
        'preparation.brain': () => ({ header: { grid: GRID }, data: voxels(0, 1, 1, 0) }),
        'preparation.head': () => ({
          header: { grid: GRID, type: 'uint8', minimum: 0, maximum: 9, window: [0, 9] },
          data: voxels(9, 9, 9, 9),
        }),
        'preparation.setBrain': (_, body) => kept(body),
      }),
      'a',
    );
    await brain.begin();
    return brain;
  };
  const labels = (brain: BrainPainting) => [...brain.overlay!.data];

  it('changes only what is not so already, and each change is another picture', async () => {
    const brain = await begun();
    const before = brain.overlay!.key;
    expect(brain.paint([0, 1], 1)).toEqual([0]);
    expect(labels(brain)).toEqual([1, 1, 1, 0]);
    expect(brain.overlay!.key).not.toBe(before);
    const after = brain.overlay!.key;
    expect(brain.paint([0, 1], 1)).toEqual([]);
    expect(brain.overlay!.key).toBe(after);
  });

  it('goes back stroke by stroke and forward again, until another stroke is made', async () => {
    const brain = await begun();
    await brain.finishStroke('brush', brain.paint([0], 1), 1);
    await brain.finishStroke('eraser', brain.paint([0, 1, 2], 0), 0);
    await brain.undo();
    expect(labels(brain)).toEqual([1, 1, 1, 0]);
    await brain.undo();
    expect(labels(brain)).toEqual([0, 1, 1, 0]);
    expect([brain.canUndo, brain.canRedo]).toEqual([false, true]);
    await brain.redo();
    expect(labels(brain)).toEqual([1, 1, 1, 0]);
    await brain.finishStroke('brush', brain.paint([3], 1), 1);
    expect(brain.canRedo).toBe(false);
  });

  it('is sent as runs when it is used, and is then not painted on any more', async () => {
    const kept = vi.fn();
    const brain = await begun(kept);
    await brain.keep();
    expect([...new Uint32Array(kept.mock.calls[0][0])]).toEqual([1, 2, 1]);
    expect([brain.overlay, brain.head]).toEqual([null, null]);
  });
});

describe('the mask that is edited', () => {
  const opened = { id: 'a', edits: state(1) } as OpenCase;

  it('is read again when a stroke is refused', async () => {
    const editing = new Editing(
      client({
        'masks.labels': () => ({ header: { grid: GRID }, data: voxels(0, 0, 0, 4) }),
        'edits.stroke': () => {
          throw new QuorumError({ code: 'DISK_FULL' });
        },
      }),
      opened,
    );
    await editing.load();
    const stroke = editing.finishStroke('brush', editing.paint([0], 4), 4);
    expect([...editing.overlay!.data]).toEqual([4, 0, 0, 4]);
    expect(editing.unsaved).toBe(1);
    await expect(stroke).rejects.toMatchObject({ problem: { code: 'DISK_FULL' } });
    await expect.poll(() => editing.unsaved).toBe(0);
    expect([...editing.overlay!.data]).toEqual([0, 0, 0, 4]);
  });

  it('is begun by the first change, not by a look', async () => {
    const log: string[] = [];
    const began = vi.fn();
    const editing = new Editing(
      client({
        'edits.start': ({ from }: { from: { combination: string } }) => {
          log.push(`start ${from.combination}`);
          return state(1);
        },
        'edits.stroke': () => {
          log.push('stroke');
          return state(2);
        },
      }),
      { ...opened, edits: null },
      began,
    );
    const automatic = { key: 'x', grid: gridOf([2, 2, 1], 'LPS'), data: Uint8Array.from([0, 0, 0, 4]) };
    editing.offer({ kind: 'combination', combination: 'flair' }, automatic);
    expect([editing.tool, [...editing.overlay!.data], log]).toEqual(['brush', [0, 0, 0, 4], []]);
    await editing.finishStroke('brush', editing.paint([0], 4), 4);
    await editing.finishStroke('brush', editing.paint([1], 4), 4);
    expect(log).toEqual(['start flair', 'stroke', 'stroke']);
    expect(began).toHaveBeenCalledOnce();
    // The automatic mask is another one, and stays as it was.
    expect([...automatic.data]).toEqual([0, 0, 0, 4]);
    expect([...editing.overlay!.data]).toEqual([4, 4, 0, 4]);
  });

  it('shows the mask that it would begin from where it cannot be begun', async () => {
    const editing = new Editing(
      client({
        'edits.start': () => {
          throw new QuorumError({ code: 'DISK_FULL' });
        },
      }),
      { ...opened, edits: null },
    );
    editing.offer(
      { kind: 'combination', combination: 'flair' },
      { key: 'x', grid: gridOf([2, 2, 1], 'LPS'), data: Uint8Array.from([0, 0, 0, 4]) },
    );
    const stroke = editing.finishStroke('brush', editing.paint([0], 4), 4);
    await expect(stroke).rejects.toMatchObject({ problem: { code: 'DISK_FULL' } });
    await expect.poll(() => [...editing.overlay!.data]).toEqual([0, 0, 0, 4]);
    expect(editing.state).toBeNull();
  });

  it('sends one stroke after the other, and follows what undo changed', async () => {
    const log: string[] = [];
    let answer = () => {};
    const editing = new Editing(
      client({
        'masks.labels': () => ({ header: { grid: GRID }, data: voxels(0, 0, 0, 0) }),
        'edits.stroke': (_: never, body?: ArrayBuffer) => {
          log.push(`stroke ${[...new Uint32Array(body!)].join()}`);
          return new Promise((resolve) => {
            answer = () => resolve(state(2));
          });
        },
        'edits.undo': () => {
          log.push('undo');
          return { header: state(3), data: Uint32Array.from([0, 2, 0]).buffer };
        },
      }),
      opened,
    );
    await editing.load();
    const stroke = editing.finishStroke('brush', editing.paint([0, 1], 2), 2);
    const undone = editing.undo();
    await expect.poll(() => log).toEqual(['stroke 0,2,2']);
    answer();
    await Promise.all([stroke, undone]);
    expect(log).toEqual(['stroke 0,2,2', 'undo']);
    expect([...editing.overlay!.data]).toEqual([0, 0, 0, 0]);
    expect(editing.state?.revision).toBe(3);
  });
});
