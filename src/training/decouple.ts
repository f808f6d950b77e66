/**
 * Gradient-guided Modality Decoupling (Wang et al., AAAI 2024, eq. 5-9) on flat gradient vectors.
 *
 * Every projected gradient is a linear combination of the original ones, so the projections are done on coefficients
 * with the Gram matrix alone, in double precision; the long vectors are read twice (Gram, merge) and never copied.
 */

export type GradientVector = Float32Array | Float64Array;

/**
 * How the gradients become one step. `paper`: symmetric projections on the original gradients, over the parameters
 * that all objectives share. `pcgrad`: one projection after the other over all parameters, as the authors' code does.
 * `mean`: no projection, the gradient of the mean loss.
 */
export type Decoupling = 'paper' | 'pcgrad' | 'mean';

/** A stretch of the parameter vector whose elements are touched by the same objectives. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
  /** Per objective whether its loss depends on these parameters. */
  readonly touched: readonly boolean[];
}

/** Square, row-major. */
export interface Matrix {
  readonly size: number;
  readonly values: Float64Array;
}

/** Gᵀ·G over all parameters and over those that every objective touches. */
export interface GramMatrices {
  readonly all: Matrix;
  readonly shared: Matrix;
}

/** The paper's indicators of modality dominance (norms) and of conflict (negative cosines) in one step. */
export interface Indicators {
  /** |G_j|, over all parameters. */
  readonly norms: readonly number[];
  /** Cosine between G_j and G_k over all parameters; 0 where a norm is 0. */
  readonly cosines: readonly (readonly number[])[];
  /** |G_j'| / |G_j|, over the parameters that the variant projects; 1 where a norm is 0. */
  readonly normRatios: readonly number[];
  /** Share of objectives that a step along the plain mean would worsen: ⟨mean of G_k, G_j⟩ < 0, over the shared parameters. */
  readonly meanHarms: number;
  /** The same of the mean of the G_k'. */
  readonly mergedHarms: number;
}

const isShared = (segment: Segment): boolean => segment.touched.every(Boolean);

/**
 * Dot products of all pairs of gradients, summed in double precision.
 *
 * @param gradients one vector per objective, all of one length; untouched parameters hold 0.
 * @param segments together cover the vectors.
 * @param products the dot products over all parameters, where something faster has computed them (row-major); then
 * only the parameters that are not shared are visited here.
 */
export function gramMatrices(
  gradients: readonly GradientVector[],
  segments: readonly Segment[],
  products: Float64Array | null = null,
): GramMatrices {
  const size = gradients.length;
  const shared = { size, values: new Float64Array(size * size) };
  const own = { size, values: new Float64Array(size * size) };
  for (const segment of segments) {
    if (products && isShared(segment)) continue;
    const target = isShared(segment) ? shared.values : own.values;
    for (const [start, end] of blocks(segment)) {
      for (let j = 0; j < size; j++) {
        if (!segment.touched[j]) continue;
        for (let k = j; k < size; k++) {
          if (!segment.touched[k]) continue;
          target[j * size + k] += dot(gradients[j], gradients[k], start, end);
        }
      }
    }
  }
  mirror(shared);
  mirror(own);
  if (products) {
    return {
      all: { size, values: products },
      shared: { size, values: products.map((value, i) => value - own.values[i]) },
    };
  }
  return { all: { size, values: shared.values.map((value, i) => value + own.values[i]) }, shared };
}

/**
 * The projected gradients as coefficients: G_j' = Σ_k C[j][k] G_k.
 *
 * `paper`: C[j][k] = −G_j·G_k/|G_k|² for every k ≠ j with G_j·G_k < 0, over the shared parameters.
 * `pcgrad`: for each j, k in index order, g ← g − (g·G_k/|G_k|²) G_k where g·G_k < 0, over all parameters.
 */
export function projectionCoefficients(decoupling: Decoupling, gram: GramMatrices): Matrix {
  const size = gram.all.size;
  const values = new Float64Array(size * size);
  for (let j = 0; j < size; j++) values[j * size + j] = 1;
  const coefficients = { size, values };
  if (decoupling === 'paper') projectSymmetrically(coefficients, gram.shared);
  if (decoupling === 'pcgrad') projectInTurn(coefficients, gram.all);
  return coefficients;
}

/**
 * One gradient from all objectives' (docs/method.md). Shared parameters take the mean of the G_j'. The others take:
 * `paper` the mean of the plain gradients of the objectives that touch them; `pcgrad` the sum of all G_j';
 * `mean` the sum of the plain gradients divided by the number of objectives.
 *
 * @param merged is overwritten; as long as the gradients.
 */
