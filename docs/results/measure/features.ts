/** Whether the bottleneck's channel means tell strange images from usual ones. */
import type { InferenceEngine, Tensor3 } from '../../../src/engine/engine.js';
import { FALSE_ALARMS } from '../../../src/measure/imageChecks.js';
import { rounded } from '../../../src/measure/knowledge.js';
import { mean, quantile } from '../../../src/statistics.js';
import { MODALITIES, type Modality } from '../../../src/terms.js';
import type { Random } from '../../../src/training/random.js';

/** Cut-outs as the network takes them, in MODALITIES order. */
export type CutOutInputs = readonly (Tensor3 | null)[];

/** Mean squared z-score of the features under the training cut-outs' mean and standard deviation (diagonal distance). */
export function diagonalDistance(features: Float32Array, seen: readonly Float32Array[]): number {
  return mean(
    Array.from(features, (value, c) => {
      const own = seen.map((row) => row[c]);
      const centre = mean(own);
      const variance = mean(own.map((x) => (x - centre) ** 2));
      return (value - centre) ** 2 / (variance + 1e-12);
    }),
  );
}

/**
 * Detection rates at the 99th percentile of validation, per sequence: images of the other sequences in this branch, and
 * changed ones.
 */
export async function measureFeatures(
  engine: InferenceEngine,
  train: readonly CutOutInputs[],
  validation: readonly CutOutInputs[],
  random: Random,
): Promise<Record<Modality, { above: number; detection: Record<string, number>; cases: number }>> {
  const featuresOf = async (branch: number, inputs: readonly (Tensor3 | null)[]) => {
    const rows: Float32Array[] = [];
    for (const input of inputs) if (input) rows.push((await engine.pass(branch, input)).features);
    return rows;
  };
  const results: [Modality, { above: number; detection: Record<string, number>; cases: number }][] = [];
  for (const [m, modality] of MODALITIES.entries()) {
    const seen = await featuresOf(
      m,
      train.map((inputs) => inputs[m]),
    );
    const own = validation.map((inputs) => inputs[m]);
    const distances = async (inputs: readonly (Tensor3 | null)[]) =>
      (await featuresOf(m, inputs)).map((features) => diagonalDistance(features, seen));
    const usual = await distances(own);
    const above = quantile(usual, 1 - FALSE_ALARMS);
    const detection: Record<string, number> = {};
    const test = async (what: string, inputs: readonly (Tensor3 | null)[]) => {
      const found = await distances(inputs);
      detection[what] = rounded(found.filter((distance) => distance > above).length / found.length);
    };
    for (const [i, other] of MODALITIES.entries()) {
      const inputs = validation.map((one) => one[i]);
      if (i !== m) await test(`${other} instead`, inputs);
    }
    const changed = (change: (value: number) => number) =>
      own.map((input) => input && { ...input, data: input.data.map((v) => (v === 0 ? 0 : change(v))) });
    await test(
      'noise of one standard deviation',
      changed((value) => value + random.normal()),
    );
    await test(
      'inverted',
      changed((value) => -value),
    );
    results.push([modality, { above: rounded(above), detection, cases: usual.length }]);
  }
  return Object.fromEntries(results) as Record<Modality, (typeof results)[number][1]>;
}
