import { describe, expect, it } from 'vitest';
import { hd95 } from '../../src/evaluate/hd95.js';
import { lesionWiseScore } from '../../src/evaluate/lesionWise.js';
import { balls, fill, PREDICTED_LESIONS, TRUE_LESIONS } from './masks.js';

const EMPTY = fill([30, 30, 30], () => false);
const BALL = balls([30, 30, 30], [[8, 8, 8, 4]]);

describe('lesion-wise scores (BraTS 2023)', () => {
  it.each([
    // The published procedure written with scipy.ndimage (label, binary_dilation) on the same balls.
    [[1, 1, 1], 225.7483314773548],
    [[1.2, 0.9, 2.5], 226.5772702917809],
  ] as const)('lesions hit, missed, too small, merged and invented, spacing %s', (spacing, expected) => {
    const score = lesionWiseScore(PREDICTED_LESIONS, TRUE_LESIONS, spacing);
    expect(score).toMatchObject({ trueLesions: 3, missedLesions: 1, falseLesions: 2 });
    expect(score.dice).toBeCloseTo(0.2601534881418032, 12);
    expect(score.hd95).toBeCloseTo(expected, 9);
  });

  it('nothing there and nothing found: 1 and 0 mm', () => {
    expect(lesionWiseScore(EMPTY, EMPTY, [1, 1, 1])).toMatchObject({ dice: 1, hd95: 0, falseLesions: 0 });
  });

  it('a missed lesion and an invented one each count as 0 and 374 mm', () => {
    expect(lesionWiseScore(EMPTY, BALL, [1, 1, 1])).toMatchObject({ dice: 0, hd95: 374, missedLesions: 1 });
    expect(lesionWiseScore(BALL, EMPTY, [1, 1, 1])).toMatchObject({ dice: 0, hd95: 374, falseLesions: 1 });
    const both = lesionWiseScore(
      balls(
        [30, 30, 30],
        [
          [8, 8, 8, 4],
          [22, 22, 22, 3],
        ],
      ),
      BALL,
      [1, 1, 1],
    );
    expect(both).toMatchObject({ dice: 0.5, hd95: 187 });
  });

  it.each([
    ['one lesion alone', balls([30, 30, 30], [[9, 8, 8, 4]]), BALL],
    [
      'one in two parts',
      balls(
        [30, 30, 30],
        [
          [6, 8, 8, 2],
          [11, 8, 8, 2],
        ],
      ),
      BALL,
    ],
    [
      'one beside an invented one',
      balls(
        [30, 30, 30],
        [
          [9, 8, 8, 4],
          [22, 22, 22, 3],
        ],
      ),
      BALL,
    ],
    ['several', PREDICTED_LESIONS, TRUE_LESIONS],
  ])('the distance of the whole masks, where it is given, changes nothing: %s', (_, prediction, truth) => {
    const spacing = [1.2, 0.9, 2.5] as const;
    const whole = hd95(prediction, truth, spacing);
    expect(lesionWiseScore(prediction, truth, spacing, whole)).toEqual(
      lesionWiseScore(prediction, truth, spacing),
    );
  });

  it('a lesion of 50 mm³ is not scored, one of 51 is', () => {
    const bar = (length: number) => fill([60, 9, 9], (i, j, k) => j === 4 && k === 4 && i < length);
    const none = fill([60, 9, 9], () => false);
    expect(lesionWiseScore(none, bar(50), [1, 1, 1])).toMatchObject({ dice: 1, trueLesions: 0 });
    expect(lesionWiseScore(none, bar(51), [1, 1, 1])).toMatchObject({ dice: 0, trueLesions: 1 });
  });
});
