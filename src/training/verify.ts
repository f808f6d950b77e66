import { type Problem, problemOf, QuorumError } from '../errors.js';
import { knownLabels, type LabelMap } from '../masks/schemes.js';
import { type LabelScheme, MODALITIES } from '../terms.js';
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
 * 3 beside a 4 without `"labels": "brats2013"`); LABELS_IN_DOUBT when the masks look as those of MSD do; CANCELLED.
 */
export async function verifyDataset(dataset: Dataset, options: VerifyOptions = {}): Promise<VerifiedDataset> {
  const { labels, problems } = await findProblems(dataset, options);
  throwAll(problems);
  return { ...dataset, labels };
}

/**
 * The same without refusing it: all that is wrong with it.
 *
 * @throws QuorumError CANCELLED.
 */
export async function findProblems(
  dataset: Dataset,
  options: VerifyOptions = {},
): Promise<{ readonly labels: LabelScheme; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const labels: CaseLabels[] = [];
  for (const [index, datasetCase] of dataset.cases.entries()) {
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    labels.push(await verifyCase(datasetCase, problems));
    options.onCase?.(index + 1, dataset.cases.length);
  }
  return { labels: labelScheme(dataset, labels, problems), problems };
}

interface CaseLabels {
  readonly file: string;
  readonly labels: ReadonlySet<number>;
  /** Faces between the tumour and what is around it, by the tumour's label. */
  readonly outerFaces: Readonly<Record<number, number>>;
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
  return { file: truth, labels: new Set(mask?.data), outerFaces: mask ? outerFaces(mask) : {} };
}

/** The scheme of the whole data set; labels that it does not have are problems. */
function labelScheme(dataset: Dataset, cases: readonly CaseLabels[], problems: Problem[]): LabelScheme {
  const said = dataset.description.labels;
  if (said !== undefined && said !== 'brats') {
    problems.push(...strangers(dataset, cases, said));
    return said;
  }
  const fours = cases.filter(({ labels }) => labels.has(4));
  if (fours.length === 0) {
    problems.push(...strangers(dataset, cases, 'brats2021'));
    if (said === undefined) problems.push(...orderInDoubt(dataset, cases));
    return 'brats2021';
  }
  for (const { file, labels } of cases.filter((one) => one.labels.has(3))) {
    problems.push({
      code: 'LABELS_INVALID',
      field: 'label 3',
      expected:
        'labels 0, 1, 2, 4; a 3 beside a 4 only with "labels": "brats2013", "brats2024" (4 is the resection cavity) or "brats-peds" in dataset.json',
      found: labels.has(4) ? 'both 3 and 4' : `3, while ${fours[0].file} has a 4`,
      file,
    });
  }
  problems.push(...strangers(dataset, cases, 'brats', [3]));
  return 'brats';
}

/**
 * Masks with 1, 2 and 3 are in BraTS's order (1 core, 2 oedema) or in that of MSD and nnU-Net (1 oedema, 2 core). Oedema is
 * what the surroundings touch: over BraTS 2020 its faces outnumber the core's eleven to one, and in 345 of 356 masks with
 * enhancing tumour alone.
 */
function orderInDoubt(dataset: Dataset, cases: readonly CaseLabels[]): Problem[] {
  if (!cases.some(({ labels }) => labels.has(3))) return [];
  const sum = (label: number) => cases.reduce((all, { outerFaces: own }) => all + (own[label] ?? 0), 0);
  if (sum(1) <= sum(2)) return [];
  const faces = [1, 2, 3].map((label) => `label ${label}: ${sum(label)}`).join(', ');
  return [
    {
      code: 'LABELS_IN_DOUBT',
      field: 'labels',
      found: `label 1 lies at the tumour's outer face more than label 2, as oedema does (faces of ${faces})`,
      expected:
        '"labels" in dataset.json: "msd" (MSD and nnU-Net: 1 oedema, 2 core, 3 enhancing) or "brats2021" (1 core, 2 oedema, 3 enhancing)',
      file: dataset.folder,
    },
  ];
}

/** Counts the faces between a labelled voxel and one of label 0, by label; the image's own edge is not counted. */
function outerFaces({ data, size: [nx, ny, nz] }: LabelMap): Record<number, number> {
  const faces: Record<number, number> = {};
  const steps = [1, nx, nx * ny];
  const sizes = [nx, ny, nz];
  for (let v = 0; v < data.length; v++) {
    steps.forEach((step, axis) => {
      if (Math.floor(v / step) % sizes[axis] === sizes[axis] - 1) return;
      const [a, b] = [data[v], data[v + step]];
      if (a !== 0 && b === 0) faces[a] = (faces[a] ?? 0) + 1;
      else if (b !== 0 && a === 0) faces[b] = (faces[b] ?? 0) + 1;
    });
  }
  return faces;
}

function strangers(
  dataset: Dataset,
  cases: readonly CaseLabels[],
  scheme: LabelScheme,
  alsoKnown: readonly number[] = [],
): Problem[] {
  const { unknownLabel, tumourLabel } = dataset.description;
  const further = [unknownLabel, tumourLabel].filter((label) => label !== undefined);
  const allowed = [...knownLabels(scheme), ...further];
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
