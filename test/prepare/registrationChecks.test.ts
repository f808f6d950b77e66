import { describe, expect, it } from 'vitest';
import { CHECKS, judge } from '../../src/prepare/registrationChecks.js';

const ALIKE = { overlap: 1, share: 0.12, inBrain: 0.12 };
const judged = (shiftMm: number, turnDegrees: number) =>
  judge(ALIKE, { shiftMm, turnDegrees }, CHECKS.sequences, 'flair.nii.gz');

describe('how far an image may have to be moved', () => {
  it('as a head moves between two series: nothing is said', () => {
    // The most that was seen in a real examination (TCGA-FG-6692).
    expect(judged(17, 14)).toEqual({ verdict: 'good', problem: null });
  });

  it.each([
    [60, 3, 'doubtful'],
    [2, 28, 'doubtful'],
    [269, 37, 'failed'],
    [269, 0, 'failed'],
    [5, 50, 'failed'],
  ] as const)('%i mm and %i° are %s, and said so', (mm, degrees, verdict) => {
    expect(judged(mm, degrees)).toMatchObject({
      verdict,
      problem: {
        code: 'IMAGES_APART',
        field: 'motion',
        file: 'flair.nii.gz',
        found: `${mm} mm and ${degrees}°`,
      },
    });
  });

  it('fails also where images look alike or not: the distance is named, not the likeness', () => {
    const unlike = { overlap: 0.2, share: 0.01 };
    const { problem } = judge(unlike, { shiftMm: 150, turnDegrees: 2 }, CHECKS.sequences, 'f');
    expect(problem?.code).toBe('IMAGES_APART');
  });

  it('the head itself may lie anywhere in its frame', () => {
    const atlas = { overlap: 1, share: 0.2, inBrain: 0.05 };
    expect(judge(atlas, { shiftMm: 500, turnDegrees: 40 }, CHECKS.atlas, 'f').verdict).toBe('good');
    expect(judge(atlas, { shiftMm: 0, turnDegrees: 50 }, CHECKS.atlas, 'f').verdict).toBe('doubtful');
  });
});
