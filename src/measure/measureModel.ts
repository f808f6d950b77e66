/** Measures a model on patients that it was not trained on; what follows goes into its model.json. */
import { basename } from 'node:path';
import type { InferenceEngine } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { crop } from '../masks/mask.js';
import { regionMask } from '../masks/schemes.js';
import type { InputChecks } from '../model/knowledgeSchema.js';
import type { Model } from '../model/model.js';
import type { ModelDescription } from '../model/schema.js';
import { countEnhancingLesions, removeSpecks } from '../segment/cleanUp.js';
import { surfaceShare } from '../segment/imageChecks.js';
import { bitAt } from '../segment/tissue.js';
import { quantile } from '../statistics.js';
import { combinationName, MODALITIES, REGIONS } from '../terms.js';
import { plainSample } from '../training/augmentation.js';
import { loadCase } from '../training/loadCase.js';
import { type PredictedCase, predictCase } from '../training/predictCase.js';
import { randomStream } from '../training/random.js';
import type { VerifiedDataset } from '../training/verify.js';
import { disagreementOf } from './disagreement.js';
import { expectedDiceOf } from './expectedDice.js';
import { type CutOutImages, FALSE_ALARMS, fitSwapChecks, fitUptakeCheck } from './imageChecks.js';
import { agreementFlagsOf, gainsOf, supportOf } from './knowledge.js';
import { rangesOf } from './ranges.js';
import { type BrainMeasure, measureBrain } from './wholeBrains.js';

