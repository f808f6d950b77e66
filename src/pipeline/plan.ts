import { createHash } from 'node:crypto';
import type { Answers } from '../contract/cases.js';
import type { PreparationRequest, SegmentRequest } from '../contract/commands.js';
import { editSupports } from '../contract/edits.js';
import type { ExportOptions } from '../contract/exports.js';
import { FORMATS } from '../contract/formats.js';
import { DEFAULT_PREPARATION, type PreparationOptions } from '../contract/preparation.js';
import { type CaseReport, caseReportSchema, type Fingerprint } from '../contract/report.js';
import type { DicomSeries } from '../dicom/series.js';
import { QuorumError } from '../errors.js';
import { filesAreIntact, readReportText } from '../export/output.js';
import { sha256OfFile } from '../files/fileHash.js';
import type { Study } from '../intake/study.js';
import type { ModelDescription } from '../model/schema.js';
import { supports } from '../model/support.js';
import { isGiven, regionInFileName } from '../numbers.js';
import { networkStripper } from '../prepare/mindgrab.js';
import type { PreparationChoices } from '../prepare/preparation.js';
import { RESULT_FORMAT } from '../segment/logits.js';
import {
  allCombinations,
  type Combination,
  combinationName,
  type Modality,
  type PerRegion,
  perRegion,
  type Region,
} from '../terms.js';
import { sha256OfImage } from '../volume/imageHash.js';
import { readLabelMap } from '../volume/read.js';
import type { SourceImage } from './caseSource.js';
import type { EditedMask, PlannedCase } from './subject.js';

/** What will be written of a case: known before anything is computed, so that a target that is taken is refused at once. */
export interface Plan extends PlannedCase {
  readonly options: ExportOptions;
  /** Further combinations, each once, in the order of all combinations. */
  readonly further: readonly Combination[];
  /** Whether the sequences of the result's mask support each region. */
  readonly supported: PerRegion<boolean>;
  /** Regions that get numbers and files of their own. */
  readonly given: PerRegion<boolean>;
  /** Series that lie elsewhere than the masks. */
  readonly placed: readonly SourceImage[];
}

/** What a request asks to be written of the sequences that are used. @throws QuorumError SEQUENCE_NOT_AVAILABLE for a further combination with a sequence that is not used. */
export function exportOptions(request: SegmentRequest, use: readonly Modality[]): ExportOptions {
  const available = allCombinations(use).map(combinationName);
  const foreign = request.combinations.find((name) => !available.includes(name));
  if (foreign !== undefined)
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `subsets of ${combinationName(use)}`,
      found: foreign,
    });
  return {
    ...request,
    combination: combinationName(use),
    combinations: request.allCombinations ? available : request.combinations,
  };
}

/** @param edited the mask that takes the place of the combination's, or null. */
export function planOf(
  { name, sources, reference }: PlannedCase,
  options: ExportOptions,
  { knowledge }: Pick<ModelDescription, 'knowledge'>,
  edited: Pick<EditedMask, 'state'> | null,
): Plan {
  const supported = perRegion((_, region) =>
    edited
      ? editSupports(edited.state, (combination) => supports(knowledge, combination, region))
      : supports(knowledge, options.combination, region),
  );
  const wanted = new Set(options.combinations);
  return {
    name,
    sources,
    reference: sources.some(({ modality }) => modality === reference)
      ? reference
      : firstOf(sources, reference),
    placed: sources.filter(({ toCase }) => toCase !== undefined),
    options,
    further: allCombinations()
      .map(combinationName)
      .filter((one) => wanted.has(one)),
    supported,
    given: perRegion((_, region) => isGiven(supported[region], options.unsupported)),
  };
}

/** Where the reference itself is not in use, the first series that is. */
function firstOf(sources: PlannedCase['sources'], reference: Modality | null): Modality | null {
  return reference && sources[0].modality;
}

type Names = Pick<Plan, 'name' | 'supported'>;

/** Names of the files of a case, relative to its output folder. */
export const FILES = {
  /** On the grid of an input: of the one that all share, or of the series that the others were aligned to. */
  segmentation: (name: string) => `${name}_seg.nii.gz`,
  /** On the grid of the prepared images, where there are any. */
  onPrepared: (name: string) => `prepared/${name}_seg.nii.gz`,
  combination: (combination: Combination) => `combinations/${combination}.nii.gz`,
  native: (modality: Modality) => `native/${modality}_seg.nii.gz`,
  picture: (name: string) => `${name}_picture.png`,
  figure: (name: string) => `${name}_figure.svg`,
  csv: (name: string) => `${name}_volumes.csv`,
  report: (name: string) => `${name}_report.html`,
  probability: (plan: Names, region: Region) => `${plan.name}_probability_${inName(plan, region)}.nii.gz`,
  spread: (plan: Names, region: Region) => `${plan.name}_spread_${inName(plan, region)}.nii.gz`,
  stl: (plan: Names, region: Region) => `${plan.name}_${inName(plan, region)}.stl`,
  dicomSeg: (modality: Modality) => `dicom/${modality}_seg.dcm`,
  rtstruct: (modality: Modality) => `dicom/${modality}_rtstruct.dcm`,
  capture: (modality: Modality, n: number) =>
    `dicom/${modality}_outlines/${String(n + 1).padStart(4, '0')}.dcm`,
} as const;

