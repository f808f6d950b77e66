import { readFile } from 'node:fs/promises';
import { named } from '../../cohort/findCases.js';
import { mergeCases } from '../../cohort/merge.js';
import { askFor, askNoMore, type SegmentOne } from '../../cohort/run.js';
import { pictureFile } from '../../cohort/segmentOne.js';
import { writeCohortTables } from '../../cohort/tableFiles.js';
import { answersFor, type CohortCase, cohortOptionsSchema, isAnswered } from '../../contract/cohort.js';
import type { cohortsContract } from '../../contract/cohorts.js';
import { segmentRequestSchema } from '../../contract/commands.js';
import type { OpenCase } from '../../contract/index.js';
import { QuorumError } from '../../errors.js';
import { mayFollow } from '../../files/within.js';
import { foldersInUse } from '../cases/preparing.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';
import { chooseFolder, findIn, openCohort } from './cohortOpening.js';
import { type CohortSession, openCohortOf } from './cohortSession.js';
import { readerHandlers } from './readerHandlers.js';
import { tellRows } from './tellRows.js';

type Open = JsonHandlers<'cases.open' | 'cases.answer'>;

/** Cohorts: what is open of them, and what runs. */
export function cohortHandlers(
  context: WindowContext,
  cases: Open,
): JsonHandlers<keyof typeof cohortsContract> {
  const { cohorts, openings, settings, recents } = context;
  const sessionOf = (id: string) => openCohortOf(cohorts, id);
  const remember = async ({ state }: CohortSession) => {
    const { folder, cohort } = state;
    if (folder === null || !(await settings.get()).rememberFolders) return;
    await recents.add(state.folder!.split(/[\\/]/).at(-1)!, [folder], null, cohort.cases.length);
  };
  const run = async (session: CohortSession) => {
    const { device } = await settings.get();
    const budget = await context.cohortWorkers.budget(context.profileFolder, device);
    const segment = await segmenting(context, session, device, budget.threads);
    const onError = (error: unknown) => void context.log.note('cohort', error);
    session.start(segment, { sideBySide: budget.sideBySide, onError });
    return session.summarise();
  };
  return {
    ...readerHandlers(context),
    'cohorts.open': async ({ paths, opening }) => {
      const session = await openings.follow(opening, (progress) => openCohort(context, paths, progress));
      await remember(session);
      return session.summarise();
    },
    'cohorts.list': async () => [...cohorts.values()].map((session) => session.summarise()),
    'cohorts.get': async ({ cohort }) => {
      const session = sessionOf(cohort);
      if (!session.isRunning) {
        await session.state.refresh();
        await session.state.lookForImages();
      }
      return session.summarise();
    },
    'cohorts.setUp': async ({ cohort, folder, options, answers }) => {
      const session = sessionOf(cohort);
      const { state } = session;
      if (folder !== undefined && folder !== state.folder) await chooseFolder(session, folder);
      await state.change((now) => {
        const changed = cohortOptionsSchema.parse({ ...now.options, ...options });
        const isRenamed = changed.neutralNames !== now.options.neutralNames;
        if (isRenamed && now.cases.some(({ result }) => result !== null))
          throw new QuorumError({
            code: 'REQUEST_INVALID',
            field: 'neutralNames',
            expected: 'a cohort without results',
          });
        const all = isRenamed && changed.neutralNames ? named(now.cases, true) : now.cases;
        return {
          ...now,
          options: changed,
          answers: answers ?? now.answers,
          inputs: changed.neutralNames ? null : now.inputs,
          cases: changed.neutralNames ? all.map((one) => ({ ...one, source: null })) : all,
        };
      });
      await remember(session);
      return session.summarise();
    },
    'cohorts.giveInputs': async ({ cohort, paths }) => {
      const session = sessionOf(cohort);
      const found = await findIn(context, paths, {
        signal: new AbortController().signal,
        report: () => undefined,
      });
      session.state.learn(found);
      await session.state.change((now) => mergeCases(now, found));
      return session.summarise();
    },
    'cohorts.change': async ({ cohort, cases: names, answers, confirmed, skipped }) => {
      const session = sessionOf(cohort);
      const apply = (one: CohortCase): CohortCase => ({
        ...one,
        ...(answers === undefined ? {} : { answers }),
        ...(confirmed === undefined ? {} : { confirmed }),
        ...(skipped === undefined || isAtWork(one) ? {} : { state: leftOut(one, skipped) }),
      });
      await session.state.change((now) => ({
        ...now,
        cases: now.cases.map((one) => (names.includes(one.name) ? apply(one) : one)),
      }));
      session.changed(names.filter((name) => session.state.cohort.cases.some((one) => one.name === name)));
      return session.summarise();
    },
    'cohorts.order': async ({ cohort, cases: names }) => {
      const session = sessionOf(cohort);
      const place = new Map(names.map((name, n) => [name, n]));
      const at = ({ name }: CohortCase) => place.get(name) ?? names.length;
      await session.state.change((now) => ({ ...now, cases: [...now.cases].sort((a, b) => at(a) - at(b)) }));
      return session.summarise();
    },
    'cohorts.run': async ({ cohort, cases: names }) => {
      const session = sessionOf(cohort);
      await refuseToRun(session);
      await askFor(session.state, names);
      return run(session);
    },
    'cohorts.goOn': async ({ cohort }) => {
      const session = sessionOf(cohort);
      await refuseToRun(session);
      return run(session);
    },
    'cohorts.stop': async ({ cohort, now, clear }) => {
      const session = sessionOf(cohort);
      await session.stop(now);
      if (clear) await askNoMore(session.state);
      return session.summarise();
    },
    'cohorts.openCase': async ({ cohort, case: name, opening }) => {
      const session = sessionOf(cohort);
      const one = session.state.caseOf(name);
      const { paths, study } = await filesOf(context, session, one);
      const request = { paths: [...paths], study, confirmed: one.confirmed, remember: false, opening };
      const opened = await cases['cases.open'](request);
      if (opened.kind !== 'case')
        throw new QuorumError({ code: one.doubts.length > 0 ? 'NOT_CONFIRMED' : 'SEVERAL_STUDIES' });
      context.cohortCases.set(opened.case.id, { cohort, name });
      // A correction that was made elsewhere, or before the case was run again.
      const { id, edits } = opened.case;
      if (edits && !one.result?.edited) await tellRows(context, { type: 'edits', case: id, state: edits });
      return answered(opened.case, one, session, cases);
    },
    'cohorts.pictures': async ({ cohort, cases: names }) => {
      const { state } = sessionOf(cohort);
      const { folder } = state;
      const pictures: Record<string, string> = {};
      if (folder === null) return pictures;
      for (const name of names) {
        const png = await readFile(pictureFile(folder, state.caseOf(name).name)).catch(() => null);
        if (png) pictures[name] = png.toString('base64');
      }
      return pictures;
    },
    'cohorts.writeTables': async ({ cohort }) => {
      const session = sessionOf(cohort);
      const { state } = session;
      if (state.folder === null) throw new QuorumError({ code: 'RESULT_MISSING' });
      await session.corrected();
      return { folder: state.folder, ...(await writeCohortTables(state.folder, state.cohort)) };
    },
    'cohorts.close': async ({ cohort }) => {
      const session = sessionOf(cohort);
      await session.stop(true);
      cohorts.delete(cohort);
      context.emit({ type: 'cohortClosed', cohort });
      return {};
    },
  };
}

