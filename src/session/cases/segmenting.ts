import { cpus } from 'node:os';
import type { ParsedRequest } from '../../contract/index.js';
import { problemOf } from '../../errors.js';
import { sequencesToUse } from '../../intake/sequencesToUse.js';
import { type JobContext, partOf } from '../../jobs/context.js';
import type { JobWork } from '../../jobs/jobs.js';
import type { Segmented } from '../../pipeline/caseSource.js';
import type { WindowContext } from '../windowContext.js';
import type { CaseSession } from './caseSession.js';
import { caseSource } from './caseSource.js';
import { keepPrepared, prepare } from './preparing.js';

/** What `cases.segment` does of an open case: prepares it where it has to be, and segments it. */
export async function segmentingOf(
  context: WindowContext,
  session: CaseSession,
  { use, model: modelId, device, force }: ParsedRequest<'cases.segment'>,
  changed: () => void,
): Promise<JobWork> {
  const settings = await context.settings.get();
  const model = await context.models.find(modelId ?? settings.model);
  const sequences = sequencesToUse(
    session.available.filter((m) => model.description.modalities.includes(m)),
    use,
  );
  const started = performance.now();
  return async (job) => {
    const { signal, report } = job;
    const segment = async (from: number) => {
      const source = caseSource(session, sequences, {
        model: { folder: model.folder, hash: model.hash },
        device: device ?? settings.device,
        force,
      });
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
    changed();
    if (session.preparation.unkept) report('saving', SAVING, { until: 1 });
    await keepPrepared(context, session);
    return result;
  };
}

/** Shares of a job: of four series on two cores preparing takes 17 s of 22 to the mask, and what is kept is saved after that. */
const PREPARING = 0.7;
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

/** Why images have to be prepared, by what `segment` says of them as they are. */
export const REFUSED: Readonly<Record<string, string>> = {
  NOT_SKULL_STRIPPED: 'The skull is still there.',
  NOT_ISOTROPIC_1MM: 'Voxels are not about 1 mm.',
  GRIDS_DIFFER: 'The sequences do not lie on one grid.',
};
