import { resolve } from 'node:path';
import type { Sequence } from '../../contract/basic.js';
import type { casesContract } from '../../contract/cases.js';
import type { ParsedRequest } from '../../contract/index.js';
import { type Problem, problemOf, QuorumError } from '../../errors.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';
import { type CaseSession, openCaseOf } from './caseSession.js';
import { openPaths } from './openCase.js';
import { restorePreparation } from './preparationHandlers.js';
import { foldersInUse } from './preparing.js';

/** Opening, correcting, closing and forgetting cases. */
export function caseHandlers(
  context: WindowContext,
): JsonHandlers<Exclude<keyof typeof casesContract, 'cases.segment'>> {
  const changed = (session: CaseSession) => {
    const summary = session.summarise();
    context.emit({ type: 'case', case: summary });
    return summary;
  };
  return {
    'cases.open': async (request) => {
      const { paths, remember, study } = request;
      const opened = alreadyOpen(context, paths, study) ?? (await openCase(context, request));
      if ('kind' in opened) return opened;
      opened.remember = remember;
      if (remember && opened.isUsable && (await context.settings.get()).rememberFolders) {
        await context.recents.add(opened.listedAs, opened.paths, opened.study.candidate.date);
        void depict(context, opened);
      }
      return { kind: 'case', case: changed(opened) };
    },
    'cases.cancelOpening': async ({ opening }) => ({ cancelled: context.openings.cancel(opening) }),
    'cases.list': async () => [...context.cases.values()].map((session) => session.summarise()),
    'cases.get': async ({ case: id }) => openCaseOf(context, id).summarise(),
    'cases.assign': async ({ case: id, file, sequence }) => {
      const session = openCaseOf(context, id);
      await session.exclusively(async () => {
        const found = session.files.find((one) => one.file === file);
        if (found?.problem) throw new QuorumError(found.problem);
        if (!found?.series) throw new QuorumError({ code: 'NOT_OPEN', file });
        await assign(context, session, found.series.about.id, sequence);
      });
      return changed(session);
    },
    'cases.assignSeries': async ({ case: id, series, sequence }) => {
      const session = openCaseOf(context, id);
      await session.exclusively(() => assign(context, session, series, sequence));
      return changed(session);
    },
    'cases.answer': async ({ case: id, answers }) => {
      const session = openCaseOf(context, id);
      session.answers = answers;
      session.answeredAt = null;
      await context.answers.keep(session.images, answers);
      return changed(session);
    },
    'cases.close': async ({ case: id }) => {
      await closeCase(context, openCaseOf(context, id));
      context.emit({ type: 'caseClosed', case: id });
      return {};
    },
    'cases.forget': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      const { images, paths, folder, files } = session;
      const contents = files.flatMap(({ series }) => series?.about.id ?? []);
      // What was prepared tells its images' names: asked before it goes.
      const prepared = await context.prepared.imagesOf(images).catch(() => []);
      const failed = await tryAll({
        'what was open': () => closeCase(context, session),
        results: () => context.cache.forget([...images, ...prepared]),
        'prepared images': () => context.prepared.forget(images),
        'brain masks': () => context.brains.forget(images),
        answers: () => context.answers.forget(images),
        'what the sequences are': () => context.memory.forget(contents),
        corrections: () => context.edits.forget(images),
        'the list of folders': () => context.recents.forget(folder === null ? paths : [...paths, folder]),
      });
      // Sent last, so that listeners can rely on the data being deleted, or on the error that says what is left.
      context.emit({ type: 'caseClosed', case: id });
      if (failed.length > 0)
        throw new QuorumError({
          code: 'FORGET_INCOMPLETE',
          found: failed.map(({ what }) => what).join(', '),
          also: failed.map(({ problem }) => problem),
        });
      return {};
    },
  };
}

/** What the user says a series is; kept for the same content. */
async function assign(
  context: WindowContext,
  session: CaseSession,
  series: string,
  sequence: Sequence,
): Promise<void> {
  session.study.assign(series, sequence);
  await context.memory.remember(series, sequence);
  session.files = await session.study.files();
  await restorePreparation(context, session);
  await restoreEdits(context, session);
}

function alreadyOpen(
  { cases }: WindowContext,
  paths: readonly string[],
  study: string | null,
): CaseSession | undefined {
  const key = (list: readonly string[]) => list.map((path) => resolve(path)).join('\n');
  const isAsked = ({ study: { found, candidate } }: CaseSession) =>
    study === null ? found.isAlone : candidate.id === study;
  return [...cases.values()].find((session) => key(session.paths) === key(paths) && isAsked(session));
}

async function openCase(context: WindowContext, request: ParsedRequest<'cases.open'>) {
  const opened = await context.openings.follow(request.opening, (progress) =>
    openPaths(context, request, progress),
  );
  if (opened.kind !== 'session') return opened;
  const { session } = opened;
  await restorePreparation(context, session);
  await restoreEdits(context, session);
  Object.assign(session, await context.answers.of(session.images));
  context.cases.set(session.id, session);
  return session;
}

/** Brings the edits of these images back, unless one is open already. */
async function restoreEdits({ edits }: WindowContext, session: CaseSession): Promise<void> {
  if (session.edit || session.aside.length > 0 || !session.grid) return;
  for (const edit of await edits.find(session.images, session.grid)) {
    if (edit.about.state === 'editing' && !session.edit) session.edit = edit;
    else session.aside.push(edit);
  }
}

/** Ends the case's jobs and lets go of what it holds: all of it, though a part should fail; then that is thrown. */
async function closeCase(context: WindowContext, session: CaseSession): Promise<void> {
  const { prepared, workingFolder, images } = session;
  context.cases.delete(session.id);
  await context.jobs.cancelCase(session.id);
  const { keepHeads } = await context.settings.get();
  const failed = await tryAll({
    corrections: () => session.close(),
    'converted series': async () => workingFolder !== null && context.working.remove(workingFolder),
    'unpacked archives': () => context.scans.caseClosed(session.id),
    head: async () =>
      prepared && !keepHeads && !foldersInUse(context).has(prepared.folder)
        ? context.prepared.dropHead(prepared.folder)
        : undefined,
  });
  // Nothing is held by a worker that does not run, or dies of this.
  if (context.worker.pid !== undefined) void context.worker.run('drop', { images }).catch(() => undefined);
  if (failed.length > 0) throw new QuorumError(failed[0].problem);
}

/** Does all of it, whatever fails; gives what failed. */
async function tryAll(
  work: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<{ readonly what: string; readonly problem: Problem }[]> {
  const failed = [];
  for (const [what, attempt] of Object.entries(work)) {
    try {
      await attempt();
    } catch (error) {
      failed.push({ what, problem: problemOf(error) });
    }
  }
  return failed;
}

/** A small picture for the list of what was opened; without it the list has none. */
async function depict({ worker, recents }: WindowContext, session: CaseSession): Promise<void> {
  const shown = (['flair', 't1ce', 't2', 't1'] as const).find((sequence) => session.imageOf(sequence));
  if (!shown) return;
  await worker
    .run('thumbnail', { file: session.imageOf(shown)! })
    .then(({ png }) => recents.tell(session.paths, { picture: Buffer.from(png).toString('base64') }))
    .catch(() => undefined);
}