const isAtWork = ({ state }: CohortCase) => state === 'preparing' || state === 'segmenting';

function leftOut({ state, result }: CohortCase, skipped: boolean): CohortCase['state'] {
  if (skipped) return 'skipped';
  if (state !== 'skipped') return state;
  return result ? 'done' : 'new';
}

async function refuseToRun({ state }: CohortSession): Promise<void> {
  if (state.folder === null)
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'folder', expected: 'a folder for the results' });
  await state.refresh();
  if (state.isElsewhere) throw new QuorumError({ code: 'COHORT_BUSY', file: state.folder });
}

/** Where a case's images lie, where this window may open it: a state may come from anywhere. */
async function filesOf({ links }: WindowContext, { state }: CohortSession, one: CohortCase) {
  const files = state.sourceOf(one);
  for (const path of files.paths)
    if (!(await mayFollow(path, links.scope)))
      throw new QuorumError({ code: 'COHORT_INPUT_UNKNOWN', found: one.name });
  return files;
}

async function segmenting(
  context: WindowContext,
  session: CohortSession,
  device: string,
  threads: number,
): Promise<SegmentOne> {
  const { profileFolder, cohortWorkers } = context;
  const { model: chosen, cacheLimitMb } = await context.settings.get();
  const model = await context.models.find(chosen);
  const { state } = session;
  return async (one, { signal, report }) => {
    const { cohort, folder } = state;
    const request = segmentRequestSchema.parse({
      ...cohort.options,
      // Files that a state names are not opened: it may come from anywhere.
      ...{ model: model.folder, brainMask: null, stripper: null },
      ...{ inputs: [], output: folder, device, threads, overwrite: true },
    });
    const files = await filesOf(context, session, one);
    const cacheLimitBytes = cacheLimitMb * 1e6 - (await context.prepared.size()).bytes;
    const { answers } = cohort;
    const made = await cohortWorkers.with(async (worker) =>
      worker.run(
        'cohortCase',
        {
          ...{ one, files, answers, request, profileFolder, cacheLimitBytes },
          ...{ remembered: await context.memory.all(), links: context.links.scope },
        },
        { signal, onProgress: report },
      ),
    );
    await context.prepared.shrink((cacheLimitMb * 1e6) / 2, foldersInUse(context));
    return made;
  };
}

/** The opened case with the cohort's answers, unless it has its own. */
async function answered(
  opened: OpenCase,
  one: CohortCase,
  { state }: CohortSession,
  cases: Open,
): Promise<OpenCase> {
  const { answers } = state.cohort;
  if (opened.answers || !isAnswered(one, answers)) return opened;
  return cases['cases.answer']({ case: opened.id, answers: answersFor(one, answers) });
}
