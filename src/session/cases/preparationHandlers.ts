import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  PreparationOptions,
  PreparedSummary,
  preparationBinaryContract,
  preparationContract,
} from '../../contract/preparation.js';
import type { skullStripContract } from '../../contract/skullStrip.js';
import { problemOf, QuorumError } from '../../errors.js';
import type { JobContext } from '../../jobs/context.js';
import {
  BRAIN_FILE,
  HEAD_FILE,
  type Prepared,
  type PreparedRecord,
  pictureName,
} from '../../kept/preparedStore.js';
import { checkRuns } from '../../masks/runs.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import type { TaskArguments } from '../../pipeline/tasks.js';
import { MODALITIES } from '../../terms.js';
import { voxelCount } from '../../volume/volume.js';
import { type BinaryHandlers, type JsonHandlers, openCaseOf, type WindowContext } from '../windowContext.js';
import { type Making, preparedGrid, sourcesOf, type Unkept } from './casePreparation.js';
import type { CaseSession } from './caseSession.js';

/** Preparing as a job of its own, the brain mask by hand, and the network for the precise skull strip. */
export function preparationHandlers(
  context: WindowContext,
): JsonHandlers<keyof typeof preparationContract | keyof typeof skullStripContract> {
  const { jobs, brains, skullStrip } = context;
  const changed = (session: CaseSession) => {
    const summary = session.summarise();
    context.emit({ type: 'case', case: summary });
    return summary.preparation;
  };
  return {
    'preparation.start': async ({ case: id, options, again }) => {
      const session = openCaseOf(context, id);
      session.preparation.options = { ...session.preparation.options, ...defined(options) };
      await requireNetwork(context, session.preparation.options);
      changed(session);
      const job = jobs.start(
        async (job) => {
          const made = await prepare(context, session, job, again);
          changed(session);
          job.report('saving', 1);
          await keepPrepared(context, session);
          return made;
        },
        { kind: 'prepare', case: id, title: session.title },
      );
      return { job };
    },
    'preparation.setBrain': async ({ case: id }, body) => {
      const session = openCaseOf(context, id);
      const grid = preparedGrid(preparedOf(session));
      const runs = checkRuns(body, voxelCount(grid.size));
      const sources = sourcesOf(session.slots);
      await brains.save(sources, grid, runs);
      session.preparation.brain = await brains.get(sources);
      return changed(session);
    },
    'preparation.dropBrain': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await brains.drop(sourcesOf(session.slots));
      session.preparation.brain = null;
      return changed(session);
    },
    'skullStrip.get': () => skullStrip.status(),
    'skullStrip.add': ({ file, confirmed }) => skullStrip.add(file, confirmed),
    'skullStrip.remove': () => skullStrip.remove(),
  };
}

/** Check pictures and the brain mask. */
export function preparedHandlers(
  context: WindowContext,
): BinaryHandlers<keyof typeof preparationBinaryContract> {
  return {
    'preparation.picture': async ({ case: id, picture }) => {
      const session = openCaseOf(context, id);
      const { making, unkept } = session.preparation;
      const fresh = (making ?? unkept)?.pictures.get(picture);
      if (fresh) return { header: { type: 'image/png' }, data: fresh };
      const { folder, record } = preparedOf(session);
      if (!record.summary.steps.some((step) => step.picture === picture))
        throw new QuorumError({ code: 'NOT_OPEN', field: 'picture', found: picture });
      const data = await readFile(join(folder, pictureName(picture))).catch((cause) => {
        throw new QuorumError({ code: 'RESULT_MISSING' }, { cause });
      });
      return { header: { type: 'image/png' }, data };
    },
    'preparation.head': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await keepPrepared(context, session);
      const { folder } = preparedOf(session);
      const { header, voxels } = await context.worker
        .run('image', { file: join(folder, HEAD_FILE) })
        .catch((error) => {
          if (problemOf(error).code !== 'FILE_NOT_FOUND') throw error;
          throw new QuorumError({ code: 'HEAD_NOT_KEPT' }, { cause: error });
        });
      return { header, data: voxels };
    },
    'preparation.brain': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      await keepPrepared(context, session);
      const prepared = preparedOf(session);
      const { labels } = await context.worker.run('brain', { file: join(prepared.folder, BRAIN_FILE) });
      return { header: { grid: summariseGrid(preparedGrid(prepared)) }, data: labels };
    },
  };
}

/**
 * Prepares the case's present files, unless the same was made before; null when they can be used as they are. `keepPrepared` puts on
 * disk what was made.
 *
 * @throws QuorumError what preparing raises; FILE_NOT_FOUND for a network that is not added; CANCELLED.
 */
