import { expect, it } from 'vitest';
import { Jobs } from '../../../renderer/state/jobs.svelte.js';
import { OpenCaseState } from '../../../renderer/state/openCaseState.svelte.js';
import type { Client, OpenCase } from '../../../src/contract/index.js';

const SLOTS = { t1: null, t1ce: null, t2: null, flair: '/p/flair.nii' };

const opened = (key: string | null, slots = SLOTS) =>
  ({
    id: 'case',
    name: 'patient',
    files: [],
    slots,
    available: ['flair'],
    answers: null,
    result: null,
    edits: null,
    masks: [],
    preparation: { made: key === null ? null : { key, grid: { size: [240, 240, 155] } } },
  }) as unknown as OpenCase;

it('keeps a window that was set for its image alone: the prepared image and another file begin with their own', () => {
  const openCase = new OpenCaseState({} as Client, opened(null), new Jobs({} as Client));
  const windowSet = () => openCase.display.windows[openCase.image.keyOf('flair')];
  openCase.image.setWindow([0, 562]);
  expect(windowSet()).toEqual([0, 562]);
  openCase.update(opened('prepared'));
  expect(windowSet()).toBeUndefined();
  openCase.update(opened(null, { ...SLOTS, flair: '/p/other.nii' }));
  expect(windowSet()).toBeUndefined();
  openCase.update(opened(null));
  expect(windowSet()).toEqual([0, 562]);
});