export function mergeGradients(
  decoupling: Decoupling,
  coefficients: Matrix,
  gradients: readonly GradientVector[],
  segments: readonly Segment[],
  merged: GradientVector,
): void {
  const sums = columnSums(coefficients);
  const scratch = new Float64Array(BLOCK);
  for (const segment of segments) {
    const weights = mergeWeights(decoupling, sums, segment);
    for (const [start, end] of blocks(segment)) {
      scratch.fill(0);
      for (let k = 0; k < gradients.length; k++) {
        const gradient = gradients[k];
        const weight = weights[k];
        if (weight === 0 || !segment.touched[k]) continue;
        for (let i = start; i < end; i++) scratch[i - start] += weight * gradient[i];
      }
      for (let i = start; i < end; i++) merged[i] = scratch[i - start];
    }
  }
}

/** Norms, cosines and |G_j'|/|G_j| of one step. */
export function indicatorsOf(decoupling: Decoupling, gram: GramMatrices, coefficients: Matrix): Indicators {
  const { size, values } = gram.all;
  const norms = Array.from({ length: size }, (_, j) => Math.sqrt(values[j * size + j]));
  const cosines = norms.map((a, j) =>
    norms.map((b, k) => (a > 0 && b > 0 ? values[j * size + k] / (a * b) : 0)),
  );
  const projected = decoupling === 'paper' ? gram.shared : gram.all;
  const normRatios = norms.map((_, j) => {
    const before = projected.values[j * size + j];
    return before > 0 ? Math.sqrt(Math.max(0, quadraticForm(projected, coefficients, j)) / before) : 1;
  });
  const even = new Float64Array(size).fill(1);
  const [meanHarms, mergedHarms] = [even, columnSums(coefficients)].map((sums) => harms(gram.shared, sums));
  return { norms, cosines, normRatios, meanHarms, mergedHarms };
}

/** Share of the j with Σ_k sums[k] G_k·G_j < 0. */
function harms({ size, values }: Matrix, sums: Float64Array): number {
  const projections = Array.from({ length: size }, (_, j) =>
    sums.reduce((total, weight, k) => total + weight * values[k * size + j], 0),
  );
  return projections.filter((projection) => projection < 0).length / size;
}

function projectSymmetrically(coefficients: Matrix, gram: Matrix): void {
  const { size, values } = gram;
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < size; k++) {
      const product = values[j * size + k];
      if (k !== j && product < 0) coefficients.values[j * size + k] -= product / values[k * size + k];
    }
  }
}

function projectInTurn(coefficients: Matrix, gram: Matrix): void {
  const { size, values } = gram;
  for (let j = 0; j < size; j++) {
    const row = coefficients.values.subarray(j * size, (j + 1) * size);
    for (let k = 0; k < size; k++) {
      let product = 0;
      for (let i = 0; i < size; i++) product += row[i] * values[i * size + k];
      if (product < 0) row[k] -= product / values[k * size + k];
    }
  }
}

function mergeWeights(decoupling: Decoupling, sums: Float64Array, segment: Segment): number[] {
  const count = sums.length;
  if (isShared(segment) || decoupling === 'mean') return Array.from(sums, (sum) => sum / count);
  if (decoupling === 'pcgrad') return Array.from(sums);
  const touching = segment.touched.filter(Boolean).length;
  return segment.touched.map((touched) => (touched ? 1 / touching : 0));
}

/** Σ_j C[j][k] for every k. */
function columnSums({ size, values }: Matrix): Float64Array {
  const sums = new Float64Array(size);
  values.forEach((value, i) => {
    sums[i % size] += value;
  });
  return sums;
}

/** |G_j'|² = c_jᵀ·gram·c_j. */
function quadraticForm(gram: Matrix, coefficients: Matrix, j: number): number {
  const { size } = gram;
  const row = coefficients.values.subarray(j * size, (j + 1) * size);
  let sum = 0;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) sum += row[a] * row[b] * gram.values[a * size + b];
  }
  return sum;
}

function mirror({ size, values }: Matrix): void {
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < j; k++) values[j * size + k] = values[k * size + j];
  }
}

/** Stretches that stay in the processor's cache while all pairs are visited. */
const BLOCK = 2048;

function* blocks({ offset, length }: Segment): Generator<[start: number, end: number]> {
  for (let start = offset; start < offset + length; start += BLOCK) {
    yield [start, Math.min(start + BLOCK, offset + length)];
  }
}

function dot(a: GradientVector, b: GradientVector, start: number, end: number): number {
  let even = 0;
  let odd = 0;
  let i = start;
  for (; i + 1 < end; i += 2) {
    even += a[i] * b[i];
    odd += a[i + 1] * b[i + 1];
  }
  if (i < end) even += a[i] * b[i];
  return even + odd;
}
