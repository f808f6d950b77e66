import { basename, join } from 'node:path';
import type { DicomImage } from '../dicom/image.js';
import { HEADER_BYTES, headerOf, looksLikeDicom } from '../dicom/readHeader.js';
import { type Problem, problemOf, QuorumError, throwIfCancelled } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import { isImageName } from '../recognise/imageName.js';
import { type OpenFile, withFile } from '../volume/fileBytes.js';
import { IMAGE_ENDINGS } from '../volume/imageFile.js';
import type { Scan, StudyCandidate } from './candidate.js';
import { dicomCandidates } from './dicomCandidates.js';
import { type FoundImage, fileCandidates } from './fileCandidates.js';
import { imageHeader } from './imageHeader.js';
import { judgeVoxels, withoutMasks } from './judgeVoxels.js';
import type { OpenOptions } from './openCandidate.js';
import { looksLikeTar, untar } from './untar.js';
import { ArchiveBudget, looksLikeZip, unzip } from './unzip.js';
import { type FoundFile, isNoImage, walk } from './walk.js';

export interface ScanOptions {
  /** Where archives are unpacked: private, and removed by the caller. */
  readonly workingFolder: string;
  /** Where symbolic links below the paths may lead; anywhere unless said. */
  readonly links?: LinkScope;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files that are read side by side. */
const PARALLEL = 8;
/** Enough of a gzipped tar to hold its first block. */
const START_BYTES = 4096;
const MOST_JUDGED = 8;
/** Archives within archives are unpacked so deep: exports are zipped once more for sending. */
const DEEPEST_ARCHIVE = 2;
const TOO_DEEP = 'archives within archives within archives, which are not unpacked';

/** What one file turned out to be. */
type Finding =
  | { readonly kind: 'dicom'; readonly image: DicomImage }
  | { readonly kind: 'image'; readonly image: FoundImage }
  | { readonly kind: 'files'; readonly files: readonly FoundFile[] }
  | { readonly kind: 'ignored'; readonly what: string; readonly path?: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

/**
 * Looks into folders of any depth and mixture: DICOM with and without extension, DICOMDIR, zip, tar, NIfTI, MetaImage, NRRD. Headers are
 * read, and voxels where nothing else tells; nothing is written but what archives hold, and for a moment two T1 that are compared.
 *
 * @throws QuorumError FILE_NOT_FOUND, FILE_UNREADABLE, FOLDER_TOO_LARGE, NO_IMAGES (nothing here is an image that can be read; the first
 *   file's problem where there is one), ARCHIVE_UNSAFE, CANCELLED, DISK_FULL. A single damaged file is reported in `problems`.
 */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<Scan> {
  const { signal, onProgress } = options;
  const walked = await walk(paths, undefined, signal, options.links);
  const queue: (FoundFile & { readonly inArchives: number })[] = walked.map((path) => ({
    path,
    shown: path,
    inArchives: 0,
  }));
  const findings: Finding[] = [];
  let next = 0;
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const archives = new ArchiveBudget();
  const work = async () => {
    while (next < queue.length) {
      throwIfCancelled(stop);
      const at = next++;
      const finding = await lookAt(
        queue[at],
        queue[at].inArchives < DEEPEST_ARCHIVE,
        join(options.workingFolder, `archive-${at}`),
        archives,
        stop,
      ).catch((error) => {
        failed.abort();
        throw error;
      });
      const inArchives = queue[at].inArchives + 1;
      if (finding.kind === 'files') queue.push(...finding.files.map((file) => ({ ...file, inArchives })));
      else findings[at] = finding.kind === 'ignored' ? { ...finding, path: queue[at].path } : finding;
      onProgress?.(next, queue.length);
    }
  };
  // Nothing is written any more when the first failure is told: the caller then removes the folder.
  const lanes = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
  const failures = lanes.flatMap((lane) => (lane.status === 'rejected' ? [lane.reason] : []));
  if (failures.length > 0)
    throw failures.find((error) => problemOf(error).code !== 'CANCELLED') ?? failures[0];
  // An archive that was unpacked last may have left files when the others had ended.
  await work();
  return gather(findings.filter(Boolean), queue, paths, { workingFolder: options.workingFolder, signal });
}

async function lookAt(
  file: FoundFile,
  mayUnpack: boolean,
  folder: string,
  archives: ArchiveBudget,
  signal: AbortSignal,
): Promise<Finding> {
  const { path, shown } = file;
  if (isNoImage(path)) return { kind: 'ignored', what: 'other files' };
  try {
    if (isImageName(path)) return { kind: 'image', image: { path, shown, header: await imageHeader(path) } };
    const found = await withFile(path, (opened) => kindOf(opened));
    if (typeof found !== 'function') return found;
    if (!mayUnpack) return { kind: 'ignored', what: TOO_DEEP };
    return { kind: 'files', files: await found(path, folder, shown, archives, signal) };
  } catch (error) {
    const problem = problemOf(error);
    const isOurs = ['CANCELLED', 'DISK_FULL', 'INTERNAL'].includes(problem.code);
    if (isOurs) throw error;
    return { kind: 'problem', problem: { ...problem, file: shown } };
  }
}

/** What an open file is; of an archive what unpacks it. Most are DICOM: their header is in what is read first. */
async function kindOf(opened: OpenFile): Promise<Finding | typeof unzip | typeof untar> {
  const bytes = await opened.read(0, HEADER_BYTES);
  const start = bytes.subarray(0, START_BYTES);
  if (looksLikeZip(start)) return unzip;
  if (await looksLikeTar(start, opened.file)) return untar;
  if (basename(opened.file).toUpperCase() === 'DICOMDIR')
    return { kind: 'ignored', what: 'DICOMDIR (all files are looked at)' };
  if (!looksLikeDicom(start)) return { kind: 'ignored', what: 'other files' };
  return { kind: 'dicom', image: await headerOf(opened, bytes) };
}

async function gather(
  findings: readonly Finding[],
  files: readonly FoundFile[],
  paths: readonly string[],
  options: OpenOptions,
): Promise<Scan> {
  const shown = new Map(files.map((file) => [file.path, file.shown]));
  const dicom = findings.flatMap((one) => (one.kind === 'dicom' ? [one.image] : []));
  const images = findings.flatMap((one) => (one.kind === 'image' ? [one.image] : []));
  const problems = countProblems(findings.flatMap((one) => (one.kind === 'problem' ? [one.problem] : [])));
  const ignored = new Map<string, number>();
  // The voxels of an image whose header is a file of its own are no other file.
  const voxels = new Set(images.map(({ header }) => header.dataFile));
  for (const one of findings)
    if (one.kind === 'ignored' && !(one.path && voxels.has(one.path)))
      ignored.set(one.what, (ignored.get(one.what) ?? 0) + 1);
  if (dicom.length + images.length === 0) {
    if (problems.length > 0) throw new QuorumError(problems[0].problem);
    const expected = ['DICOM', ...IMAGE_ENDINGS].join(', ');
    const deep = ignored.get(TOO_DEEP);
    throw new QuorumError({
      code: 'NO_IMAGES',
      file: paths[0],
      expected,
      found: `${files.length} other files${deep ? `, among them ${deep} ${TOO_DEEP}` : ''}`,
    });
  }
  const studies = [
    ...(await judged(
      dicomCandidates(dicom, (file) => shown.get(file) ?? file),
      options,
    )),
    ...(await judged(await fileCandidates(images), options)),
  ];
  return {
    studies: studies.sort((a, b) => sequencesOf(b) - sequencesOf(a)),
    files: files.length,
    ignored: [...ignored].map(([what, count]) => ({ what, count })),
    problems,
  };
}

async function judged(
  candidates: readonly StudyCandidate[],
  options: OpenOptions,
): Promise<StudyCandidate[]> {
  const done: StudyCandidate[] = [];
  // A folder of very many examinations is looked through for one of them: there voxels are left alone, but for masks in DICOM.
  const isMany = candidates.length > MOST_JUDGED;
  for (const candidate of candidates) {
    throwIfCancelled(options.signal);
    if (!isMany) done.push(await judgeVoxels(candidate, options));
    else done.push(candidate.kind === 'dicom' ? await withoutMasks(candidate) : candidate);
  }
  return done;
}

function sequencesOf({ choices }: StudyCandidate): number {
  return Object.keys(choices).length;
}

function countProblems(problems: readonly Problem[]): { problem: Problem; count: number }[] {
  const counted = new Map<string, { problem: Problem; count: number }>();
  for (const problem of problems) {
    const key = `${problem.code}|${problem.field ?? ''}`;
    const known = counted.get(key);
    counted.set(key, { problem: known?.problem ?? problem, count: (known?.count ?? 0) + 1 });
  }
  return [...counted.values()];
}
