import { type Problem, problemOf, QuorumError } from '../errors.js';
import { type LabelScheme, REGION_LABELS } from '../evaluate/labels.js';
import { MODALITIES } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import { type ImageFile, readLabelMap, readVolume } from '../volume/read.js';
import type { Grid } from '../volume/volume.js';
import { type Dataset, type DatasetCase, throwAll } from './dataset.js';

/** A data set every file of which has been read. */
export interface VerifiedDataset extends Dataset {
  /** What the numbers in its masks mean. */
  readonly labels: LabelScheme;
}

export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /** Called after each case. */
  readonly onCase?: (done: number, total: number) => void;
}

/**
 * Reads every file of a data set before anything long begins, and finds out which label means enhancing tumour:
 * 4 where any mask has one, else 3 (BraTS 2021 and later).
 *
 * @throws QuorumError naming file, found and expected of the first problem, all others in `also`: what reading throws
 * (e.g. DATA_TRUNCATED), EMPTY_IMAGE, GRIDS_DIFFER (two grids in a case), LABELS_INVALID (a label that is none, or a
 * 3 beside a 4 without `"labels": "brats2013"`); CANCELLED.
 */
export async function verifyDataset(dataset: Dataset, options: VerifyOptions = {}): Promise<VerifiedDataset> {
  const problems: Problem[] = [];
  const labels: CaseLabels[] = [];
  for (const [index, datasetCase] of dataset.cases.entries()) {
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    labels.push(await verifyCase(datasetCase, problems));
    options.onCase?.(index + 1, dataset.cases.length);
  }
  const scheme = labelScheme(dataset, labels, problems);
  throwAll(problems);
  return { ...dataset, labels: scheme };
}

interface CaseLabels {
  readonly file: string;
  readonly labels: ReadonlySet<number>;
}

/** Adds what is wrong with a case to `problems`; returns the labels of its mask. */
async function verifyCase({ images, truth }: DatasetCase, problems: Problem[]): Promise<CaseLabels> {
  let reference: (Grid & { file: string }) | null = null;
  const compare = (image: Grid & { file: string }) => {
    reference ??= { file: image.file, size: image.size, affine: image.affine };
    if (sameGrid(reference, image)) return;
    problems.push({
      code: 'GRIDS_DIFFER',
      file: image.file,
      expected: `the grid of ${reference.file}: ${reference.size.join('×')} voxels`,
      found: `${image.size.join('×')} voxels, or another place`,
      files: [reference.file, image.file],
    });
  };
  for (const modality of MODALITIES) {
    const file = images[modality];
    const image = file === undefined ? null : await attempt(() => readVolume(file), problems);
    if (!image) continue;
    compare(image);
    if (isEmpty(image)) problems.push({ code: 'EMPTY_IMAGE', file: image.file, expected: 'non-zero voxels' });
  }
  const mask = await attempt(() => readLabelMap(truth), problems);
  if (mask) compare(mask);
  return { file: truth, labels: new Set(mask?.data) };
}

/** The scheme of the whole data set; labels that it does not have are problems. */
function labelScheme(dataset: Dataset, cases: readonly CaseLabels[], problems: Problem[]): LabelScheme {
  const fours = cases.filter(({ labels }) => labels.has(4));
  if (fours.length === 0 && dataset.description.labels === 'brats') {
    problems.push(...strangers(dataset, cases, 'brats2021'));
    return 'brats2021';
  }
  if (dataset.description.labels === 'brats2013') {
    problems.push(...strangers(dataset, cases, 'brats2013'));
    return 'brats2013';
  }
  for (const { file, labels } of cases.filter((one) => one.labels.has(3))) {
    problems.push({
      code: 'LABELS_INVALID',
      field: 'label 3',
      expected: 'labels 0, 1, 2, 4; a 3 beside a 4 only with "labels": "brats2013" in dataset.json',
      found: labels.has(4) ? 'both 3 and 4' : `3, while ${fours[0].file} has a 4`,
      file,
    });
  }
  problems.push(...strangers(dataset, cases, 'brats', [3]));
  return 'brats';
}

function strangers(
  dataset: Dataset,
  cases: readonly CaseLabels[],
  scheme: LabelScheme,
  alsoKnown: readonly number[] = [],
): Problem[] {
  const { unknownLabel } = dataset.description;
  const allowed = [0, ...REGION_LABELS[scheme].WT, ...(unknownLabel === undefined ? [] : [unknownLabel])];
  return cases.flatMap(({ file, labels }) => {
    const wrong = [...labels].filter((label) => !allowed.includes(label) && !alsoKnown.includes(label));
    if (wrong.length === 0) return [];
    return {
      code: 'LABELS_INVALID',
      field: 'labels',
      expected: allowed.join(', '),
      found: wrong.join(', '),
      file,
    };
  });
}

async function attempt<T>(read: () => Promise<T>, problems: Problem[]): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    problems.push(problemOf(error));
    return null;
  }
}

function isEmpty({ data }: ImageFile): boolean {
  return data.every((value) => value === 0);
}
