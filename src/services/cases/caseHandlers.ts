import { cpus } from 'node:os';
import { basename, resolve } from 'node:path';
import { QuorumError } from '../../errors.js';
import { findCaseFolders } from '../../intake/study.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../terms.js';
import type { casesContract } from '../contract/cases.js';
import type { ParsedRequest } from '../contract.js';
import { type JsonHandlers, openCaseOf, type WindowContext } from '../windowContext.js';
import type { CaseSource } from '../worker/caseSource.js';
import { assignFile, readCaseFiles } from './caseFiles.js';
import { CaseSession } from './caseSession.js';

/** Opening, correcting, segmenting, closing and forgetting cases. */
export function caseHandlers(context: WindowContext): JsonHandlers<keyof typeof casesContract> {
  const changed = (session: CaseSession) => {
    const summary = session.summarise();
    context.emit({ type: 'case', case: summary });
    return summary;
  };
  return {
    'cases.open': async ({ paths, remember }) => {
      const folders = await severalCases(paths);
      if (folders) return { kind: 'choose', folders };
      const session = alreadyOpen(context, paths) ?? (await openCase(context, paths));
      if (remember && (await context.settings.get()).rememberFolders)
        await context.recents.add(session.name, session.paths);
      return { kind: 'case', case: changed(session) };
    },
    'cases.list': async () => [...context.cases.values()].map((session) => session.summarise()),
    'cases.get': async ({ case: id }) => openCaseOf(context, id).summarise(),
    'cases.assign': async ({ case: id, file, sequence }) => {
      const session = openCaseOf(context, id);
      await session.exclusively(async () => {
        session.files = await assignFile(session.files, file, sequence);
        await restoreEdits(context, session);
      });
      return changed(session);
    },
    'cases.answer': async ({ case: id, answers }) => {
      const session = openCaseOf(context, id);
      session.answers = answers;
      return changed(session);
    },
    'cases.close': async ({ case: id }) => {
      await closeCase(context, openCaseOf(context, id));
      return {};
    },
    'cases.forget': async ({ case: id }) => {
      const session = openCaseOf(context, id);
      const { images, paths, folder } = session;
      await closeCase(context, session);
      await context.cache.forget(images);
      await context.edits.forget(images);
      await context.recents.forget(folder === null ? paths : [...paths, folder]);
      return {};
    },
    'cases.segment': async (request) => ({ job: await startSegmenting(context, request, changed) }),
  };
}

/** The case folders below a single folder that is none itself, or null. */
async function severalCases(paths: readonly string[]): Promise<{ name: string; folder: string }[] | null> {
  if (paths.length !== 1) return null;
  const root = resolve(paths[0]);
  const found = await findCaseFolders(root).catch(() => []);
  if (found.length === 0 || found[0] === root) return null;
  return found.map((folder) => ({ name: basename(folder), folder }));
}

function alreadyOpen({ cases }: WindowContext, paths: readonly string[]): CaseSession | undefined {
  const key = (list: readonly string[]) => list.map((path) => resolve(path)).join('\n');
  return [...cases.values()].find((session) => key(session.paths) === key(paths));
}

async function openCase(context: WindowContext, paths: readonly string[]): Promise<CaseSession> {
  const absolute = paths.map((path) => resolve(path));
  const session = new CaseSession(absolute, await readCaseFiles(absolute));
  await restoreEdits(context, session);
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

async function closeCase(context: WindowContext, session: CaseSession): Promise<void> {
  context.cases.delete(session.id);
  await context.jobs.cancelCase(session.id);
  await session.close();
  // Nothing is held by a worker that does not run.
  if (context.worker.pid !== undefined) await context.worker.run('drop', { images: session.images });
  context.emit({ type: 'caseClosed', case: session.id });
}

async function startSegmenting(
  context: WindowContext,
  { case: id, use, model: modelId, device, force }: ParsedRequest<'cases.segment'>,
  changed: (session: CaseSession) => unknown,
): Promise<string> {
  const session = openCaseOf(context, id);
  const settings = await context.settings.get();
  const model = await context.models.find(modelId ?? settings.model);
  const source: CaseSource = {
    name: session.name,
    images: chooseImages(session, model.description.modalities, use),
    model: { folder: model.folder, hash: model.hash },
    device: device ?? settings.device,
    force,
  };
  const request = {
    source,
    threads: Math.max(1, cpus().length - 1),
    cacheLimitBytes: settings.cacheLimitMb * 1e6,
    verdictFolder: context.profileFolder,
  };
  return context.jobs.start(async ({ signal, report }) => {
    const segmented = await context.worker.run('segment', request, { signal, onProgress: report });
    const result = session.setResult(segmented);
    changed(session);
    return result;
  }, id);
}

/** @throws QuorumError SEQUENCE_NOT_AVAILABLE. */
function chooseImages(
  session: CaseSession,
  known: readonly Modality[],
  use: readonly Modality[] | null,
): CaseSource['images'] {
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
  const { slots } = session;
  return wanted.map((modality) => ({
    modality,
    file: slots[modality]!.file,
    sha256: slots[modality]!.sha256!,
  }));
}
