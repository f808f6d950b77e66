import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Sequence } from '../contract/basic.js';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import type { Scan, StudyCandidate } from '../intake/candidate.js';
import { acceptGaps } from '../intake/gaps.js';
import { lookAtNames } from '../intake/lookAtNames.js';
import { applyRemembered, openCandidate } from '../intake/openCandidate.js';
import { fileCandidate, type NamedFiles, refuseUnreadable, studyOfFiles } from '../intake/openStudy.js';
import type { SequenceOverrides, Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import type { Modality } from '../terms.js';

import {
  type Account,
  accountOf,
  chooseStudy,
  nameSeries,
  seriesLabel,
  severalStudies,
} from './chooseStudy.js';
import { scanWithin } from './scan.js';

/** What the user gave, and what he said about it. */
export interface InputRequest {
  readonly inputs: readonly string[];
  readonly overrides: SequenceOverrides;
  /** Which of several examinations; null where he did not say. */
  readonly study: string | null;
  /** He has looked at what is in doubt about the examination. */
  readonly onePatient: boolean;
  /** Series with one missing slice, or with uneven ones, are interpolated where no whole one serves. */
  readonly acceptGaps: boolean;
  /** Only these sequences; null is all. */
  readonly use: readonly Modality[] | null;
  /** What the user said series are, by their content; the command line asks nobody. */
  readonly remembered?: ReadonlyMap<string, Sequence>;
  /** Where symbolic links may lead; anywhere when absent. */
  readonly links?: LinkScope;
}

export interface OpenedStudy {
  readonly study: Study;
  /** How the report calls an image file of the study where that is no file of the user's. */
  readonly labels: ReadonlyMap<string, string>;
  /** What was found beside its images. */
  readonly account: Account;
}

/** The one examination that inputs hold; null where names alone tell, and a folder may hold several cases. */
export type Inputs = { readonly open: (context: JobContext) => Promise<OpenedStudy> } | null;

/** The share of a job's time that looking into a folder and converting may take. */
const SCANNED = 0.05;
const CONVERTED = 0.1;

/**
 * Looks at what was given, and runs `work` with it. Folders of several cases, and files that the user names, are left to the
 * caller; DICOM, archives, and whatever names do not explain are scanned. What is unpacked and converted lies in a private folder that is
 * removed at the end, however it ends.
 *
 * @throws QuorumError SEVERAL_STUDIES, STUDY_UNKNOWN, SERIES_UNKNOWN, and what scanning raises; `open` throws NOT_CONFIRMED and what
 *   converting raises.
 */
export async function withInputs<T>(
  request: InputRequest,
  working: WorkingFolders,
  context: JobContext,
  work: (inputs: Inputs) => Promise<T>,
): Promise<T> {
  const paths = await Promise.all(request.inputs.map(folderOfIndex));
  if (paths.length === 0) return work(null);
  const names = await lookAtNames(
    paths.map((path) => resolve(path)),
    { signal: context.signal, links: request.links ?? null },
  );
  const isScanned = request.study !== null || (names.kind === 'unknown' && names.beyond);
  const userNames = Object.keys(request.overrides).length > 0;
  if (!isScanned && (userNames || names.kind === 'cases')) return work(null);
  if (!isScanned && names.kind === 'case')
    return work({ open: async () => openNamedFiles(withRemembered(names, request), request.use) });
  const workingFolder = await working.create();
  try {
    const scan = await look(paths, workingFolder, context, isScanned, request.links ?? null);
    const candidate = scan && (await choose(scan, workingFolder, request));
    if (!candidate) return await work(null);
    return await work({
      open: (opening) =>
        open(askedOnly(candidate, request.use), scan.problems, workingFolder, request.onePatient, opening),
    }).catch((error) => {
      throw new QuorumError(withLabels(problemOf(error), labelsOf(candidate, workingFolder)), {
        cause: error,
      });
    });
  } finally {
    await working.remove(workingFolder);
  }
}

function withRemembered(names: NamedFiles, { remembered }: InputRequest): NamedFiles {
  return remembered ? { ...names, candidate: applyRemembered(names.candidate, remembered) } : names;
}

/** @throws QuorumError the problem of a file that is named for a sequence and cannot be read. */
function openNamedFiles({ candidate, unreadable }: NamedFiles, use: InputRequest['use']): OpenedStudy {
  refuseUnreadable(unreadable);
  const asked = askedOnly(candidate, use);
  return { study: studyOfFiles(asked), labels: new Map(), account: accountOf(asked) };
}

/** A Study of image files, some of which the user names. */
export async function openNamed(
  paths: readonly string[],
  overrides: SequenceOverrides,
  use: readonly Modality[] | null,
): Promise<OpenedStudy> {
  const candidate = askedOnly(await fileCandidate(paths, overrides), use);
  return { study: studyOfFiles(candidate), labels: new Map(), account: accountOf(candidate) };
}

/** Without the questions about sequences that are not to be used. */
function askedOnly(candidate: StudyCandidate, use: readonly Modality[] | null): StudyCandidate {
  const questions = candidate.questions.filter(
    ({ sequences }) => !use || sequences.some((m) => use.includes(m)),
  );
  return { ...candidate, questions };
}

/** A DICOMDIR lies in the folder of its files. */
async function folderOfIndex(path: string): Promise<string> {
  if (basename(path).toUpperCase() !== 'DICOMDIR') return path;
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
  return isFile ? dirname(path) : path;
}

/** @returns null when the scan found nothing and no DICOM was expected: then the error by names is the clearer one. */
async function look(
  paths: readonly string[],
  workingFolder: string,
  { signal, report }: JobContext,
  isAsked: boolean,
  links: LinkScope,
): Promise<Scan | null> {
  const onProgress = (done: number, total: number) => report('reading headers', (SCANNED * done) / total);
  // What was said in the app is not asked: the same command gives the same result on every machine.
  return scanWithin(paths, { workingFolder, links, signal, onProgress }).catch((error) => {
    if (isAsked || signal.aborted || problemOf(error).code === 'FOLDER_TOO_LARGE') throw error;
    return null;
  });
}

/** @returns null where there is nothing that names did not tell as well. */
async function choose(
  { studies: found }: Scan,
  workingFolder: string,
  { study, overrides, acceptGaps: isAccepted, remembered }: InputRequest,
): Promise<StudyCandidate | null> {
  const whole = isAccepted ? found.map(acceptGaps) : found;
  const studies = remembered ? whole.map((one) => applyRemembered(one, remembered)) : whole;
  const chosen = chooseStudy(studies, study);
  if (chosen) return nameSeries(chosen, overrides);
  // Nothing was recognised: what there is may still be named by the user, or is refused with its names.
  const [only] = studies;
  if (!studies.some((one) => isBeyondNames(one, workingFolder)) && Object.keys(overrides).length === 0)
    return null;
  if (studies.length > 1) throw severalStudies(studies);
  return nameSeries(only, overrides);
}

function isBeyondNames({ kind, series }: StudyCandidate, workingFolder: string): boolean {
  return (
    kind === 'dicom' ||
    series.some(({ source }) => source.kind === 'file' && source.file.startsWith(workingFolder + sep))
  );
}

async function open(
  candidate: StudyCandidate,
  problems: Scan['problems'],
  workingFolder: string,
  confirmed: boolean,
  { signal, report }: JobContext,
): Promise<OpenedStudy> {
  const onProgress = (done: number, total: number) =>
    report('converting', SCANNED + ((CONVERTED - SCANNED) * done) / total);
  const opened = await openCandidate(candidate, { workingFolder, confirmed, signal, onProgress });
  return {
    study: opened.study,
    labels: labelsOf(candidate, workingFolder),
    account: accountOf(opened.candidate, problems),
  };
}

/** What the files in the working folder are called, by path: there they have names that mean nothing. */
function labelsOf({ series }: StudyCandidate, workingFolder: string): Map<string, string> {
  return new Map(
    series.flatMap((one) => {
      const { id, source } = one;
      const label = seriesLabel(one);
      if (source.kind === 'file') return [[source.file, label] as const];
      const unpacked = source.volume.frames.filter(({ file }) => file.startsWith(workingFolder + sep));
      return [join(workingFolder, `${id}.nii`), ...unpacked.map(({ file }) => file)].map(
        (file) => [file, label] as const,
      );
    }),
  );
}

/** A problem that names what the user knows, not what lay in the working folder. */
function withLabels(problem: Problem, labels: ReadonlyMap<string, string>): Problem {
  const { file, files, also, expected, found } = problem;
  const name = (path: string) => labels.get(path) ?? path;
  const within = (text: string) =>
    [...labels].reduce((rest, [path, label]) => rest.replaceAll(path, label), text);
  return {
    ...problem,
    ...(file === undefined ? {} : { file: name(file) }),
    ...(files === undefined ? {} : { files: files.map(name) }),
    ...(expected === undefined ? {} : { expected: within(expected) }),
    ...(found === undefined ? {} : { found: within(found) }),
    ...(also === undefined ? {} : { also: also.map((other) => withLabels(other, labels)) }),
  };
}
