import { basename, dirname, resolve } from 'node:path';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import { recogniseSequence } from '../recognise/imageName.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';
import { IMAGE_ENDINGS } from '../volume/imageFile.js';
import type { FoundSeries, StudyCandidate } from './candidate.js';
import { commonFolder, listImages, studyName } from './caseFolder.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { contentHash, type FoundImage, fileSeries, suggestFromFiles } from './fileCandidates.js';
import { imageHeader } from './imageHeader.js';
import { judgeVoxels } from './judgeVoxels.js';
import { assignSeries } from './openCandidate.js';
import { refuseQuestions } from './questions.js';
import type { SequenceOverrides, Series, Study } from './study.js';

/**
 * Makes a Study of one folder or of loose files. Only files directly in the folder count, and those of folders in it that are named for
 * the one image in each.
 *
 * @throws QuorumError what `fileCandidate` and `studyOfFiles` throw.
 */
export async function openStudy(paths: readonly string[], overrides: SequenceOverrides = {}): Promise<Study> {
  return studyOfFiles(await fileCandidate(paths, overrides));
}

/**
 * The one examination that image files are, with the files that the user names for sequences.
 *
 * @throws QuorumError FILE_NOT_FOUND, NO_IMAGES, and what reading a header throws of a file that is named for a sequence.
 */
export async function fileCandidate(
  paths: readonly string[],
  overrides: SequenceOverrides = {},
): Promise<StudyCandidate> {
  const chosen = new Map(
    Object.entries(overrides).map(([modality, file]) => [resolve(file), modality as Modality]),
  );
  const files = [...new Set([...(await listImages(paths)), ...chosen.keys()])];
  const { images, unreadable } = await readable(files, paths);
  refuseUnreadable(unreadable, chosen);
  let candidate = await candidateOf(paths, images, (file) => file);
  // Voxels are asked only where names and headers leave something open.
  if (isOpen(candidate)) candidate = await judgeVoxels(candidate);
  for (const [file, modality] of chosen) candidate = assignSeries(candidate, file, modality);
  return candidate;
}

/** Image files that their names explain: each sequence is named, and by one file. */
export interface NamedFiles {
  /** Series are named by their content. */
  readonly candidate: StudyCandidate;
  /** Files that cannot be read. */
  readonly unreadable: readonly UnreadableFile[];
}

export interface UnreadableFile {
  readonly file: string;
  readonly problem: Problem;
}

/**
 * The one examination that image files are where their names explain all of them; null where headers and voxels have to be asked.
 *
 * @param files of `listImages`.
 * @throws QuorumError NO_IMAGES, and the first file's problem when none can be read.
 */
export async function namedCandidate(
  paths: readonly string[],
  files: readonly string[],
): Promise<NamedFiles | null> {
  const { images, unreadable } = await readable(files, paths);
  const candidate = await candidateOf(paths, images, contentHash);
  const isKnown = candidate.series.every(
    ({ sequence, setAside, doubt }) => sequence !== 'other' && setAside === null && doubt === null,
  );
  const isSettled = Object.keys(candidate.choices).length > 0 && !isOpen(candidate);
  return isKnown && isSettled ? { candidate, unreadable } : null;
}

async function candidateOf(
  paths: readonly string[],
  images: readonly FoundImage[],
  idOf: (file: string) => string | Promise<string>,
): Promise<StudyCandidate> {
  const files = images.map(({ path }) => path);
  const { series, sidecars } = await fileSeries(images, idOf);
  const name = await studyName(paths, files);
  return {
    id: '',
    name,
    title: name,
    shown: dirname(files[0]),
    kind: 'files',
    patient: null,
    date: null,
    description: null,
    texts: sidecars.flatMap(({ texts }) => texts),
    doubts: [],
    remarks: [],
    series,
    choices: chooseSeries(series),
    questions: questionsAbout(series),
    suggestions: suggestFromFiles(commonFolder(files), series, sidecars),
  };
}

function isOpen({ questions, choices }: StudyCandidate): boolean {
  return questions.length > 0 || Object.values(choices).some(({ rejected }) => rejected.length > 0);
}