export interface MeasureOptions {
  /** Accept whole cases that `segment` would refuse without `--force`. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onCase: (done: number, total: number) => void;
}

/**
 * One row for every whole case and every combination that it allows. A patient counts once, with the first of the data sets that
 * has him.
 *
 * @param datasets whole cases alone, those that are to be measured.
 * @param engine holds the model's parameters.
 * @throws QuorumError CANCELLED, and what reading, preparing and the engine throw.
 */
export async function measureBrains(
  datasets: readonly VerifiedDataset[],
  model: Model,
  engine: InferenceEngine,
  options: MeasureOptions,
): Promise<BrainMeasure[]> {
  const rows: BrainMeasure[] = [];
  for await (const { predicted, dataset } of predictedCases(datasets, model, engine, options)) {
    const told = predicted.wholeTumourAlone ? (['WT'] as const) : REGIONS;
    rows.push(...(await measureBrain(predicted, model.description, basename(dataset.folder), told)));
  }
  return rows;
}

/** What model.json says of a model by its whole brains; the rules stand in `knowledge.ts` and `ranges.ts`. */
export function knowledgeOf(
  rows: readonly BrainMeasure[],
): Pick<
  ModelDescription['knowledge'],
  'combinations' | 'gains' | 'agreementFlags' | 'disagreement' | 'volumeRanges' | 'expectedDice'
> {
  const combinations = supportOf(rows);
  return {
    combinations,
    gains: gainsOf(rows),
    agreementFlags: agreementFlagsOf(rows).flags,
    disagreement: disagreementOf(rows, combinations),
    volumeRanges: rangesOf(rows, combinations),
    expectedDice: expectedDiceOf(rows),
  };
}

/** A tumour that touches the surface widely does so with more of its own; half a ball on the surface has a third. */
const WIDELY = 0.15;

/** The checks of the images, and what they were found by. */
export interface MeasuredChecks {
  readonly inputChecks: InputChecks;
  /** Every pair, also those that find too few swaps to be shown. */
  readonly swapped: InputChecks['swapped'];
  /** The 99th percentile of the tumour's share at the surface. */
  readonly surfaceUsual: number | null;
  readonly trainCutOuts: number;
  readonly validationCutOuts: number;
}

/**
 * Fits the checks of the images: weights on training cut-outs, cut-offs and rates on validation cut-outs, and what is usual of a
 * tumour's surface and of separate lesions on all validation cases. Without cut-outs swaps and uptake are not checked.
 *
 * @param train cut-outs alone count.
 * @throws QuorumError CANCELLED, and what reading, preparing and the engine throw.
 */
export async function measureChecks(
  train: readonly VerifiedDataset[],
  validation: readonly VerifiedDataset[],
  model: Model,
  engine: InferenceEngine,
  options: MeasureOptions,
): Promise<MeasuredChecks> {
  const { description } = model;
  const fitted = await cutOutsOf(train, model, options.signal);
  const held = await cutOutsOf(validation, model, options.signal);
  const random = randomStream(1);
  const swaps = fitSwapChecks(fitted, held);
  const uptake = fitUptakeCheck(held, () => random.normal());
  const shares: number[] = [];
  const lesions: number[] = [];
  for await (const { predicted } of predictedCases(validation, model, engine, options)) {
    const { present, grid } = predicted;
    const labels = (await predicted.masks(description, [present])).get(combinationName(present))!;
    removeSpecks(labels, grid, description.cleanUp);
    const share = shareOf(predicted, labels);
    if (share !== null) shares.push(share);
    if (present.includes('t1ce'))
      lesions.push(countEnhancingLesions(labels, grid, description.cleanUp.minimumMl.ET));
  }
  const surfaceUsual = shares.length > 0 ? Number(quantile(shares, 1 - FALSE_ALARMS).toFixed(4)) : null;
  return {
    inputChecks: {
      swapped: swaps.shown,
      uptake,
      surface:
        surfaceUsual === null
          ? null
          : { above: Number(Math.max(WIDELY, surfaceUsual).toFixed(4)), cases: shares.length },
      lesions:
        lesions.length === 0
          ? null
          : {
              atLeast: Math.max(3, Math.floor(quantile(lesions, 1 - FALSE_ALARMS)) + 1),
              cases: lesions.length,
            },
    },
    swapped: swaps.found,
    surfaceUsual,
    trainCutOuts: fitted.length,
    validationCutOuts: held.length,
  };
}

async function* predictedCases(
  datasets: readonly VerifiedDataset[],
  model: Model,
  engine: InferenceEngine,
  { force, signal, onCase }: MeasureOptions,
): AsyncGenerator<{ dataset: VerifiedDataset; predicted: PredictedCase }> {
  const seen = new Set<string>();
  const chosen = datasets.flatMap((dataset) => {
    const cases = dataset.cases.filter(({ patient }) => !seen.has(patient));
    for (const { patient } of cases) seen.add(patient);
    return cases.map((one) => ({ dataset, one }));
  });
  for (const [n, { dataset, one }] of chosen.entries()) {
    if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    yield { dataset, predicted: await predictCase(dataset, one, model, engine, { force, signal }) };
    onCase(n + 1, chosen.length);
  }
}

/** The normalised images of every cut-out. */
async function cutOutsOf(
  datasets: readonly VerifiedDataset[],
  { description }: Model,
  signal: AbortSignal,
): Promise<CutOutImages[]> {
  const images: CutOutImages[] = [];
  for (const dataset of datasets.filter(({ description: { known } }) => known === 'nonzero-box'))
    for (const one of dataset.cases) {
      if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
      const { inputs } = plainSample(await loadCase(dataset, one, description));
      images.push(Object.fromEntries(MODALITIES.flatMap((m, i) => (inputs[i] ? [[m, inputs[i].data]] : []))));
    }
  return images;
}

/** Of a cut-out only what it shows: beyond it nothing is known. */
function shareOf({ logits, grid, known }: PredictedCase, labels: Uint8Array): number | null {
  const shown = new Uint8Array(labels.length);
  for (const { tissue } of logits.maps) for (let v = 0; v < shown.length; v++) shown[v] |= bitAt(tissue, v);
  const box = known ?? { start: [0, 0, 0], size: grid.size };
  const tissue = Float32Array.from(crop({ data: shown, size: grid.size }, box).data);
  const found = regionMask({ data: labels, size: grid.size }, 'WT', 'brats', box).data;
  return surfaceShare({ grid: box, images: { t1: { data: tissue } } }, found);
}
