import { basename } from 'node:path';
import type { Sequence } from '../../contract/basic.js';
import type { CaseFile, SeriesAbout } from '../../contract/cases.js';
import { type Problem, problemOf, QuorumError } from '../../errors.js';
import type { LinkScope } from '../../files/within.js';
import { commonFolder, listImages, studyName } from '../../intake/caseFolder.js';
import { questionsAbout } from '../../intake/choose.js';
import { fileSeries } from '../../intake/fileCandidates.js';
import { imageHeader } from '../../intake/imageHeader.js';
import { standsAs } from '../../intake/questions.js';
import { recogniseSequence } from '../../intake/recognise.js';
import { summariseGrid, summariseHeader } from '../../pipeline/inspect.js';
import { MODALITIES, type Modality } from '../../terms.js';
import { IMAGE_ENDINGS } from '../../volume/imageFile.js';
import { sha256OfImage } from '../../volume/imageHash.js';
import type { ImageHeader } from '../../volume/read.js';
import type { Grid } from '../../volume/volume.js';

/** A file of an open case; `header` and `sha256` are null when it cannot be read. */
export interface OpenFile {
  readonly file: string;
  readonly sequence: Sequence;
  readonly reason: string;
  readonly chosen: boolean;
  readonly header: ImageHeader | null;
  readonly problem: Problem | null;
  /** Of images only: masks do not make a case. */
  readonly sha256: string | null;
  /** Of a series that a scan found. */
  readonly series: FoundBySeries | null;
}

/** What a scan knows of a series besides its image file. */
export interface FoundBySeries {
  readonly name: string;
  readonly about: SeriesAbout;
  /** Where the headers say its slices lie, before it is converted. */
  readonly grid: Grid | null;
}

export interface CaseFiles {
  readonly name: string;
  readonly folder: string | null;
  readonly files: readonly OpenFile[];
}

/** More image files than this in one folder are no examination of one patient. */
const MOST_FILES = 64;

/**
 * What lies in a folder, or loose files. Unlike `openStudy` it accepts what a user can still put right: unreadable files, files that no
 * name explains, several files for one sequence.
 *
 * @throws QuorumError FILE_NOT_FOUND, NO_IMAGES (also for a folder of very many images); for a single unreadable file its own problem.
 */
export async function readCaseFiles(paths: readonly string[], links: LinkScope = null): Promise<CaseFiles> {
  const files = [...new Set(await listImages(paths, links))];
  if (files.length === 0 || files.length > MOST_FILES) {
    throw new QuorumError({
      code: 'NO_IMAGES',
      file: paths[0],
      expected: `1 to ${MOST_FILES} image files (${IMAGE_ENDINGS.join(', ')}) of one patient`,
      found: files.length === 0 ? 'none' : `${files.length} image files`,
    });
  }
  const opened = await recognised(await Promise.all(files.map(openFile)));
  const readable = opened.some(({ problem }) => problem === null);
  if (!readable) throw new QuorumError(opened[0].problem!);
  return { name: await studyName(paths, files), folder: commonFolder(files), files: opened };
}

/** The files as the recogniser has them together: names, the JSON beside them, and each other. */
async function recognised(files: readonly OpenFile[]): Promise<OpenFile[]> {
  const images = files.flatMap(({ file, header }) => (header ? [{ path: file, shown: file, header }] : []));
  const { series } = await fileSeries(images, (file) => file);
  const questions = questionsAbout(series);
  const known = new Map(series.map((one) => [one.id, one]));
  return Promise.all(
    files.map(async (one) => {
      const found = known.get(one.file);
      if (!found) return one;
      const { setAside, doubt } = found;
      const reason = setAside ?? (doubt === null ? found.reason : `in doubt: ${doubt}`);
      const sequence = standsAs(found, questions);
      const sha256 = one.sha256 ?? (sequence === 'mask' ? null : await sha256OfImage(one.file));
      return { ...one, sequence, reason, sha256 };
    }),
  );
}

async function openFile(file: string): Promise<OpenFile> {
  const byName = { file, ...recogniseSequence(basename(file)), chosen: false, series: null };
  try {
    const header = await imageHeader(file);
    const sha256 = byName.sequence === 'mask' ? null : await sha256OfImage(file);
    return { ...byName, header, sha256, problem: null };
  } catch (error) {
    return { ...byName, header: null, sha256: null, problem: problemOf(error) };
  }
}

/** The file that serves as each sequence; null where none does, or several claim it and none was chosen. */
export function slotsOf(files: readonly OpenFile[]): Record<Modality, OpenFile | null> {
  const slots = MODALITIES.map((modality) => {
    const claimants = claimantsOf(files, modality);
    const only = claimants.length === 1 ? claimants[0] : claimants.find(({ chosen }) => chosen);
    return [modality, only ?? null];
  });
  return Object.fromEntries(slots) as Record<Modality, OpenFile | null>;
}

/** Sequences that several files claim. */
export function ambiguousIn(files: readonly OpenFile[]): Modality[] {
  const slots = slotsOf(files);
  return MODALITIES.filter((m) => slots[m] === null && claimantsOf(files, m).length > 1);
}

function claimantsOf(files: readonly OpenFile[], modality: Modality): OpenFile[] {
  return files.filter(
    ({ sequence, problem, series }) =>
      sequence === modality && problem === null && (series?.about.rejected ?? null) === null,
  );
}

/**
 * The files after the user said what one of them is; whoever held that sequence before becomes `other`.
 *
 * @throws QuorumError NOT_OPEN for a file that is not among them, the file's own problem when it cannot be read.
 */
export async function assignFile(
  files: readonly OpenFile[],
  file: string,
  sequence: Sequence,
): Promise<OpenFile[]> {
  const found = files.find((one) => one.file === file);
  if (!found) throw new QuorumError({ code: 'NOT_OPEN', file });
  if (found.problem) throw new QuorumError(found.problem);
  const isImage = sequence !== 'mask';
  const sha256 = found.sha256 ?? (isImage ? await sha256OfImage(file) : null);
  const isSlot = sequence !== 'mask' && sequence !== 'other';
  return files.map((one) => {
    if (one === found) return { ...one, sequence, reason: 'chosen by the user', chosen: true, sha256 };
    if (isSlot && one.sequence === sequence)
      return { ...one, sequence: 'other' as const, reason: 'replaced by the user’s choice' };
    return one;
  });
}

/** What names a file's content for what the user said of it; as a scan names the series of an image file. */
export function contentId({ sha256, series }: OpenFile): string | null {
  return series?.about.id ?? sha256?.slice(0, 32) ?? null;
}

/** The files with what the user said of the same content before. */
export async function recallFiles(
  files: readonly OpenFile[],
  remembered: ReadonlyMap<string, Sequence>,
): Promise<readonly OpenFile[]> {
  let recalled = files;
  for (const file of files) {
    const sequence = remembered.get(contentId(file) ?? '');
    if (sequence !== undefined && sequence !== file.sequence)
      recalled = await assignFile(recalled, file.file, sequence);
  }
  return recalled;
}

/** A file as it travels. */
export function summariseFile({
  file,
  sequence,
  reason,
  chosen,
  header,
  problem,
  series,
}: OpenFile): CaseFile {
  const name = series?.name ?? basename(file);
  const common = { file, name, sequence, reason, chosen, problem, series: series?.about ?? null };
  if (header) return { ...common, header: summariseHeader(header) };
  const grid = series?.grid;
  return { ...common, header: grid ? { format: 'DICOM', datatype: '', grid: summariseGrid(grid) } : null };
}
