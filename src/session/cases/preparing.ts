import { randomUUID } from 'node:crypto';
import type { PreparationOptions, PreparedSummary } from '../../contract/preparation.js';
import { problemOf, QuorumError } from '../../errors.js';
import type { JobContext } from '../../jobs/context.js';
import type { Prepared, PreparedRecord } from '../../kept/preparedStore.js';
import type { TaskArguments } from '../../pipeline/tasks.js';
import type { WindowContext } from '../windowContext.js';
import { type Making, sourcesOf, type Unkept } from './casePreparation.js';
import type { CaseSession } from './caseSession.js';

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
  return isSame && sameReference ? transforms : null;
}

/** The network's file when the options ask for it. @throws QuorumError FILE_NOT_FOUND when none was added. */
export async function requireNetwork(
  { skullStrip }: WindowContext,
  { skullStrip: method }: PreparationOptions,
) {
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
