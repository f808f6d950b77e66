import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, QuorumError } from '../errors.js';
import { LabelCounts, type LabelReading, readLabels } from '../evaluate/labelReading.js';
import { type CaseScore, type Comparison, scoreRegions } from '../evaluate/scores.js';
import { type Box, boundingBox } from '../masks/mask.js';
import { allCombinations, combinationName, MODALITIES } from '../terms.js';
import { sameGrid, voxelSpacing } from '../volume/affine.js';
import { readLabelMap, readVolume } from '../volume/read.js';
import { type DatasetCase, throwAll } from './dataset.js';
import { isPartial, withMarks } from './loadCase.js';
import { asOedema } from './predictCase.js';
import type { VerifiedDataset, VerifyOptions } from './verify.js';

export interface ScorePredictionsOptions extends VerifyOptions {
  /** What the masks' labels mean, as `readLabels` takes it; null or absent finds it out. */
  readonly labels?: string | null;
}

export interface PredictionScores {
  readonly cases: CaseScore[];
  readonly reading: LabelReading;
}

/**
 * Scores any method's masks: for a combination `t1+flair` of a case, `<folder>/<case>/combinations/t1+flair.nii.gz`
 * (what `segment --all-combinations` writes) or `<folder>/t1+flair/<case>.nii.gz` or `…/<case>_seg.nii.gz`.
 * A combination is scored when any case has it, and then every case with those sequences must have it.
 *
 * Every mask is read twice: first to find out what its labels mean, of all masks together.
 *
 * @param cases of the data set, those to be scored.
 * @throws QuorumError PREDICTIONS_MISSING (all that are missing in `also`), GRIDS_DIFFER when a mask is not on the
 * truth's grid, what `readLabels` throws, CANCELLED, and what reading throws.
 */
export async function scorePredictions(
  dataset: VerifiedDataset,
  cases: readonly DatasetCase[],
  folder: string,
  options: ScorePredictionsOptions = {},
): Promise<PredictionScores> {
  const predictions = await findPredictions(cases, folder);
  const counts = new LabelCounts();
  const scores: CaseScore[] = [];
  const total = 2 * cases.length;
  const eachCase = async (from: number, use: (one: DatasetCase, own: Prediction[]) => Promise<void>) => {
    for (const [index, datasetCase] of cases.entries()) {
      if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
      await use(
        datasetCase,
        predictions.filter((prediction) => prediction.datasetCase === datasetCase),
      );
      options.onCase?.(from + index + 1, total);
    }
  };
  await eachCase(0, (datasetCase, own) =>
    eachMask(dataset, datasetCase, own, ({ prediction, truth, known }) =>
      counts.add(prediction, truth, dataset.labels, known ?? undefined),
    ),
  );
  const reading = readLabels(counts, dataset.labels, options.labels ?? null, folder);
  await eachCase(cases.length, async (datasetCase, own) => {
    scores.push(...(await scoreCase(dataset, datasetCase, own, reading)));
  });
  return { cases: scores, reading };
}

interface Prediction {
  readonly datasetCase: DatasetCase;
  readonly combination: string;
  readonly file: string;
}

async function findPredictions(cases: readonly DatasetCase[], folder: string): Promise<Prediction[]> {
  const wanted = cases.flatMap((datasetCase) => {
    const available = MODALITIES.filter((modality) => datasetCase.images[modality] !== undefined);
    return allCombinations(available).map((members) => ({
      datasetCase,
      combination: combinationName(members),
    }));
  });
  const found: Prediction[] = [];
  const missing: typeof wanted = [];
  for (const one of wanted) {
    const file = await predictionOf(one.datasetCase, folder, one.combination);
    if (file === null) missing.push(one);
    else found.push({ ...one, file });
  }
  const scored = new Set(found.map(({ combination }) => combination));
  const problems = missing.flatMap(({ datasetCase, combination }): Problem[] => {
    if (found.length > 0 && !scored.has(combination)) return [];
    const [expected] = candidates(folder, datasetCase.name, combination);
    return [
      {
        code: 'PREDICTIONS_MISSING',
        field: combination,
        expected,
        found: 'nothing',
        file: datasetCase.folder,
      },
    ];
  });
  throwAll(problems);
  return found;
}

/** The mask of one case and combination in a folder of masks, or null. */
export function predictionOf(
  { name }: DatasetCase,
  folder: string,
  combination: string,
): Promise<string | null> {
  return firstThatExists(candidates(folder, name, combination));
}

function candidates(folder: string, name: string, combination: string): string[] {
  return [
    join(folder, name, 'combinations', `${combination}.nii.gz`),
    join(folder, combination, `${name}.nii.gz`),
    join(folder, combination, `${name}_seg.nii.gz`),
  ];
}

async function firstThatExists(files: readonly string[]): Promise<string | null> {
  for (const file of files) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return null;
}

async function scoreCase(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  predictions: readonly Prediction[],
  { regions: told }: LabelReading,
): Promise<CaseScore[]> {
  const { labels: truthLabels, description } = dataset;
  const scores: CaseScore[] = [];
  await eachMask(dataset, datasetCase, predictions, ({ combination, ...masks }) => {
    const spacing = description.spacing ?? voxelSpacing(masks.truth.affine);
    const regions = scoreRegions({ ...masks, predictionLabels: told, truthLabels, spacing });
    scores.push({ caseName: datasetCase.name, patient: datasetCase.patient, combination, regions });
  });
  return scores;
}

type LabelImage = Awaited<ReturnType<typeof readLabelMap>>;

/**
 * Reads the masks of a case one after the other, beside the truth.
 *
 * @throws QuorumError GRIDS_DIFFER.
 */
async function eachMask(
  dataset: VerifiedDataset,
  datasetCase: DatasetCase,
  predictions: readonly Prediction[],
  use: (
    mask: Pick<Comparison, 'prediction' | 'known' | 'wholeTumourAlone'> & {
      readonly combination: string;
      readonly truth: LabelImage;
    },
  ) => void,
): Promise<void> {
  if (predictions.length === 0) return;
  const marked = withMarks(await readLabelMap(datasetCase.truth), dataset.description);
  const wholeTumourAlone = isPartial(marked.data);
  const truth = { ...marked, data: asOedema(marked.data, dataset.labels) };
  const known = dataset.description.known === 'nonzero-box' ? await knownBox(datasetCase) : null;
  for (const { combination, file } of predictions) {
    const prediction = await readLabelMap(file);
    if (!sameGrid(truth, prediction)) {
      throw new QuorumError({
        code: 'GRIDS_DIFFER',
        file,
        expected: `the grid of ${datasetCase.truth}: ${truth.size.join('×')} voxels`,
        found: `${prediction.size.join('×')} voxels, or another place`,
        files: [datasetCase.truth, file],
      });
    }
    use({ prediction, combination, truth, wholeTumourAlone, known });
  }
}

/** The box of voxels that are non-zero in any of the case's images, x fastest. */
async function knownBox({ images }: DatasetCase): Promise<Box | null> {
  const files = MODALITIES.flatMap((modality) => images[modality] ?? []);
  const volumes = await Promise.all(files.map((file) => readVolume(file)));
  return boundingBox(
    volumes.map(({ data, size }) => ({ data: Uint8Array.from(data, (v) => (v !== 0 ? 1 : 0)), size })),
  );
}
