import { cpus } from 'node:os';
import { resolve } from 'node:path';
import type { Sequence } from '../../contract/basic.js';
import type { casesContract } from '../../contract/cases.js';
import type { ParsedRequest } from '../../contract/index.js';
import { type Problem, problemOf, QuorumError } from '../../errors.js';
import type { JobContext } from '../../jobs/context.js';
import { partOf } from '../../jobs/context.js';
import type { CaseSource, Segmented } from '../../pipeline/caseSource.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../terms.js';
import type { Affine } from '../../volume/volume.js';
import { type JsonHandlers, openCaseOf, type WindowContext } from '../windowContext.js';
import { preparedImage, sourcesOf } from './casePreparation.js';
import type { CaseSession } from './caseSession.js';
import { openPaths } from './openCase.js';
import { foldersInUse, keepPrepared, prepare, restorePreparation } from './preparationHandlers.js';

/** Opening, correcting, segmenting, closing and forgetting cases. */
export function caseHandlers(context: WindowContext): JsonHandlers<keyof typeof casesContract> {
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
    'cases.segment': async (request) => ({ job: await startSegmenting(context, request, changed) }),
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

async function startSegmenting(
  context: WindowContext,
  { case: id, use, model: modelId, device, force }: ParsedRequest<'cases.segment'>,
  changed: (session: CaseSession) => unknown,
): Promise<string> {
  const session = openCaseOf(context, id);
  const settings = await context.settings.get();
  const model = await context.models.find(modelId ?? settings.model);
  const sequences = sequencesToUse(session, model.description.modalities, use);
  const started = performance.now();
  return context.jobs.start(
    async (job) => {
      const { signal, report } = job;
      const segment = async (from: number) => {
        const source: CaseSource = {
          study: session.study.study(),
          hashes: sourcesOf(session.slots),
          ...imagesOf(session, sequences),
          model: { folder: model.folder, hash: model.hash },
          device: device ?? settings.device,
          force,
        };
        const request = {
          source,
          threads: Math.max(1, cpus().length - 1),
          cacheLimitBytes: settings.cacheLimitMb * 1e6 - (await context.prepared.size()).bytes,
          verdictFolder: context.profileFolder,
        };
        const onProgress = partOf(report, from, session.preparation.unkept ? SAVING : 1);
        // A worker that is ended takes with it what it has prepared.
        const patienceMs = session.preparation.unkept ? UNKEPT_PATIENCE_MS : undefined;
        return context.worker.run('segment', request, { signal, onProgress, patienceMs });
      };
      const outcome = prepareAndSegment(context, session, job, force, segment);
      const segmented = await outcome.catch(async (error) => {
        // What was prepared is kept, whatever came after it.
        await keepPrepared(context, session).catch(() => undefined);
        throw error;
      });
      // One time for all of it, preparing included.
      const seconds = (performance.now() - started) / 1000;
      const result = session.setResult({ ...segmented, result: { ...segmented.result, seconds } });
      await context.recents.tell(session.paths, { segmented: true });
      // The result is shown before anything is saved; nothing stops that.
      changed(session);
      if (session.preparation.unkept) report('saving', SAVING, { until: 1 });
      await keepPrepared(context, session);
      return result;
    },
    { kind: 'segment', case: id, title: session.title },
  );
}

/** Shares of a job: preparing takes 27 s of 49 on two cores, four series; saving the last two. */
const PREPARING = 0.55;
const SAVING = 0.96;
/** How long a pass of the network that was cancelled may go on where the worker holds what is not on disk. */
const UNKEPT_PATIENCE_MS = 60_000;
/** What `segment` refuses and preparing puts right. */
const UNPREPARED: ReadonlySet<string> = new Set(['GRIDS_DIFFER', 'NOT_SKULL_STRIPPED', 'NOT_ISOTROPIC_1MM']);

/** Images that are not prepared are prepared first, whether their headers say so or their voxels; with `force` they are taken as they are. */
async function prepareAndSegment(
  context: WindowContext,
  session: CaseSession,
  { signal, report }: JobContext,
  force: boolean,
  segment: (from: number) => Promise<Segmented>,
): Promise<Segmented> {
  const preparing = {
    signal,
    report: partOf(report, 0, PREPARING),
  };
  if (force) return segment(0);
  if (session.preparation.needed(session.slots).length > 0) {
    await prepare(context, session, preparing);
    return segment(PREPARING);
  }
  try {
    return await segment(0);
  } catch (error) {
    const problem = problemOf(error);
    const codes = [problem, ...(problem.also ?? [])].map(({ code }) => code);
    if (session.prepared || !codes.every((code) => UNPREPARED.has(code))) throw error;
    // Several sequences may be refused for the same reason, which is said once.
    session.preparation.refused = [...new Set(codes.map((code) => REFUSED[code] ?? code))];
    await prepare(context, session, preparing);
    return segment(PREPARING);
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  NOT_SKULL_STRIPPED: 'The skull is still there.',
  NOT_ISOTROPIC_1MM: 'Voxels are not about 1 mm.',
  GRIDS_DIFFER: 'The sequences do not lie on one grid.',
};

/** @throws QuorumError SEQUENCE_NOT_AVAILABLE. */
function sequencesToUse(
  session: CaseSession,
  known: readonly Modality[],
  use: readonly Modality[] | null,
): Modality[] {
  const available = session.available.filter((m) => known.includes(m));
  const wanted = MODALITIES.filter((m) => (use ?? available).includes(m));
  const missing = wanted.filter((m) => !available.includes(m));
  if (missing.length > 0 || wanted.length === 0) {
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `some of ${available.map((m) => MODALITY_TITLES[m]).join(', ') || 'none'}`,
      found: missing.map((m) => MODALITY_TITLES[m]).join(', ') || 'none',
    });
  }
  return wanted;
}

/** The prepared images where there are any, and what they were made of; else the files as they are. */
function imagesOf(
  { slots, prepared, study }: CaseSession,
  use: readonly Modality[],
): Pick<CaseSource, 'images' | 'origins' | 'notes'> {
  const { images } = study.study();
  const asGiven = use.map((modality) => {
    const { file, dicom } = images[modality]!;
    return { modality, file, sha256: slots[modality]!.sha256!, ...(dicom ? { dicom } : {}) };
  });
  if (!prepared) return { images: asGiven, notes: [] };
  const about = (modality: Modality) => prepared.record.images[modality]!;
  return {
    notes: prepared.record.notes as CaseSource['notes'],
    images: use.map((modality) => ({
      modality,
      file: preparedImage(prepared, modality),
      sha256: about(modality).sha256,
    })),
    origins: asGiven.map((one) => ({
      ...one,
      toCase: about(one.modality).toCase as unknown as Affine,
    })),
  };
}
