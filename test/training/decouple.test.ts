import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/network/safetensors.js';
import {
  type Decoupling,
  gramMatrices,
  indicatorsOf,
  mergeGradients,
  projectionCoefficients,
  type Segment,
} from '../../src/training/decouple.js';

const { tensors } = await readSafetensors('test/reference/projection.safetensors');

/** One segment per stretch of columns with the same touching objectives. */
function segmentsFrom(touched: Uint8Array, rows: number, columns: number): Segment[] {
  const column = (c: number) => Array.from({ length: rows }, (_, j) => touched[j * columns + c] !== 0);
  const starts = Array.from({ length: columns }, (_, c) => c).filter(
    (c) => c === 0 || column(c).join() !== column(c - 1).join(),
  );
  return starts.map((offset, i) => ({
    offset,
    length: (starts[i + 1] ?? columns) - offset,
    touched: column(offset),
  }));
}

function merge(decoupling: Decoupling, gradients: Float64Array[], segments: Segment[]) {
  const gram = gramMatrices(gradients, segments);
  const coefficients = projectionCoefficients(decoupling, gram);
  const merged = new Float64Array(gradients[0].length);
  mergeGradients(decoupling, coefficients, gradients, segments, merged);
  return { merged, gram, indicators: indicatorsOf(decoupling, gram, coefficients) };
}

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

describe.each(['small', 'large'])('projection reference, %s', (name) => {
  const [rows, columns] = tensors.get(`${name}/gradients`)!.shape;
  const flat = tensors.get(`${name}/gradients`)!.data as Float32Array;
  const gradients = Array.from({ length: rows }, (_, j) =>
    Float64Array.from(flat.subarray(j * columns, (j + 1) * columns)),
  );
  const touched = tensors.get(`${name}/has_gradient`)!.data as Uint8Array;
  const segments = segmentsFrom(touched, rows, columns);

  it('holds conflicts and parameters that some objectives do not touch', () => {
    const { indicators } = merge('pcgrad', gradients, segments);
    expect(indicators.cosines.flat().some((cosine) => cosine < 0)).toBe(true);
    expect(touched.includes(0)).toBe(true);
  });

  it.each([
    ['pcgrad', 'merged'],
    ['paper', 'merged_paper'],
  ] as const)('%s merges to the reference within 1e-6', (decoupling, expected) => {
    const { merged } = merge(decoupling, gradients, segments);
    const error = relativeError(merged, tensors.get(`${name}/${expected}`)!.data as Float32Array);
    console.log(`projection ${name} ${decoupling}: ${error.toExponential(2)}`);
    expect(error).toBeLessThanOrEqual(1e-6);
  });
});

describe('gradient decoupling in closed form', () => {
  const everywhere = (count: number, length: number): Segment[] => [
    { offset: 0, length, touched: new Array(count).fill(true) },
  ];

  it('leaves gradients without conflict as they are', () => {
    const gradients = [Float64Array.of(1, 0, 1), Float64Array.of(0, 2, 1)];
    for (const decoupling of ['paper', 'pcgrad', 'mean'] as const) {
      const { merged, indicators } = merge(decoupling, gradients, everywhere(2, 3));
      expect([...merged]).toEqual([0.5, 1, 1]);
      expect(indicators.normRatios).toEqual([1, 1]);
    }
  });

  it('makes two conflicting gradients orthogonal to each other’s original', () => {
    const gradients = [Float64Array.of(1, 0), Float64Array.of(-1, 1)];
    // G_0' = (1,0) + ½(−1,1) = (½,½); G_1' = (−1,1) + (1,0) = (0,1).
    for (const decoupling of ['paper', 'pcgrad'] as const) {
      const { merged, indicators } = merge(decoupling, gradients, everywhere(2, 2));
      expect([...merged]).toEqual([0.25, 0.75]);
      expect(indicators.normRatios[0]).toBeCloseTo(Math.SQRT1_2, 12);
      expect(indicators.cosines[0][1]).toBeCloseTo(-Math.SQRT1_2, 12);
    }
  });

  it('says how many objectives the mean and the merged gradient would worsen', () => {
    // mean (−1, ½): against (1,0) it is −1, with (−3,1) it is 3½. G_0' = (1,0) + 3/10·(−3,1) = (0.1,0.3); G_1' = (0,1).
    const gradients = [Float64Array.of(1, 0), Float64Array.of(-3, 1)];
    for (const decoupling of ['paper', 'pcgrad'] as const) {
      const { indicators } = merge(decoupling, gradients, everywhere(2, 2));
      expect(indicators).toMatchObject({ meanHarms: 0.5, mergedHarms: 0 });
    }
    expect(merge('mean', gradients, everywhere(2, 2)).indicators).toMatchObject({
      meanHarms: 0.5,
      mergedHarms: 0.5,
    });
  });

  it('over-subtracts with seven parallel opponents at cosine −0.5: |G′| = 3.1 |G| (paper)', () => {
    const opponent = Float64Array.of(-0.5, Math.sqrt(0.75));
    const gradients = [Float64Array.of(1, 0), ...Array.from({ length: 7 }, () => opponent)];
    const { indicators } = merge('paper', gradients, everywhere(8, 2));
    // (1,0) + 7·½·(−½, √¾) = (−¾, 3.5·√¾)
    expect(indicators.normRatios[0]).toBeCloseTo(Math.hypot(-0.75, 3.5 * Math.sqrt(0.75)), 12);
  });

  it('merges parameters of one objective alone: mean of those that touch them, sum, or diluted mean', () => {
    const gradients = [Float64Array.of(2, 6), Float64Array.of(4, 0)];
    const segments = [
      { offset: 0, length: 1, touched: [true, true] },
      { offset: 1, length: 1, touched: [true, false] },
    ];
    expect([...merge('paper', gradients, segments).merged]).toEqual([3, 6]);
    expect([...merge('pcgrad', gradients, segments).merged]).toEqual([3, 6]);
    expect([...merge('mean', gradients, segments).merged]).toEqual([3, 3]);
  });

  it('takes a vanishing gradient without dividing by zero', () => {
    const gradients = [Float64Array.of(1, -1), Float64Array.of(0, 0)];
    for (const decoupling of ['paper', 'pcgrad'] as const) {
      const { merged, indicators } = merge(decoupling, gradients, everywhere(2, 2));
      expect([...merged]).toEqual([0.5, -0.5]);
      expect(indicators.normRatios).toEqual([1, 1]);
      expect(indicators.cosines[0][1]).toBe(0);
    }
  });

  it('adds up vectors longer than one cache block', () => {
    const length = 5000;
    const gradients = [new Float64Array(length).fill(1), new Float64Array(length).fill(2)];
    const { gram, merged } = merge('mean', gradients, everywhere(2, length));
    expect([...gram.all.values]).toEqual([length, 2 * length, 2 * length, 4 * length]);
    expect(merged.every((value) => value === 1.5)).toBe(true);
  });
});
