import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import type { CohortCase } from '../contract/cohort.js';
import { problemOf, throwIfCancelled } from '../errors.js';
import { problemForReport } from '../export/names.js';
import { sha256OfFile } from '../files/fileHash.js';
import type { StudyCandidate, Suggestion } from '../intake/candidate.js';
import { findCaseFolders, listImages } from '../intake/caseFolder.js';
import { areCases, lookAtNames } from '../intake/lookAtNames.js';
import { fileCandidate } from '../intake/openStudy.js';
import type { Patient } from '../intake/patient.js';
import type { ScanOptions } from '../intake/scan.js';
import { hasSequences } from '../open/chooseStudy.js';
import { scanWithin } from '../open/scan.js';
import { MODALITIES, NEUTRAL_NAME } from '../terms.js';
import { nameCases } from './caseNames.js';

export type FindOptions = Omit<ScanOptions, 'onProgress'> & {
  readonly onProgress?: (stage: string, share: number) => void;
};

/**
 * The cases of a cohort below folders, archives and files: a case folder each where names tell, else every examination that a scan
 * finds. What cannot be read is a case that failed, with the reason, not the end of all.
 *
 * @throws QuorumError what looking into folders throws; CANCELLED.
 */
export async function findCases(paths: readonly string[], options: FindOptions): Promise<CohortCase[]> {
  return (await findExaminations(paths, options)).map(({ one }) => one);
}

/** An examination as a case, and whose it is; null for image files, which do not say. The patient is kept nowhere. */
export interface FoundExamination {
  readonly one: CohortCase;
  readonly patient: Patient | null;
}

/** The same, with whose each is. */
export async function findExaminations(
  paths: readonly string[],
  { onProgress = () => undefined, ...scanning }: FindOptions,
): Promise<FoundExamination[]> {
  const inputs = paths.map((path) => resolve(path));
  const { signal, links = null } = scanning;
  const names = await lookAtNames(inputs, { links, signal });
  const folders =
    names.kind === 'cases' && areCases(names.folders)
      ? names.folders
      : names.kind === 'case' && inputs.length === 1
        ? inputs
        : null;
  if (folders) {
    const cases = await casesOfFolders(folders, inputs, { signal, onProgress });
    return cases.map((one) => ({ one, patient: null }));
  }
  const { studies } = await scanWithin(inputs, {
    ...scanning,
    onProgress: (done, total) => onProgress('reading headers', done / total),
  });
  return examinationsOf(studies, inputs);
}

/** The examinations of a scan that can be segmented. */
export async function casesOfStudies(
  studies: readonly StudyCandidate[],
  inputs: readonly string[],
): Promise<CohortCase[]> {
  return (await examinationsOf(studies, inputs)).map(({ one }) => one);
}

async function examinationsOf(
  studies: readonly StudyCandidate[],
  inputs: readonly string[],
): Promise<FoundExamination[]> {
  const usable = studies.filter(hasSequences);
  const found: FoundExamination[] = [];
  for (const study of usable)
    found.push({ one: await caseOfStudy(study, usable, inputs), patient: study.patient });
  return found;
}

/** The case folders below folders, each looked at. */
export async function casesOfFolders(
  folders: readonly string[],
  inputs: readonly string[],
  { signal, onProgress = () => undefined }: Pick<FindOptions, 'signal' | 'onProgress'>,
): Promise<CohortCase[]> {
  const cases: CohortCase[] = [];
  for (const { name, folder } of nameCases(folders, inputs)) {
    throwIfCancelled(signal);
    onProgress('looking at the cases', cases.length / folders.length);
    cases.push(await caseOfFolder(name, folder));
  }
  return cases;
}

/** Every case folder below the inputs, each once. */
export async function caseFoldersIn(inputs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const input of inputs) found.push(...(await findCaseFolders(input)));
  return [...new Set(found)];
}

