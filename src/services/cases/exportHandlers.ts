import { dirname, join } from 'node:path';
import { QuorumError } from '../../errors.js';
import type { CaseFile } from '../contract/cases.js';
import type { ExportRequest, exportContract } from '../contract/exports.js';
import { type JsonHandlers, openCaseOf, resultOfCase, type WindowContext } from '../windowContext.js';
import type { ExportJob } from '../worker/exportJob.js';
import { summariseFile } from './caseFiles.js';

/** Export as a job, and the report alone. */
export function exportHandlers(context: WindowContext): JsonHandlers<keyof typeof exportContract> {
  return {
    'export.start': async (request) => {
      exportJob(context, request);
      const job = context.jobs.start(
        async ({ signal, report }) => {
          const job = exportJob(context, request);
          const made = await context.staging.during(request.folder, () =>
            context.worker.run('export', job, { signal, onProgress: report }),
          );
          return { ...made, shown: join(made.folder, made.files[0] ?? '.') };
        },
        { kind: 'export', case: request.case, title: openCaseOf(context, request.case).name },
      );
      return { job };
    },
    'export.report': async (request) =>
      context.worker.run('report', exportJob(context, { ...REPORT_ALONE, ...request })),
  };
}

const REPORT_ALONE: Omit<ExportRequest, 'case' | 'combination' | 'edited' | 'threshold' | 'unsupported'> = {
  folder: '.',
  combinations: [],
  labels: 'brats',
  keepSpecks: false,
  probabilities: false,
  dicomSeg: false,
  secondaryCapture: false,
  stl: false,
  strippedImages: false,
  neutralNames: false,
  native: false,
  csv: false,
  picture: true,
  report: true,
  overwrite: false,
};

/** A series that another one was preferred to serves as nothing. */
function asServing(file: CaseFile): CaseFile {
  const rejected = file.series?.rejected ?? null;
  return rejected === null ? file : { ...file, sequence: 'other', reason: `not taken: ${rejected}` };
}

/** @throws QuorumError NOT_OPEN, RESULT_MISSING, SEQUENCE_NOT_AVAILABLE for a combination that the result does not have. */
function exportJob(context: WindowContext, { case: id, ...request }: ExportRequest): ExportJob {
  const { session, source } = resultOfCase(context, id);
  const result = session.result!;
  const unknown = [request.combination, ...request.combinations].find((name) => !result.combinations[name]);
  if (unknown !== undefined)
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `subsets of ${result.all}`,
      found: unknown,
    });
  const { edit } = session;
  return {
    source,
    request,
    inputFolders: session.raw?.inputFolders ?? [...new Set(session.files.map(({ file }) => dirname(file)))],
    files: session.files.map(summariseFile).map(asServing),
    prepared: source.origins ? session.preparation.summarise(session.slots).made : null,
    result,
    answers: session.answers,
    edited: edit && { labels: edit.labels, state: edit.state() },
  };
}