const inName = ({ supported }: Names, region: Region) => regionInFileName(region, supported[region]);

/** What else than the export's options decides what is written. */
export interface Making {
  /** Images were taken as they are although a check failed. */
  readonly force: boolean;
  /** Raw images may be prepared. */
  readonly prepare: boolean;
  /** How they were prepared; null: as Quorum does it by itself. */
  readonly preparation: Readonly<Record<string, unknown>> | null;
  /** Of a case in a cohort: its warnings follow from them. Absent where nobody was asked. */
  readonly answers?: Answers;
}

/**
 * What makes two runs the same: with equal fingerprints nothing needs to be done again.
 *
 * @param inputs of every sequence that is prepared, used or not: together they decide the reference and the brain mask.
 */
export function fingerprintOf(
  inputs: Fingerprint['inputs'],
  modelHash: string,
  options: ExportOptions,
  making: Making,
  edited: { readonly labels: Uint8Array } | null,
): Fingerprint {
  const { combination, combinations, threshold, labels, keepSpecks, unsupported, neutralNames } = options;
  return {
    inputs,
    modelHash,
    options: {
      format: RESULT_FORMAT,
      combination,
      combinations: [...combinations].sort(),
      threshold,
      labels,
      keepSpecks,
      unsupported,
      neutralNames,
      formats: FORMATS.filter(({ id }) => options[id]).map(({ id }) => id),
      ...making,
      edited: edited && createHash('sha256').update(edited.labels).digest('hex'),
    },
  };
}

/** What an image is known by: of DICOM its voxels together with what results copy and refer to, wherever the files lie. */
export function contentHash(voxels: string, dicom: DicomSeries | undefined): string {
  if (!dicom) return voxels;
  const { frames, ...identity } = dicom;
  const places = frames.map(({ file: _, ...frame }) => frame);
  return createHash('sha256')
    .update(JSON.stringify([voxels, identity, places]))
    .digest('hex');
}

/** Of the images that are prepared together: their voxels, and of DICOM what results refer to. @throws QuorumError what reading throws. */
export async function inputHashes(study: Study, use: readonly Modality[]): Promise<Fingerprint['inputs']> {
  const inputs: Fingerprint['inputs'] = {};
  for (const modality of use) {
    const { file, dicom } = study.images[modality]!;
    inputs[modality] = contentHash(await sha256OfImage(file), dicom);
  }
  return inputs;
}

/** The report of a folder in which the same was finished before, and every file is as it was; null otherwise. */
export async function finishedBefore(folder: string, fingerprint: Fingerprint): Promise<CaseReport | null> {
  const { success, data: report } = caseReportSchema.safeParse(await readReportText(folder));
  if (!success || report.state !== 'finished') return null;
  const same = JSON.stringify(report.fingerprint) === JSON.stringify(fingerprint);
  return same && (await filesAreIntact(folder, report.files)) ? report : null;
}

/** What a command asks of a preparation, with the files that it names read. @throws QuorumError what reading them throws. */
export async function preparationChoices({
  reference,
  skip,
  brainMask,
  stripper,
}: PreparationRequest): Promise<PreparationChoices> {
  return {
    reference: reference ?? undefined,
    skip,
    brainMask: brainMask === null ? undefined : await readLabelMap(brainMask),
    stripper: stripper === null ? undefined : networkStripper(stripper),
  };
}

/** What is asked of a preparation, as fingerprints have it; null where Quorum does it by itself. */
export async function preparationMark(
  request: PreparationRequest,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { brainMask } = request;
  const options = preparationOptions(request);
  if (brainMask !== null) return { ...options, brainMask: await sha256OfFile(brainMask) };
  return isDefaultPreparation(options) ? null : options;
}

/** The same as a window has it. */
export function preparationOptions({ reference, skip, stripper }: PreparationRequest): PreparationOptions {
  const stripping = stripper === null ? 'atlas' : 'network';
  return {
    coRegister: !skip.includes('co-register'),
    atlas: !skip.includes('atlas'),
    skullStrip: skip.includes('skull-strip') ? 'off' : stripping,
    reference,
  };
}

/** Whether images are prepared as Quorum does it by itself. */
export function isDefaultPreparation(options: PreparationOptions): boolean {
  return (Object.keys(DEFAULT_PREPARATION) as (keyof PreparationOptions)[]).every(
    (key) => options[key] === DEFAULT_PREPARATION[key],
  );
}
