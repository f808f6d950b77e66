/** Fusion, threshold and clean-up of a finished network: fitted on training cases, chosen on validation cases. */
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { addOverlaps, dice, type Overlap, overlapOf } from '../../../src/evaluate/dice.js';
import { regionMask } from '../../../src/evaluate/labels.js';
import { byRegion } from '../../../src/evaluate/scores.js';
import { mean } from '../../../src/evaluate/statistics.js';
import type { Model } from '../../../src/model/model.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { constantFusion } from '../../../src/model/template.js';
import { parameterSpecs } from '../../../src/network/parameters.js';
import { removeSpecks } from '../../../src/segment/cleanUp.js';
import { allCombinations, REGIONS, type Region } from '../../../src/terms.js';
import { fitFusion } from '../../../src/training/fitFusion.js';
import { readFusion } from '../../../src/training/fusion.js';
import type { TrainingVolume } from '../../../src/training/loadCase.js';
import { type NetworkEngine, parameterVector } from '../../../src/training/vector.js';
import type { PredictedCase } from './cases.js';

export type Settings = Pick<ModelDescription, 'fusion' | 'threshold' | 'cleanUp'>;
type Scores = Readonly<Record<Region, number>>;

/** What is tried. A change is taken only where it gains more than `LEAST_GAIN` Dice over the setting before it. */
export const THRESHOLDS = [0.25, 0.3, 0.35, 0.4, 0.45, 0.55, 0.6];
export const MINIMUM_ML: Readonly<Record<Region, readonly number[]>> = {
  WT: [0, 0.13, 0.5, 1, 2],
  TC: [0, 0.13, 0.5],
  ET: [0, 0.05, 0.13, 0.3],
};
export const LEAST_GAIN = 0.001;

/** Region weights and biases fitted on training cases, cut-outs and whole ones (METHOD, "Region weights"). */
export async function fittedFusion(
  { description: { modalities }, layers }: Model,
  engine: InferenceEngine,
  volumes: AsyncIterable<TrainingVolume>,
  options: { readonly rounds: number; readonly learningRate: number },
): Promise<Settings['fusion']> {
  const network: NetworkEngine = {
    name: 'wasm',
    device: engine.device,
    setParameters: async () => undefined,
    forward: () => Promise.reject(new Error('the network stays as it is')),
    logits: (modality, input) => engine.logits(modality, input),
    dispose: async () => undefined,
  };
  const specs = parameterSpecs(layers, modalities.length);
  const vector = parameterVector('dynamic', [network], specs, modalities.length, REGIONS.length);
  const values = await fitFusion(vector, new Float32Array(vector.length), volumes, options);
  const { weights, biases } = readFusion(values, modalities.length, REGIONS.length);
  const table = (from: Float64Array) =>
    Object.fromEntries(
      modalities.map((modality, m) => {
        const row = byRegion((region) => from[m * REGIONS.length + REGIONS.indexOf(region)]);
        return [modality, byRegion((region) => Number(row[region].toPrecision(4)))];
      }),
    );
  return { weights: table(weights), biases: table(biases) };
}

/** The paper's mean of the logits. */
export const PLAIN_FUSION: Settings['fusion'] = { weights: constantFusion(1), biases: constantFusion(0) };

/** Biases that bring what has a region's `probability` to 0.5: a threshold of its own for the region. */
export function shiftedFusion(
  fusion: Settings['fusion'],
  region: Region,
  probability: number,
): Settings['fusion'] {
  const shift = -Math.log(probability / (1 - probability));
  const biases = Object.entries(fusion.biases).map(([m, row]) => [
    m,
    { ...row, [region]: Number((row[region] + shift).toFixed(4)) },
  ]);
  return { weights: fusion.weights, biases: Object.fromEntries(biases) };
}

/** Regions of one fusion, the others of another. */
export function mixedFusion(
  first: Settings['fusion'],
  second: Settings['fusion'],
  fromSecond: (region: Region) => boolean,
): Settings['fusion'] {
  const mix = (kind: 'weights' | 'biases') =>
    Object.fromEntries(
      Object.keys(first[kind]).map((key) => {
        const m = key as keyof Settings['fusion']['weights'];
        return [m, byRegion((region) => (fromSecond(region) ? second : first)[kind][m]![region])];
      }),
    );
  return { weights: mix('weights'), biases: mix('biases') };
}

/**
 * Mean Dice per region: of the combinations on cut-outs (pooled per patient) and of the combinations on whole cases,
 * both alike.
 */
