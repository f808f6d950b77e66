import { describe, expect, it } from 'vitest';
import { lesionNumbers, lesionsOf, productOf } from '../../src/followup/lesions.js';
import { judgeSize } from '../../src/followup/response.js';
import {
  chooseTargets,
  firstTargets,
  MOST_TARGETS,
  newMeasurable,
  sumOf,
  trackTargets,
} from '../../src/followup/targets.js';
import { suggestionText } from '../../src/presentation/index.js';
import type { Volume } from '../../src/volume/volume.js';
import { box, ellipsoid, GRID, maskOf } from './shapes.js';

const measured = (mask: Volume<Uint8Array>) => {
  const lesions = lesionsOf(mask, 'ET');
  return { lesions, numbers: lesionNumbers(lesions, GRID).data };
};

/** Axes 40 × 24 mm and 24 × 16 mm: products 960 and 384 mm², by hand. */
const large = ellipsoid([35, 60, 30], [20, 12, 10]);
const small = ellipsoid([100, 30, 30], [12, 8, 8]);
const thin = box([60, 100, 10], [30, 9, 5]);
const flat = box([100, 90, 50], [14, 14, 1]);

describe('lesions', () => {
  const { lesions } = measured(maskOf(large, small, thin, flat));

  it('have the axes of ellipsoids as diameters, and their product', () => {
    const [first, second] = lesions.filter(({ isMeasurable }) => isMeasurable);
    for (const [lesion, longest, across] of [
      [first, 40, 24],
      [second, 24, 16],
    ] as const) {
      expect(Math.abs(lesion.diameters.longestMm - longest)).toBeLessThan(1.1);
      expect(Math.abs(lesion.diameters.perpendicularMm - across)).toBeLessThan(1.1);
    }
    expect(first.ml).toBeCloseTo(((4 / 3) * Math.PI * 20 * 12 * 10) / 1000, 0);
  });

  it('are measurable from 10 × 10 mm on, on two slices', () => {
    expect(lesions).toHaveLength(4);
    expect(lesions.filter(({ isMeasurable }) => isMeasurable)).toHaveLength(2);
    // 9 voxels wide: the chord across its diagonal is below 10 mm.
    const narrow = lesionsOf(maskOf(thin), 'ET')[0];
    expect(narrow.diameters.perpendicularMm).toBeLessThan(10);
    const onOneSlice = lesionsOf(maskOf(flat), 'ET')[0];
    expect(onOneSlice.diameters.longestMm).toBeGreaterThan(10);
    expect(onOneSlice.slices).toBe(1);
  });

  it('keep their place on the grid', () => {
    const [one] = lesionsOf(maskOf(small), 'ET');
    expect(one.diameters.slice).toBe(30);
    expect(one.diameters.sliceZMm).toBe(30);
    // Of a box of 12 × 4 voxels: from the middle of one edge to that of the farthest, √(12² + 3²).
    const [bar] = lesionsOf(maskOf(box([20, 20, 20], [12, 4, 3])), 'ET');
    expect(bar.diameters.longestMm).toBeCloseTo(Math.sqrt(12 ** 2 + 3 ** 2), 9);
  });
});

describe('targets', () => {
  const before = measured(maskOf(large, small));
  const targets = chooseTargets(before.lesions);

  it('are up to three measurable lesions, the largest products first, and their products are summed', () => {
    const many = measured(
      maskOf(large, small, box([60, 20, 5], [12, 12, 4]), box([60, 90, 30], [13, 13, 4])),
    );
    const chosen = chooseTargets(many.lesions);
    expect(chosen).toHaveLength(MOST_TARGETS);
    const products = chosen.map((n) => productOf(many.lesions[n]));
    expect(products).toEqual([...products].sort((a, b) => b - a));
    // Each axis is up to a voxel longer than the shape's.
    const sum = sumOf(firstTargets(targets, before.lesions))!;
    expect(sum).toBeGreaterThan(960 + 384);
    expect(sum).toBeLessThan(41 * 25 + 25 * 17 + 10);
    expect(sumOf([])).toBeNull();
  });

  it('are found again: one grown by a fifth along both axes, the other gone', () => {
    const after = measured(maskOf(ellipsoid([36, 60, 30], [24, 14.4, 10])));
    const [first, second] = trackTargets(targets, before, after);
    expect(first).toMatchObject({ target: 1, parts: 1, mergedInto: null });
    expect(first.productMm2 / (48 * 28.8)).toBeCloseTo(1, 1);
    expect(second).toMatchObject({ target: 2, parts: 0, productMm2: 0, longestMm: null });
  });

  it('are counted once where they grew together, and together where they fell apart', () => {
    const together = measured(maskOf(large, small, box([35, 28, 28], [70, 34, 4])));
    const merged = trackTargets(targets, before, together);
    expect(merged.map(({ mergedInto }) => mergedInto)).toEqual([null, 1]);
    expect(merged[1].productMm2).toBe(0);
    const apart = measured(maskOf(ellipsoid([22, 60, 30], [6, 6, 6]), ellipsoid([47, 60, 30], [7, 7, 7])));
    const [split] = trackTargets(targets, before, apart);
    expect(split.parts).toBe(2);
    expect(split.productMm2 / (12 * 12 + 14 * 14)).toBeCloseTo(1, 0);
    expect(split.longestMm).toBeGreaterThan(13);
  });

  it('are not what is new: a measurable lesion that touches nothing of before', () => {
    const after = measured(maskOf(large, small, ellipsoid([100, 90, 30], [8, 7, 6]), thin));
    expect(newMeasurable(after, 'ET', [maskOf(large, small).data])).toBe(1);
    expect(newMeasurable(after, 'ET', [maskOf(large).data, maskOf(box([100, 90, 30], [1, 1, 1])).data])).toBe(
      1,
    );
  });
});

