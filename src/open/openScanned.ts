import { join, sep } from 'node:path';
import type { Sequence } from '../contract/basic.js';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import { type Scan, type StudyCandidate, seriesLabel } from '../intake/candidate.js';
import { acceptGaps } from '../intake/gaps.js';
import { applyRemembered, openCandidate } from '../intake/openCandidate.js';
import type { SequenceOverrides, Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import { chooseStudy, nameSeries, severalStudies } from './chooseStudy.js';
import { scanWithin } from './scan.js';

/** What the user said about what a scan finds. */
export interface ScanRequest {
  readonly overrides: SequenceOverrides;
  /** Which of several examinations; null where he did not say. */
  readonly study: string | null;
  /** He has looked at what is in doubt about the examination. */
  readonly onePatient: boolean;
  /** Series with one missing slice, or with uneven ones, are interpolated where no whole one serves. */
  readonly acceptGaps: boolean;
  /** What the user said series are, by their content; the command line asks nobody. */
  readonly remembered?: ReadonlyMap<string, Sequence>;
  /** Where symbolic links may lead; anywhere when absent. */
  readonly links?: LinkScope;
}

/** The one examination that is meant, of those that a scan found. */
export interface Scanned {
  readonly candidate: StudyCandidate;
  /** Files that look like images and cannot be read. */
  readonly problems: Scan['problems'];
  /** Converts what is DICOM. @throws QuorumError NOT_CONFIRMED and what converting raises. */
  readonly open: (
    candidate: StudyCandidate,
    context: JobContext,
  ) => Promise<{
    readonly study: Study;
    readonly candidate: StudyCandidate;
    /** What the files in the private folder are called. */
    readonly labels: ReadonlyMap<string, string>;
  }>;
}

/** The share of a job's time that looking into a folder and converting may take. */
const SCANNED = 0.05;
const CONVERTED = 0.1;

/**
 * Looks into DICOM, archives and whatever names do not explain, and runs `work` with the examination that is meant; with null where
 * there is nothing that names did not tell as well. What is unpacked and converted lies in a private folder that is removed at the end,
 * however it ends.
 *
 * @param isAsked DICOM or an archive is there, or the user named an examination: that nothing is found is an error.
 * @throws QuorumError SEVERAL_STUDIES, STUDY_UNKNOWN, SERIES_UNKNOWN, and what scanning raises.
 */
export async function withScanned<T>(
  paths: readonly string[],
  request: ScanRequest,
  isAsked: boolean,
  working: WorkingFolders,
  context: JobContext,
  work: (scanned: Scanned | null) => Promise<T>,
): Promise<T> {
  const workingFolder = await working.create();
  try {
    const scan = await look(paths, workingFolder, context, isAsked, request.links ?? null);
    const candidate = scan && (await choose(scan, workingFolder, request));
    if (!candidate) return await work(null);
    const labels = labelsOf(candidate, workingFolder);
    const open: Scanned['open'] = async (asked, { signal, report }) => {
      const onProgress = (done: number, total: number) =>
        report('converting', SCANNED + ((CONVERTED - SCANNED) * done) / total);
      const confirmed = request.onePatient;
      return { ...(await openCandidate(asked, { workingFolder, confirmed, signal, onProgress })), labels };
    };
    return await work({ candidate, problems: scan.problems, open }).catch((error) => {
      throw new QuorumError(withLabels(problemOf(error), labels), { cause: error });
    });
  } finally {
    await working.remove(workingFolder);
  }
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
  { study, overrides, acceptGaps: isAccepted, remembered }: ScanRequest,
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
