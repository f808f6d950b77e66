import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, QuorumError } from '../errors.js';
import type { LabelScheme } from '../evaluate/labels.js';
import { type Box, boundingBox } from '../evaluate/mask.js';
import { type CaseScore, scoreRegions } from '../evaluate/scores.js';
import { allCombinations, combinationName, MODALITIES } from '../terms.js';
import { sameGrid, voxelSpacing } from '../volume/affine.js';
import { readLabelMap, readVolume } from '../volume/read.js';
import { type DatasetCase, throwAll } from './dataset.js';
import type { VerifiedDataset, VerifyOptions } from './verify.js';

/**
 * Scores any method's masks: for a combination `t1+flair` of a case, `<folder>/<case>/combinations/t1+flair.nii.gz`
 * (what `segment --all-combinations` writes) or `<folder>/t1+flair/<case>.nii.gz` or `…/<case>_seg.nii.gz`.
 * A combination is scored when any case has it, and then every case with those sequences must have it.
 *
 * @param cases of the data set, those to be scored.
 * @throws QuorumError PREDICTIONS_MISSING (all that are missing in `also`), GRIDS_DIFFER when a mask is not on the
 * truth's grid, LABELS_INVALID, CANCELLED, and what reading throws.
 */
export async function scorePredictions(
  dataset: VerifiedDataset,
  cases: readonly DatasetCase[],
  folder: string,
  options: VerifyOptions = {},
): Promise<CaseScore[]> {
  const predictions = await findPredictions(cases, folder);
  const scores: CaseScore[] = [];
  for (const [index, datasetCase] of cases.entries()) {
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const own = predictions.filter((prediction) => prediction.datasetCase === datasetCase);
    scores.push(...(await scoreCase(dataset, datasetCase, own)));
    options.onCase?.(index + 1, cases.length);
  }
  return scores;
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
    const file = await firstThatExists(candidates(folder, one.datasetCase.name, one.combination));
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
): Promise<CaseScore[]> {
  if (predictions.length === 0) return [];
  const truth = await readLabelMap(datasetCase.truth);
  const spacing = dataset.description.spacing ?? voxelSpacing(truth.affine);
  const known = dataset.description.known === 'nonzero-box' ? await knownBox(datasetCase) : null;
  const scores: CaseScore[] = [];
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
    const predictionLabels = schemeOf(new Set(prediction.data), dataset.labels, file);
    const regions = scoreRegions({
      prediction,
      predictionLabels,
      truth,
      truthLabels: dataset.labels,
      spacing,
      known,
    });
    scores.push({ caseName: datasetCase.name, patient: datasetCase.patient, combination, regions });
  }
  return scores;
}

/** A 4 means BraTS up to 2020, a 3 without a 4 BraTS 2021 and later, unless the data set is of 2013. */
function schemeOf(labels: ReadonlySet<number>, truth: LabelScheme, file: string): LabelScheme {
  if (truth === 'brats2013') return 'brats2013';
  if (labels.has(3) && labels.has(4)) {
    throw new QuorumError({
      code: 'LABELS_INVALID',
      field: 'labels',
      expected: 'either 3 or 4',
      found: '3 and 4',
      file,
    });
  }
  return labels.has(3) ? 'brats2021' : 'brats';
}

/** The box of voxels that are non-zero in any of the case's images, x fastest. */
async function knownBox({ images }: DatasetCase): Promise<Box | null> {
  const files = MODALITIES.flatMap((modality) => images[modality] ?? []);
  const volumes = await Promise.all(files.map((file) => readVolume(file)));
  return boundingBox(
    volumes.map(({ data, size }) => ({ data: Uint8Array.from(data, (v) => (v !== 0 ? 1 : 0)), size })),
  );
}