export async function scoresOf(cases: readonly PredictedCase[], settings: Settings): Promise<Scores> {
  const kinds = { 'cut-out': new Map<string, Map<string, Overlap[][]>>(), whole: new Map() };
  for (const one of cases) {
    const { grid, truth, truthLabels, known, kind, patient, present } = one;
    const box = known ?? undefined;
    const actual = REGIONS.map((region) => regionMask(truth, region, truthLabels, box));
    for (const [name, labels] of await one.masks(settings, allCombinations(present))) {
      removeSpecks(labels, grid, settings.cleanUp);
      const map = { data: labels, size: grid.size };
      const overlaps = REGIONS.map((region, r) =>
        overlapOf(regionMask(map, region, 'brats', box), actual[r]),
      );
      const patients: Map<string, Overlap[][]> = kinds[kind].get(name) ?? new Map();
      patients.set(patient, [...(patients.get(patient) ?? []), overlaps]);
      kinds[kind].set(name, patients);
    }
  }
  const meanOf = (combinations: Map<string, Map<string, Overlap[][]>>, r: number) =>
    mean(
      [...combinations.values()].map((patients) =>
        mean([...patients.values()].map((parts) => dice(addOverlaps(parts.map((part) => part[r]))))),
      ),
    );
  return byRegion((region) => {
    const r = REGIONS.indexOf(region);
    const parts = Object.values(kinds).filter(({ size }) => size > 0);
    return mean(parts.map((combinations) => meanOf(combinations, r)));
  });
}

/** One setting that was tried. */
export interface Trial {
  readonly what: string;
  readonly scores: Scores;
  readonly taken: boolean;
}

/** Whether the mean of a pass and a mirrored one gains more than `LEAST_GAIN` over the pass alone. */
export async function chooseMirroring(
  alone: readonly PredictedCase[],
  mirrored: readonly PredictedCase[],
  settings: Settings,
): Promise<Trial> {
  const [without, scores] = [await scoresOf(alone, settings), await scoresOf(mirrored, settings)];
  const gain = mean(REGIONS.map((region) => scores[region] - without[region]));
  const text = REGIONS.map((region) => without[region].toFixed(3)).join(' / ');
  return {
    what: `every sequence also mirrored left to right (without: ${text})`,
    scores: byRegion((region) => Number(scores[region].toFixed(4))),
    taken: gain > LEAST_GAIN,
  };
}

/**
 * Chooses region by region among fusions, then its threshold (as a bias: the model's own stays), then the smallest volumes kept.
 *
 * @param fusions what is tried beside the mean of the logits, by how they came to be.
 */
export async function chooseSettings(
  cases: readonly PredictedCase[],
  before: Settings,
  fusions: Readonly<Record<string, Settings['fusion']>>,
): Promise<{ settings: Settings; trials: Trial[] }> {
  const trials: Trial[] = [];
  const note = (what: string, scores: Scores, taken: boolean) => {
    trials.push({ what, scores: byRegion((region) => Number(scores[region].toFixed(4))), taken });
  };
  let settings: Settings = {
    fusion: PLAIN_FUSION,
    threshold: before.threshold,
    cleanUp: before.cleanUp,
  };
  let best = await scoresOf(cases, settings);
  note('mean of the logits', best, true);
  for (const [what, fusion] of Object.entries(fusions)) {
    const weighted = await scoresOf(cases, { ...settings, fusion });
    const before = best;
    const better = REGIONS.filter((region) => weighted[region] > before[region] + LEAST_GAIN);
    note(what, weighted, false);
    if (better.length === 0) continue;
    const mixed = mixedFusion(settings.fusion, fusion, (region) => better.includes(region));
    settings = { ...settings, fusion: mixed };
    best = await scoresOf(cases, settings);
    note(`${what}, for ${better.join(', ')}`, best, true);
  }

  const { fusion } = settings;
  for (const region of REGIONS) {
    for (const probability of THRESHOLDS) {
      const shifted = shiftedFusion(fusion, region, probability);
      const tried = { ...settings, fusion: mixedFusion(settings.fusion, shifted, (r) => r === region) };
      const scores = await scoresOf(cases, tried);
      const taken = scores[region] > best[region] + LEAST_GAIN;
      note(`${region} from a probability of ${probability} on`, scores, taken);
      if (taken) [settings, best] = [tried, scores];
    }
  }
  for (const region of REGIONS) {
    for (const ml of MINIMUM_ML[region]) {
      const minimumMl = { ...settings.cleanUp.minimumMl, [region]: ml };
      if (ml === settings.cleanUp.minimumMl[region]) continue;
      const tried = { ...settings, cleanUp: { ...settings.cleanUp, minimumMl } };
      const scores = await scoresOf(cases, tried);
      const taken = scores[region] > best[region] + LEAST_GAIN;
      note(`${region} at least ${ml} ml`, scores, taken);
      if (taken) [settings, best] = [tried, scores];
    }
  }
  return { settings, trials };
}
