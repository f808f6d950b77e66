/** Multinomial logistic regression with a penalty on the squared weights, by accelerated gradient descent on all rows at once. */
import type { SequenceWeights } from '../../../src/recognise/sequenceByVoxels.js';
import { CLIP, distance } from '../../../src/recognise/sequenceByVoxels.js';
import { MODALITIES, type Modality } from '../../../src/terms.js';

export interface Labelled {
  readonly features: readonly number[];
  readonly sequence: Modality;
}

/** Standardised by the rows themselves; `farthest` is the largest distance of any row, `margin` 0. */
export function fitSoftmax(rows: readonly Labelled[], penalty: number, steps = 400): SequenceWeights {
  const width = rows[0].features.length;
  const means = Array.from(
    { length: width },
    (_, f) => rows.reduce((sum, { features }) => sum + features[f], 0) / rows.length,
  );
  // A feature that is nearly constant (a corner of the box that no brain fills) says nothing: it counts as it is.
  const deviations = means.map((mean, f) => {
    const deviation = Math.sqrt(
      rows.reduce((sum, { features }) => sum + (features[f] - mean) ** 2, 0) / rows.length,
    );
    return deviation < 1e-3 ? 1 : deviation;
  });
  const raw = rows.map(({ features }) => features.map((value, f) => (value - means[f]) / deviations[f]));
  const inputs = raw.map((row) =>
    Float64Array.from([...row.map((value) => Math.max(-CLIP, Math.min(CLIP, value))), 1]),
  );
  const truths = rows.map(({ sequence }) => MODALITIES.indexOf(sequence));
  const columns = width + 1;
  // Every sequence counts the same, however many images of it there are.
  const shares = truths.map((c) => 1 / (4 * truths.filter((one) => one === c).length));
  const weights = new Float64Array(4 * columns);
  const ahead = weights.slice();
  // Softmax's curvature is at most half of the inputs' largest squared singular value by the rows.
  const rate = 1 / (0.5 * largestSquare(inputs, shares) + 2 * penalty);
  for (let step = 0; step < steps; step++) {
    const slope = slopeOf(ahead, inputs, truths, shares, penalty);
    const momentum = step / (step + 3);
    for (let n = 0; n < weights.length; n++) {
      const next = ahead[n] - rate * slope[n];
      ahead[n] = next + momentum * (next - weights[n]);
      weights[n] = next;
    }
  }
  const round = (value: number) => Number(value.toPrecision(5));
  const of = (c: number) => Array.from(weights.subarray(c * columns, c * columns + width), round);
  return {
    means: means.map(round),
    deviations: deviations.map(round),
    weights: Object.fromEntries(
      MODALITIES.map((m, c) => [m, of(c)]),
    ) as unknown as SequenceWeights['weights'],
    constants: Object.fromEntries(
      MODALITIES.map((m, c) => [m, round(weights[c * columns + width])]),
    ) as unknown as SequenceWeights['constants'],
    farthest: Math.max(...raw.map(distance)),
    margin: 0,
  };
}

function slopeOf(
  weights: Float64Array,
  inputs: readonly Float64Array[],
  truths: readonly number[],
  shares: readonly number[],
  penalty: number,
) {
  const columns = inputs[0].length;
  const slope = new Float64Array(weights.length);
  const scores = [0, 0, 0, 0];
  inputs.forEach((input, r) => {
    for (let c = 0; c < 4; c++) {
      let sum = 0;
      for (let f = 0; f < columns; f++) sum += weights[c * columns + f] * input[f];
      scores[c] = sum;
    }
    const most = Math.max(...scores);
    let total = 0;
    for (let c = 0; c < 4; c++) total += Math.exp(scores[c] - most);
    for (let c = 0; c < 4; c++) {
      const error = (Math.exp(scores[c] - most) / total - (truths[r] === c ? 1 : 0)) * shares[r];
      for (let f = 0; f < columns; f++) slope[c * columns + f] += error * input[f];
    }
  });
  for (let n = 0; n < weights.length; n++)
    if (n % columns !== columns - 1) slope[n] += 2 * penalty * weights[n];
  return slope;
}

/** Largest eigenvalue of XᵀSX, by power iteration; S holds the rows’ shares. */
function largestSquare(inputs: readonly Float64Array[], shares: readonly number[]): number {
  let vector = new Float64Array(inputs[0].length).fill(1);
  let size = 0;
  for (let n = 0; n < 50; n++) {
    const next = new Float64Array(vector.length);
    for (const [r, input] of inputs.entries()) {
      let dot = 0;
      for (let f = 0; f < input.length; f++) dot += input[f] * vector[f];
      for (let f = 0; f < input.length; f++) next[f] += dot * input[f] * shares[r];
    }
    size = Math.hypot(...next);
    vector = next.map((value) => value / size);
  }
  return 1.1 * size;
}
