import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { problemText } from '../contract/messages.js';
import type { Problem } from '../errors.js';
import {
  type FoundSeries,
  type Scan,
  type StudyCandidate,
  type Suggestions,
  seriesLabel,
} from '../intake/candidate.js';
import { mendOf } from '../intake/gaps.js';
import { lookAtNames } from '../intake/lookAtNames.js';
import { applyRemembered } from '../intake/openCandidate.js';
import { fileCandidate, type NamedFiles, refuseUnreadable, studyOfFiles } from '../intake/openStudy.js';
import type { SequenceOverrides, Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';
import { type Scanned, type ScanRequest, withScanned } from './openScanned.js';

/** What the user gave, and what he said about it. */
export interface InputRequest extends ScanRequest {
  readonly inputs: readonly string[];
  /** Only these sequences; null is all. */
  readonly use: readonly Modality[] | null;
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
  return withScanned(paths, request, isScanned, working, context, (scanned) =>
    work(scanned && { open: (opening) => openFound(scanned, request.use, opening) }),
  );
}

function withRemembered(names: NamedFiles, { remembered }: InputRequest): NamedFiles {
  return remembered ? { ...names, candidate: applyRemembered(names.candidate, remembered) } : names;
}

async function openFound(
  { candidate, problems, open }: Scanned,
  use: InputRequest['use'],
  context: JobContext,
): Promise<OpenedStudy> {
  const { study, labels, candidate: opened } = await open(askedOnly(candidate, use), context);
  return { study, labels, account: accountOf(opened, problems) };
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

/** Every series that serves as no sequence, with the reason. */
export function notTaken({ series, choices }: StudyCandidate): { file: string; reason: string }[] {
  const all = Object.values(choices);
  const winners = new Set(all.map(({ winner }) => winner));
  const rejected = new Map(all.flatMap((choice) => choice.rejected.map(({ id, why }) => [id, why])));
  return series
    .filter(({ id }) => !winners.has(id))
    .map((one) => {
      const { sequence } = one;
      const title = sequence === 'mask' || sequence === 'other' ? sequence : MODALITY_TITLES[sequence];
      const why = rejected.get(one.id);
      const because = one.setAside ?? one.doubt;
      return { file: seriesLabel(one), reason: because ?? (why ? `${title}: ${why}` : one.reason) };
    });
}

/** A sequence that is there and cannot be used, and that no other series serves as. */
export interface Lost {
  readonly sequence: Modality;
  readonly series: string;
  readonly reason: string;
  /** The user may have it interpolated. */
  readonly mendable: boolean;
}

/** What was found beside the images that are used: nothing is lost without a word. */
export interface Account {
  /** Series and files that serve as no sequence, each with the reason. */
  readonly notTaken: readonly { readonly file: string; readonly reason: string }[];
  readonly lost: readonly Lost[];
  /** What headers and names say of age and treatment. */
  readonly suggestions: Suggestions;
}

/** @param problems files that look like images and cannot be read. */
function accountOf(candidate: StudyCandidate, problems: Scan['problems'] = []): Account {
  return {
    notTaken: [...notTaken(candidate), ...problems.map(({ problem, count }) => unreadable(problem, count))],
    lost: lostIn(candidate),
    suggestions: candidate.suggestions,
  };
}

type Choosing = Pick<StudyCandidate, 'series' | 'choices'>;

/** Sequences that are there and could not be used, each with the series and the reason. */
export function lostIn(candidate: Choosing): Lost[] {
  return lostSeries(candidate).map(({ sequence, series }) => ({
    sequence,
    series: seriesLabel(series),
    reason: series.setAside!,
    mendable: mendOf(series) !== null,
  }));
}

/** Sequences without a series of their own, and the best of those that only a defect keeps out. */
export function lostSeries({ series, choices }: Choosing): { sequence: Modality; series: FoundSeries }[] {
  return MODALITIES.filter((modality) => !choices[modality]).flatMap((sequence) => {
    const there = series.filter(
      (one) => one.sequence === sequence && one.setAside !== null && one.judgement?.aside === null,
    );
    if (there.length === 0) return [];
    return [{ sequence, series: there.reduce((best, one) => (one.files > best.files ? one : best)) }];
  });
}

function unreadable(problem: Problem, count: number): { file: string; reason: string } {
  const { what } = problemText(problem);
  const found = problem.found ? ` (${problem.found})` : '';
  const more = count > 1 ? `; ${count - 1} more like it` : '';
  return { file: basename(problem.file ?? 'a file'), reason: `${what.replace(/\.$/, '')}${found}${more}` };
}