/**
 * The files with their headers, and those that cannot be read.
 *
 * @throws QuorumError NO_IMAGES, also for very many; the first file's problem when none can be read.
 */
async function readable(
  files: readonly string[],
  paths: readonly string[],
): Promise<{ images: FoundImage[]; unreadable: UnreadableFile[] }> {
  if (files.length === 0 || files.length > MOST_FILES)
    throw new QuorumError({
      code: 'NO_IMAGES',
      file: paths[0],
      expected: `1 to ${MOST_FILES} image files (${IMAGE_ENDINGS.join(', ')}) of one patient`,
      found: files.length === 0 ? 'none' : `${files.length} image files`,
    });
  const images: FoundImage[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const path of files) {
    try {
      images.push({ path, shown: path, header: await imageHeader(path) });
    } catch (error) {
      unreadable.push({ file: path, problem: problemOf(error) });
    }
  }
  if (images.length === 0) throw new QuorumError(unreadable[0].problem);
  return { images, unreadable };
}

/** More image files than this in one folder are no examination of one patient. */
const MOST_FILES = 64;

/** A file that cannot be read is left out where its name tells no sequence: it is none that is missed. @throws QuorumError its problem. */
export function refuseUnreadable(
  unreadable: readonly UnreadableFile[],
  chosen: ReadonlyMap<string, Modality> = new Map(),
): void {
  const missed = unreadable.find(({ file }) => {
    const { sequence } = recogniseSequence(basename(file));
    return chosen.has(file) || (sequence !== 'other' && sequence !== 'mask');
  });
  if (missed) throw new QuorumError(missed.problem);
}

/**
 * A Study of image files: those that serve, and the others beside them.
 *
 * @throws QuorumError ONLY_MASKS, SEQUENCE_AMBIGUOUS (several files may be one sequence, all listed), SEQUENCE_UNKNOWN (images, but none
 *   with a known sequence).
 */
export function studyOfFiles(candidate: StudyCandidate): Study {
  const { series: found, choices, name } = candidate;
  refuseQuestions(candidate);
  if (Object.keys(choices).length === 0) throw nothingRecognised(found);
  const opened = new Map(found.map((one) => [one.id, seriesOf(one)]));
  const images: Partial<Record<Modality, Series>> = {};
  for (const modality of MODALITIES) {
    const choice = choices[modality];
    if (choice) images[modality] = opened.get(choice.winner)!;
  }
  const series = [...opened.values()];
  return {
    name,
    folder: commonFolder(series.map(({ file }) => file)),
    series,
    images,
    masks: series.filter(({ sequence }) => sequence === 'mask'),
  };
}

function seriesOf({ source, sequence, reason, confidence, about, setAside, doubt }: FoundSeries): Series {
  if (source.kind !== 'file') throw new QuorumError({ code: 'INTERNAL', found: 'no image file' });
  const isOther = setAside !== null || doubt !== null;
  return {
    file: source.file,
    header: source.header,
    sequence: isOther ? 'other' : sequence,
    reason: setAside ?? doubt ?? reason,
    confidence,
    about,
  };
}

function nothingRecognised(series: readonly FoundSeries[]): QuorumError {
  const files = series.map(({ shown }) => shown);
  if (series.every(({ sequence }) => sequence === 'mask')) {
    return new QuorumError({
      code: 'ONLY_MASKS',
      expected: `at least one of ${MODALITIES.map((m) => MODALITY_TITLES[m]).join(', ')}`,
      found: 'masks only',
      files,
    });
  }
  return new QuorumError({
    code: 'SEQUENCE_UNKNOWN',
    expected: 'a file name with T1, T1ce, T2 or FLAIR in it',
    ...listOf(series),
  });
}

/** The files with the reason of each, where there is one. */
function listOf(series: readonly FoundSeries[]) {
  const reasons = series.filter(({ setAside }) => setAside !== null);
  const files = series.map(({ shown }) => shown);
  if (reasons.length === 0) return { files };
  return {
    found: series
      .map((one) => `\n    ${one.shown.split(/[\\/]/).at(-1)}: ${one.setAside ?? one.reason}`)
      .join(''),
    files,
  };
}
