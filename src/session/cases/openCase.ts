import { resolve } from 'node:path';
import { CohortState } from '../../cohort/stateFile.js';
import type { ParsedRequest, Response } from '../../contract/index.js';
import { QuorumError, throwIfCancelled } from '../../errors.js';
import type { FoundSeries, Scan, StudyCandidate } from '../../intake/candidate.js';
import { areCases, lookAtNames, type Names } from '../../intake/lookAtNames.js';
import { applyRemembered, openSeries as openFoundSeries } from '../../intake/openCandidate.js';
import { meantIn } from '../../open/chooseStudy.js';
import { sha256OfImage } from '../../volume/imageHash.js';
import type { WindowContext } from '../windowContext.js';
import { CaseSession } from './caseSession.js';
import type { OpeningProgress } from './openings.js';
import { type OpenedSeries, OpenStudy } from './openStudy.js';
import { isSamePatient, studyChoice } from './studySummary.js';

type Opened =
  | { readonly kind: 'session'; readonly session: CaseSession }
  | Exclude<Response<'cases.open'>, { kind: 'case' }>;

/**
 * Opens what paths hold. Image files that their names explain are taken as they are; everything else is scanned:
 * DICOM, archives, folders of several sets.
 *
 * @throws QuorumError what reading and scanning raise; NOT_OPEN for a study that is not there, NOT_CONFIRMED, CANCELLED.
 */
export async function openPaths(
  context: WindowContext,
  request: ParsedRequest<'cases.open'>,
  progress: OpeningProgress,
): Promise<Opened> {
  const paths = request.paths.map((path) => resolve(path));
  if (request.study === null) {
    if (paths.length === 1 && (await CohortState.read(paths[0])) !== null)
      return { kind: 'cohort', folder: paths[0] };
    const { signal } = progress;
    const names = await namesOf(paths, { links: context.links.scope, signal });
    if (names.kind === 'cases' && areCases(names.folders))
      return { kind: 'cases', folders: names.folders.length };
    if (names.kind === 'case') {
      const candidate = applyRemembered(names.candidate, await context.memory.all());
      const found = { isAlone: true, others: [], notes: null, unreadable: names.unreadable };
      const study = new OpenStudy(candidate, found, (one) => openSeries(one, null, context, progress));
      return { kind: 'session', session: await sessionOf(paths, study, null, progress) };
    }
  }
  const { scan, keepFor } = await context.scans.of(paths, progress, request.study === null);
  const candidate = scan.studies.find(({ id }) => id === request.study) ?? meantIn(scan.studies);
  if (request.study !== null && candidate?.id !== request.study)
    throw new QuorumError({ code: 'NOT_OPEN', field: 'study' });
  if (!candidate || (candidate.doubts.length > 0 && request.study === null)) return choiceOf(scan);
  if (candidate.doubts.length > 0 && !request.confirmed)
    throw new QuorumError({ code: 'NOT_CONFIRMED', found: candidate.doubts.join('; ') });
  const session = await openCandidate(context, paths, candidate, scan, progress);
  keepFor(session.id);
  return { kind: 'session', session };
}

/** What names tell; of one case folder below the paths, what its own tell. */
async function namesOf(...[paths, options]: Parameters<typeof lookAtNames>): Promise<Names> {
  const names = await lookAtNames(paths, options);
  const isOne = names.kind === 'cases' && names.folders.length === 1 && areCases(names.folders);
  return isOne ? lookAtNames(names.folders, options) : names;
}

async function openCandidate(
  context: WindowContext,
  paths: readonly string[],
  candidate: StudyCandidate,
  { studies, files, ignored, problems }: Scan,
  progress: OpeningProgress,
): Promise<CaseSession> {
  const workingFolder = await context.working.create();
  try {
    const found = {
      isAlone: studies.length === 1,
      others: studies.filter((one) => one.id !== candidate.id && isSamePatient(one, candidate)),
      notes: { files, ignored, problems },
      unreadable: [],
    };
    const study = new OpenStudy(candidate, found, (one) => openSeries(one, workingFolder, context, progress));
    return await sessionOf(paths, study, workingFolder, progress);
  } catch (error) {
    await context.working.remove(workingFolder);
    throw error;
  }
}

async function sessionOf(
  paths: readonly string[],
  study: OpenStudy,
  workingFolder: string | null,
  { signal, report }: OpeningProgress,
): Promise<CaseSession> {
  const files = await study.files((done, total) => report('converting the series', done / total));
  throwIfCancelled(signal);
  return new CaseSession(paths, study, files, workingFolder);
}

/** An image file as it is; DICOM is converted, in the worker. */
async function openSeries(
  found: FoundSeries,
  workingFolder: string | null,
  { intake }: WindowContext,
  { signal }: OpeningProgress,
): Promise<OpenedSeries> {
  if (found.source.kind === 'dicom' && workingFolder !== null)
    return intake.run('openSeries', { found, workingFolder }, signal.aborted ? {} : { signal });
  const series = await openFoundSeries(found, { workingFolder: workingFolder ?? '' });
  return { series, sha256: await sha256OfImage(series.file) };
}

function choiceOf({ studies, files, ignored, problems }: Scan): Response<'cases.open'> & { kind: 'studies' } {
  return {
    kind: 'studies',
    studies: studies.map(studyChoice),
    notes: {
      files,
      ignored: [...ignored],
      problems: problems.map(({ problem, count }) => ({ problem, count })),
    },
  };
}
