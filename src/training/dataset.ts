import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import { findCaseFolders } from '../intake/caseFolder.js';
import { openStudy } from '../intake/openStudy.js';
import type { Study } from '../intake/study.js';
import { LABEL_SCHEMES, MODALITIES, type Modality } from '../terms.js';

/** `dataset.json`: what the images of a folder of case folders do not say themselves. Every field may be absent. */
const descriptionSchema = z
  .strictObject({
    name: z.string().optional(),
    /** `z-score`: already normalised, taken as they are. Otherwise normalised as the model says. */
    intensities: z.enum(['raw', 'z-score']).default('raw'),
    /** True mm along the files' voxel axes, where the headers are a little off. */
    spacing: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).optional(),
    /** Regular expression whose first group (else the whole match) names the patient in a case's name. */
    patient: z.string().max(200).refine(isPattern, 'a regular expression').optional(),
    /** `nonzero-box`: cut-outs, known only inside the box of voxels that are non-zero in any sequence. */
    known: z.enum(['everywhere', 'nonzero-box']).default('everywhere'),
    /** What the masks' numbers mean; found out where absent. `brats2013`: a label 3 beside a 4 is non-enhancing core. */
    labels: z.enum(LABEL_SCHEMES).optional(),
    /** Label of voxels whose truth nobody knows (nnU-Net's ignore label): no loss is taken there. For training alone. */
    unknownLabel: z.int().min(5).max(255).optional(),
    /**
     * Label of tumour whose parts nobody told apart: whole tumour, and no loss of core and enhancing tumour there. Cases that have it
     * are scored for whole tumour alone.
     */
    tumourLabel: z.int().min(1).max(255).optional(),
  })
  .refine(({ unknownLabel, tumourLabel }) => unknownLabel === undefined || unknownLabel !== tumourLabel, {
    path: ['tumourLabel'],
    message: 'another label than unknownLabel',
  });

export type DatasetDescription = z.infer<typeof descriptionSchema>;

/** One case folder: its images, and the mask that they are compared with. */
export interface DatasetCase {
  /** Path below the data set's folder with `/`, unique in the data set; usually the folder's name. */
  readonly name: string;
  /** By which cases are split and pooled. */
  readonly patient: string;
  readonly folder: string;
  readonly images: Readonly<Partial<Record<Modality, string>>>;
  readonly truth: string;
}

/** A folder of case folders. */
export interface Dataset {
  readonly folder: string;
  readonly name: string;
  readonly description: DatasetDescription;
  readonly cases: readonly DatasetCase[];
}

const DATASET_FILE = 'dataset.json';

/** A text file in a case folder that names its patient; wins over `dataset.json`'s pattern. */
const PATIENT_FILE = 'patient.txt';

/**
 * Lists the cases of a data set. Voxels are not read: see `verifyDatasets`.
 *
 * @throws QuorumError DATASET_INVALID for a dataset.json that is not understood, a folder without cases, a case
 * without exactly one mask, or a name that the patient pattern does not match; FILE_NOT_FOUND and intake's errors.
 * Further problems of other cases are in `also`.
 */
export async function openDataset(folder: string): Promise<Dataset> {
  const { dataset, failed } = await listDataset(folder);
  const problems = failed.map(({ problem }) => problem);
  if (dataset.cases.length + failed.length === 0) {
    const expected = 'folders that each hold the images of one case';
    problems.push({ code: 'DATASET_INVALID', field: 'cases', expected, found: 'none', file: folder });
  }
  throwAll(problems);
  return dataset;
}

/** A case folder that could not be opened as a case. */
export interface FailedCase {
  readonly name: string;
  readonly folder: string;
  readonly problem: Problem;
}

/**
 * The same without refusing it for its cases: those that can be opened, and what is wrong with the others.
 *
 * @throws QuorumError DATASET_INVALID for a dataset.json that is not understood, FILE_NOT_FOUND.
 */
export async function listDataset(
  folder: string,
): Promise<{ readonly dataset: Dataset; readonly failed: readonly FailedCase[] }> {
  const description = await readDescription(join(folder, DATASET_FILE));
  const folders = await findCaseFolders(folder).catch((cause) => {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file: folder }, { cause });
  });
  const cases: DatasetCase[] = [];
  const failed: FailedCase[] = [];
  for (const caseFolder of folders) {
    try {
      cases.push(await openCase(folder, caseFolder, description));
    } catch (error) {
      const problem = { file: caseFolder, ...problemOf(error) };
      failed.push({ name: nameOf(folder, caseFolder), folder: caseFolder, problem });
    }
  }
  const dataset = { folder, name: description.name ?? basename(folder), description, cases };
  return { dataset, failed };
}

function nameOf(root: string, folder: string): string {
  return relative(root, folder).replaceAll('\\', '/') || basename(folder);
}

/**
 * Throws the first problem with the others in its `also`; does nothing when there is none.
 *
 * @throws QuorumError with the first problem's code.
 */
export function throwAll(problems: readonly Problem[]): void {
  const [first, ...also] = problems;
  if (first) throw new QuorumError(also.length > 0 ? { ...first, also } : first);
}

async function openCase(root: string, folder: string, description: DatasetDescription): Promise<DatasetCase> {
  const study = await openStudy([folder]);
  const name = nameOf(root, folder);
  const images: Partial<Record<Modality, string>> = {};
  for (const modality of MODALITIES) {
    const series = study.images[modality];
    if (series) images[modality] = series.file;
  }
  return {
    name,
    patient: await patientOf(folder, name, description),
    folder,
    images,
    truth: truthOf(study, folder),
  };
}

function truthOf(study: Study, folder: string): string {
  const files = study.masks.map(({ file }) => file);
  if (files.length === 1) return files[0];
  throw new QuorumError({
    code: 'DATASET_INVALID',
    field: 'mask',
    expected: 'one mask, named such as <case>_seg.nii.gz',
    found: files.length === 0 ? 'none' : files.map((file) => basename(file)).join(', '),
    file: folder,
    files,
  });
}

async function patientOf(folder: string, name: string, { patient }: DatasetDescription): Promise<string> {
  const names = await readdir(folder);
  if (names.includes(PATIENT_FILE)) {
    const text = (await readFile(join(folder, PATIENT_FILE), 'utf8')).trim();
    if (text !== '') return text;
  }
  if (patient === undefined) return name;
  const match = new RegExp(patient, 'u').exec(name);
  if (match) return match[1] ?? match[0];
  throw new QuorumError({
    code: 'DATASET_INVALID',
    field: 'patient',
    expected: `a case name that matches ${patient}`,
    found: name,
    file: folder,
  });
}

async function readDescription(file: string): Promise<DatasetDescription> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return descriptionSchema.parse({});
    throw new QuorumError({ code: 'FILE_UNREADABLE', file }, { cause: error });
  }
  const json = parseJson(text, file);
  const parsed = descriptionSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
  const field = unknown ?? issue.path.join('.');
  throw new QuorumError({ code: 'DATASET_INVALID', field, expected: issue.message, file });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new QuorumError({ code: 'DATASET_INVALID', expected: 'JSON', file }, { cause });
  }
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