export async function prepare(
  context: WindowContext,
  session: CaseSession,
  { signal, report }: JobContext,
  again = false,
): Promise<PreparedSummary | null> {
  const { prepared, worker } = context;
  const { preparation, slots } = session;
  const { options, brain } = preparation;
  const sources = sourcesOf(slots);
  const network = await requireNetwork(context, options);
  const key = { sources, options, brain: brain?.hash ?? null, network: network?.hash ?? null };
  const kept = again ? null : await prepared.get(key);
  if (kept) return adopt(session, kept);
  const before = session.prepared ?? (await prepared.newest(sources));
  const folder = prepared.folderOf(key);
  const making: Making = { key: randomUUID(), steps: [], pictures: new Map() };
  preparation.making = making;
  const onProgress: JobContext['report'] = (stage, share, { step, ...details } = {}) => {
    report(stage, share, details);
    if (!step) return;
    making.steps.push(step.about);
    if (step.picture && step.about.picture) making.pictures.set(step.about.picture, step.picture);
    context.emit({ type: 'case', case: session.summarise() });
  };
  const request = {
    study: session.study.study(),
    hashes: sources,
    options,
    brain: brain && { grid: brain.grid, data: brain.data },
    network: network?.path ?? null,
    keep: again || !before ? null : transformsFor(before.record, options),
    folder,
  };
  const record = await worker.run('prepare', request, { signal, onProgress }).finally(() => {
    preparation.making = null;
  });
  preparation.refused = [];
  if (!record) return null;
  preparation.unkept = { folder, pictures: making.pictures, keeping: null };
  return adopt(session, { folder, record });
}

/**
 * Puts a preparation on disk that only the worker holds; nothing where there is none. What went with the worker is not prepared any more.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE (it can be used until the worker ends), RESULT_MISSING (it is lost).
 */
export async function keepPrepared(context: WindowContext, session: CaseSession): Promise<void> {
  const { unkept } = session.preparation;
  if (!unkept) return;
  unkept.keeping ??= keep(context, session, unkept);
  await unkept.keeping;
}

async function keep(context: WindowContext, session: CaseSession, { folder }: Unkept): Promise<void> {
  const { preparation } = session;
  try {
    await context.worker.run('keepPrepared', { folder });
    preparation.unkept = null;
  } catch (error) {
    if (preparation.unkept) preparation.unkept.keeping = null;
    const { code } = problemOf(error);
    if (code === 'RESULT_MISSING' || code === 'WORKER_DIED') {
      const images = Object.values(session.prepared?.record.images ?? {}).map(({ sha256 }) => sha256);
      session.losePreparation();
      await context.cache.forget(images);
      context.emit({ type: 'case', case: session.summarise() });
    }
    throw error;
  }
  const { cacheLimitMb } = await context.settings.get();
  await context.prepared.shrink((cacheLimitMb * 1e6) / 2, foldersInUse(context));
}

function adopt(session: CaseSession, made: Prepared): PreparedSummary {
  session.preparation.take(made);
  session.dropStaleResult();
  return made.record.summary;
}

/** Folders that open cases show images from. */
export function foldersInUse({ cases }: WindowContext): ReadonlySet<string> {
  return new Set([...cases.values()].flatMap(({ prepared }) => (prepared ? [prepared.folder] : [])));
}

/** Registration is not repeated when only the brain mask changes. */
function transformsFor(
  { summary, transforms }: PreparedRecord,
  wanted: PreparationOptions,
): TaskArguments<'prepare'>['keep'] {
  const { coRegister, atlas, reference } = summary.options;
  const isSame = coRegister === wanted.coRegister && atlas === wanted.atlas;
  const sameReference =
    reference === wanted.reference || (wanted.reference !== null && wanted.reference === summary.reference);
  return isSame && sameReference ? (transforms as unknown as TaskArguments<'prepare'>['keep']) : null;
}

/** The network's file when the options ask for it. @throws QuorumError FILE_NOT_FOUND when none was added. */
async function requireNetwork({ skullStrip }: WindowContext, { skullStrip: method }: PreparationOptions) {
  if (method !== 'network') return null;
  const file = await skullStrip.file();
  if (!file)
    throw new QuorumError({
      code: 'FILE_NOT_FOUND',
      field: 'skullStrip',
      expected: 'the network’s file, added under Models',
    });
  return file;
}

/** @throws QuorumError RESULT_MISSING. */
function preparedOf(session: CaseSession): Prepared {
  const { prepared } = session;
  if (!prepared) throw new QuorumError({ code: 'RESULT_MISSING', field: 'preparation' });
  return prepared;
}

function defined(options: { [K in keyof PreparationOptions]?: PreparationOptions[K] | undefined }) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<PreparationOptions>;
}

/** What the profile holds of these files: the newest preparation, and the user's brain mask. */
export async function restorePreparation(context: WindowContext, session: CaseSession): Promise<void> {
  const sources = sourcesOf(session.slots);
  if (MODALITIES.every((m) => !sources[m])) return;
  session.preparation.brain = await context.brains.get(sources);
  const newest = await context.prepared.newest(sources);
  if (newest) session.preparation.take(newest);
}
