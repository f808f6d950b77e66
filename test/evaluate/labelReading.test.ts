import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { LabelCounts, readLabels } from '../../src/evaluate/labelReading.js';
import { REGION_LABELS } from '../../src/masks/schemes.js';
import type { LabelScheme } from '../../src/terms.js';

/** A truth of 40 voxels outside, 30 of oedema, 10 of core, 20 enhancing, in the labels that are given. */
function map(outside: number, oedema: number, core: number, enhancing: number) {
  const parts = [outside, oedema, core, enhancing];
  const data = [40, 30, 10, 20].flatMap((count, part) => new Array<number>(count).fill(parts[part]));
  return { data: Uint8Array.from(data), size: [100, 1, 1] as const };
}

const TRUTH = map(0, 2, 1, 4);

function read(
  prediction: ReturnType<typeof map>,
  asked: string | null = null,
  truth = TRUTH,
  scheme: LabelScheme = 'brats',
) {
  const counts = new LabelCounts();
  counts.add(prediction, truth, scheme);
  return readLabels(counts, scheme, asked, '/masks');
}

function refusal(...args: Parameters<typeof read>) {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof QuorumError) return error.problem;
    throw error;
  }
  throw new Error('accepted');
}

describe('what the labels of masks mean', () => {
  it.each([
    ['brats2020', map(0, 2, 1, 4)],
    ['brats2021', map(0, 2, 1, 3)],
    ['brats2020', map(0, 2, 1, 0)],
    ['brats2020', map(0, 0, 0, 0)],
    // A method that finds no core at all is poor, not in another order.
    ['brats2020', map(0, 2, 2, 4)],
  ])('is found out by custom: %s', (name, prediction) => {
    expect(read(prediction).name).toBe(name);
  });

  it('is the truth’s own scheme where that holds every label', () => {
    const truth = map(0, 2, 3, 4);
    expect(read(map(0, 2, 3, 4), null, truth, 'brats2013').name).toBe('brats2013');
    expect(read(map(4, 2, 1, 3), null, map(4, 2, 1, 3), 'brats2024').name).toBe('brats2024');
  });

  it.each([
    ['msd', map(0, 1, 2, 3)],
    ['brats-peds', map(0, 4, 2, 1)],
    ['hd-glio', map(0, 1, 1, 2)],
    // A cavity where the truth has nothing.
    ['brats2024', map(4, 2, 1, 3)],
  ])('is in doubt where %s fits better than the usual reading, or none is usual', (name, prediction) => {
    const problem = refusal(prediction);
    expect(problem.code).toBe('LABELS_IN_DOUBT');
    expect(problem.expected).toContain(`${name} (`);
    expect(problem.found).toMatch(/1 in \d+ voxels/);
    expect(read(prediction, name).name).toBe(name);
  });

  it.each([1, 4, 255])('is in doubt where one label (%i) stands for a truth of several parts', (label) => {
    expect(refusal(map(0, label, label, label))).toMatchObject({
      code: 'LABELS_IN_DOUBT',
      found: `labels ${label} in 60 voxels; only one label, as in a binary mask`,
    });
    expect(read(map(0, label, label, label), 'binary').regions).toEqual({ WT: [label] });
  });

  it('one label is enough where the truth has no other', () => {
    const truth = map(0, 2, 2, 2);
    expect(read(map(0, 2, 2, 2), null, truth).name).toBe('brats2020');
  });

  it('a label that is none of the scheme’s is an error with its voxels, also where a scheme is named', () => {
    const prediction = map(5, 2, 1, 4);
    expect(refusal(prediction)).toMatchObject({ code: 'LABELS_UNKNOWN' });
    expect(refusal(prediction).found).toContain('5 in 40 voxels');
    expect(refusal(map(0, 1, 2, 4), 'msd')).toMatchObject({ code: 'LABELS_UNKNOWN' });
  });

  it('can be said label by label', () => {
    const { regions } = read(map(0, 30, 10, 20), 'WT=10+20+30,TC=10+20,ET=20');
    expect(regions).toEqual({ WT: [10, 20, 30], TC: [10, 20], ET: [20] });
    expect(read(map(9, 3, 1, 1), 'wt=1+3+9').regions).toEqual({ WT: [1, 3, 9] });
    for (const asked of ['brats2099', 'WT=1,TC=2', 'WT=0', 'WT=1,WT=2', 'TC=1+999', ''])
      expect(refusal(TRUTH, asked).code, asked).toBe('REQUEST_INVALID');
  });

  it('fits as Dice over all masks', () => {
    const counts = new LabelCounts();
    counts.add(map(0, 1, 2, 3), TRUTH, 'brats');
    counts.add(map(0, 0, 0, 0), TRUTH, 'brats');
    expect(counts.fit(REGION_LABELS.msd)).toEqual({ WT: 2 / 3, TC: 2 / 3, ET: 2 / 3 });
    // Read as 2021: core is 1 and 3, of which 20 of 50 are right and 40 are missed.
    expect(counts.fit(REGION_LABELS.brats2021).TC).toBeCloseTo(40 / (40 + 30 + 40), 12);
  });

  it('counts inside the known box alone', () => {
    const counts = new LabelCounts();
    counts.add(map(7, 2, 1, 4), TRUTH, 'brats', { start: [40, 0, 0], size: [60, 1, 1] });
    expect(counts.voxels()).toEqual({ 1: 10, 2: 30, 4: 20 });
  });
});
