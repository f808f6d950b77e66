import { expect, it } from 'vitest';
import { Jobs } from '../../../renderer/state/jobs.svelte.js';
import { Study } from '../../../renderer/state/study.svelte.js';
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
  const study = new Study({} as Client, opened(null), new Jobs({} as Client));
  const windowSet = () => study.display.windows[study.imageKey('flair')];
  study.setWindow([0, 562]);
  expect(windowSet()).toEqual([0, 562]);
  study.update(opened('prepared'));
  expect(windowSet()).toBeUndefined();
  study.update(opened(null, { ...SLOTS, flair: '/p/other.nii' }));
  expect(windowSet()).toBeUndefined();
  study.update(opened(null));
  expect(windowSet()).toEqual([0, 562]);
});
