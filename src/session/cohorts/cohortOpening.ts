import { resolve } from 'node:path';
import { casesOfStudies } from '../../cohort/findCases.js';
import { mergeCases } from '../../cohort/merge.js';
import { refuseOutputInside } from '../../cohort/refuse.js';
import { CohortState, newCohort } from '../../cohort/stateFile.js';
import { type CohortCase, cohortOptionsSchema } from '../../contract/cohort.js';
import { QuorumError } from '../../errors.js';
import { SURROUNDINGS } from '../../pipeline/surroundings.js';
import type { OpeningProgress } from '../cases/openings.js';
import type { WindowContext } from '../windowContext.js';
import { CohortSession } from './cohortSession.js';

/** The cohort that paths hold; one that is open already is the same. */
export async function openCohort(
  context: WindowContext,
  given: readonly string[],
  progress: OpeningProgress,
): Promise<CohortSession> {
  const paths = given.map((path) => resolve(path));
  const key = (list: readonly string[]) => list.join('\n');
  for (const session of context.cohorts.values())
    if (key(session.paths) === key(paths) || (paths.length === 1 && session.state.folder === paths[0]))
      return session;
  const begun = paths.length === 1 ? await CohortState.read(paths[0]) : null;
  await begun?.lookForImages();
  const state = begun ?? (await newState(context, paths, progress));
  const session = new CohortSession(paths, state, (cohort, cases, run) =>
    context.emit({ type: 'cohort', cohort, cases: [...cases], run }),
  );
  context.cohorts.set(session.id, session);
  return session;
}

async function newState(
  context: WindowContext,
  paths: readonly string[],
  progress: OpeningProgress,
): Promise<CohortState> {
  const scan = context.scans.lastOf(paths);
  const found = scan ? await casesOfStudies(scan.studies, paths) : await findIn(context, paths, progress);
  const options = cohortOptionsSchema.parse({});
  const state = new CohortState(newCohort(found, paths, options, SURROUNDINGS), null);
  state.learn(found);
  return state;
}

/** Looks for cases, in the process that opens. */
export async function findIn(
  { intake, working, links }: WindowContext,
  paths: readonly string[],
  { signal, report }: OpeningProgress,
): Promise<CohortCase[]> {
  const workingFolder = await working.create();
  try {
    const request = { paths, workingFolder, links: links.scope };
    return await intake.run('findCohort', request, { signal, onProgress: report });
  } finally {
    await working.remove(workingFolder);
  }
}

/** Takes a folder for the results; one that holds a cohort of these cases goes on. */
export async function chooseFolder(
  { state, paths, isRunning }: CohortSession,
  folder: string,
): Promise<void> {
  if (isRunning) throw new QuorumError({ code: 'COHORT_BUSY', file: folder });
  await refuseOutputInside(folder, paths);
  const there = await CohortState.read(folder);
  if (there?.isElsewhere) throw new QuorumError({ code: 'COHORT_BUSY', file: folder });
  const found = state.cohort.cases.map((one) => ({
    ...one,
    source: state.hasSource(one) ? state.sourceOf(one) : null,
  }));
  state.folder = folder;
  if (there) await state.change(() => mergeCases(there.cohort, found));
}