describe('a suggestion by size alone', () => {
  const area = (...sizes: (number | null)[]) => judgeSize('area', 'ET', sizes, false, null);
  const volume = (...sizes: (number | null)[]) => judgeSize('volume', 'ET', sizes, false, null);

  it.each([
    // 1000 mm² at the baseline; limits by hand: +25 % from the nadir, −50 % from the baseline.
    [[1000, 1249], 'stable'],
    [[1000, 1250], 'progression'],
    [[1000, 501], 'stable'],
    [[1000, 500], 'partial'],
    [[1000, 0], 'complete'],
    [[1000, 400, 499], 'partial'],
    [[1000, 400, 500], 'progression'],
    [[1000, 0, 30], 'progression'],
  ] as const)('of areas %j mm² is %s', (sizes, suggestion) => {
    expect(area(...sizes).suggestion).toBe(suggestion);
  });

  it.each([
    // 10 ml: +40 % from the nadir, −65 % from the baseline.
    [[10, 13.9], 'stable'],
    [[10, 14], 'progression'],
    [[10, 3.6], 'stable'],
    [[10, 3.5], 'partial'],
    [[10, 3, 4.2], 'progression'],
  ] as const)('of volumes %j ml is %s', (sizes, suggestion) => {
    expect(volume(...sizes).suggestion).toBe(suggestion);
  });

  it('knows minor response for the T2/FLAIR abnormality alone', () => {
    const of = (sizes: number[]) => judgeSize('area', 'WT', sizes, false, null).suggestion;
    expect(of([1000, 750])).toBe('minor');
    expect(of([1000, 751])).toBe('stable');
    expect(area(1000, 750).suggestion).toBe('stable');
  });

  it('does not tell minor response by volume, and says that it may be one', () => {
    const of = (...sizes: number[]) => judgeSize('volume', 'WT', sizes, false, null);
    expect(of(10, 3.5)).toMatchObject({ suggestion: 'partial', reason: null });
    expect(of(10, 3.6)).toMatchObject({ suggestion: 'stable', reason: 'minor-unknown' });
    expect(of(10, 7.5)).toMatchObject({ suggestion: 'stable', reason: 'minor-unknown' });
    expect(of(10, 7.6)).toMatchObject({ suggestion: 'stable', reason: null });
    expect(volume(10, 3.6)).toMatchObject({ suggestion: 'stable', reason: null });
    expect(suggestionText(of(10, 6))).toContain('no limit of volume for it is confirmed');
  });

  it('tells both changes', () => {
    expect(area(1000, 400, 700)).toMatchObject({ fromBaseline: -30, fromNadir: 75 });
  });

  it('is progression with a new lesion whatever the sum says, and nothing where sizes are not comparable', () => {
    expect(judgeSize('area', 'ET', [1000, 400], true, null)).toMatchObject({
      suggestion: 'progression',
      reason: 'new-lesion',
    });
    expect(judgeSize('area', 'ET', [null, null], true, 'no-target').suggestion).toBe('progression');
    expect(judgeSize('area', 'ET', [1000, 400], true, 'combination-changed')).toEqual({
      fromBaseline: null,
      fromNadir: null,
      suggestion: 'not-known',
      reason: 'combination-changed',
    });
    expect(area(1000)).toMatchObject({ suggestion: 'not-known', reason: 'first' });
    expect(area(0, 300)).toMatchObject({ suggestion: 'not-known', reason: 'nothing-before' });
    expect(area(0, 0)).toMatchObject({ suggestion: 'not-known', reason: 'nothing-before' });
  });
});