/** With neutral names every case is called by its number. */
export function named(cases: readonly CohortCase[], neutral: boolean): CohortCase[] {
  if (!neutral) return [...cases];
  return cases.map((one, n) => ({ ...one, name: `${NEUTRAL_NAME}-${String(n + 1).padStart(3, '0')}` }));
}

async function caseOfFolder(name: string, folder: string): Promise<CohortCase> {
  const source = { paths: [folder], study: null };
  const mark = await markOf(folder);
  try {
    return { ...aboutStudy(await fileCandidate([folder])), name, mark, source };
  } catch (error) {
    const nothing = { isDicom: false, date: null, sequences: [], doubts: [], suggestions: NO_SUGGESTIONS };
    const problem = problemForReport(problemOf(error), false);
    return { ...UNTOUCHED, ...nothing, name, mark, source, state: 'failed', problem };
  }
}

async function caseOfStudy(
  study: StudyCandidate,
  all: readonly StudyCandidate[],
  inputs: readonly string[],
): Promise<CohortCase> {
  const source = { paths: await ownPaths(study, all, inputs), study: study.id };
  return { ...aboutStudy(study), name: fileName(study.name), mark: study.id, source };
}

const UNTOUCHED = {
  confirmed: false,
  answers: {},
  state: 'new',
  problem: null,
  result: null,
  reader: null,
} as const;
const NO_SUGGESTIONS = { adult: null, treated: null, glioma: null };

function aboutStudy(study: StudyCandidate): Omit<CohortCase, 'name' | 'mark' | 'source'> {
  const { kind, date, choices, doubts, questions, suggestions } = study;
  const suggested = (one: Suggestion | null) =>
    one && { answer: one.answer ? ('yes' as const) : ('no' as const), source: one.source };
  return {
    ...UNTOUCHED,
    isDicom: kind === 'dicom',
    date,
    sequences: MODALITIES.filter((m) => choices[m]),
    doubts: [...doubts, ...questions.map(({ why }) => why)],
    suggestions: {
      adult: suggested(suggestions.adult),
      treated: suggested(suggestions.treated),
      glioma: suggested(suggestions.glioma),
    },
  };
}

/** Of the bytes of its image files, wherever they lie and whatever they are called. */
async function markOf(folder: string): Promise<string> {
  const hashes: string[] = [];
  for (const file of await listImages([folder]).catch(() => []))
    hashes.push(await sha256OfFile(file).catch(() => 'unreadable'));
  return createHash('sha256').update(hashes.sort().join()).digest('hex').slice(0, 32);
}

/** The folder or archive that holds this examination alone, so that it is found again without looking at the others; else the inputs. */
async function ownPaths(
  study: StudyCandidate,
  all: readonly StudyCandidate[],
  inputs: readonly string[],
): Promise<string[]> {
  const own = await existing(commonPath([study.shown, ...study.series.map(({ shown }) => shown)]));
  const holdsOther = all.some(
    (other) => other !== study && other.series.some(({ shown }) => isIn(shown, own) || isIn(own, shown)),
  );
  const holdsAll = study.series.every(({ shown }) => isIn(shown, own));
  return holdsAll && !holdsOther && inputs.some((input) => isIn(own, input)) ? [own] : [...inputs];
}

/** The deepest path that all lie in. */
function commonPath(paths: readonly string[]): string {
  const parts = paths.map((path) => path.split(sep));
  const [first] = parts;
  let shared = 0;
  while (shared < first.length && parts.every((one) => one[shared] === first[shared])) shared++;
  return first.slice(0, shared).join(sep) || sep;
}

const isIn = (path: string, folder: string) => path === folder || path.startsWith(folder + sep);

/** What of a path is on the disk: of a place in an archive, the archive. */
async function existing(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  const above = dirname(path);
  return isThere || above === path ? path : existing(above);
}

/** A name that is no path. */
const fileName = (name: string) => basename(name.replaceAll(/[\\/:*?"<>|]/g, '_')) || NEUTRAL_NAME;
