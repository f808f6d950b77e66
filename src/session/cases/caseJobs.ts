import { join } from 'node:path';
import type { ExportRequest, exportContract } from '../../contract/exports.js';
import { NO_FORMATS } from '../../contract/formats.js';
import type { JobKind } from '../../contract/index.js';
import { QuorumError } from '../../errors.js';
import type { JobWork } from '../../jobs/jobs.js';
import type { ExportJob } from '../../pipeline/exportJob.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';
import { type CaseSession, openCaseOf, segmentedCaseOf } from './caseSession.js';
import { keepPrepared, prepare, requireNetwork } from './preparing.js';
import { segmentingOf } from './segmenting.js';

type CaseJobs = 'cases.segment' | 'preparation.start' | keyof typeof exportContract;

/** What is done to an open case in the line of jobs. What is computed is a task of the worker. */
export function caseJobs(context: WindowContext): JsonHandlers<CaseJobs> {
  const changed = (session: CaseSession) => context.emit({ type: 'case', case: session.summarise() });
  const start = (kind: JobKind, session: CaseSession, work: JobWork) => ({
    job: context.jobs.start(work, { kind, case: session.id, title: session.title }),
  });
  return {
    'cases.segment': async (request) => {
      const session = openCaseOf(context, request.case);
      const work = await segmentingOf(context, session, request, () => changed(session));
      return start('segment', session, work);
    },
    'preparation.start': async ({ case: id, options, again }) => {
      const session = openCaseOf(context, id);
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      session.preparation.options = { ...session.preparation.options, ...Object.fromEntries(given) };
      await requireNetwork(context, session.preparation.options);
      changed(session);
      return start('prepare', session, async (job) => {
        const made = await prepare(context, session, job, again);
        changed(session);
        job.report('saving', 1);
        await keepPrepared(context, session);
        return made;
      });
    },
    'export.start': async (request) => {
      exportJob(context, request);
      return start('export', openCaseOf(context, request.case), async ({ signal, report }) => {
        // As the case is when its turn has come.
        const job = exportJob(context, request);
        const made = await context.staging.during(request.folder, () =>
          context.worker.run('export', job, { signal, onProgress: report }),
        );
        return { ...made, shown: join(made.folder, made.files[0] ?? '.') };
      });
    },
    'export.report': async (request) =>
      context.worker.run('report', exportJob(context, { ...REPORT_ALONE, ...request })),
  };
}

const REPORT_ALONE = {
  ...NO_FORMATS,
  folder: '.',
  combinations: [],
  labels: 'brats',
  report: true,
  identity: false,
  overwrite: false,
} as const satisfies Partial<ExportRequest>;

/** @throws QuorumError NOT_OPEN, RESULT_MISSING, SEQUENCE_NOT_AVAILABLE for a combination that the result does not have. */
function exportJob(context: WindowContext, request: ExportRequest): ExportJob {
  const { case: id, folder, overwrite, edited: withEdit, identity, ...options } = request;
  const { session, segmented } = segmentedCaseOf(context, id);
  const { combinations, all, warnings } = session.result!;
  const unknown = [request.combination, ...request.combinations].find((name) => !combinations[name]);
  if (unknown !== undefined)
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `subsets of ${all}`,
      found: unknown,
    });
  const { answers } = session;
  const edited = withEdit ? session.editedMask() : null;
  return { segmented, options, folder, overwrite, identity, answers, warnings, edited };
}
