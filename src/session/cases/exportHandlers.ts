import { join } from 'node:path';
import type { ExportRequest, exportContract } from '../../contract/exports.js';
import { NO_FORMATS } from '../../contract/formats.js';
import { QuorumError } from '../../errors.js';
import type { ExportJob } from '../../pipeline/exportJob.js';
import type { Subject } from '../../pipeline/subject.js';
import { MODALITIES, MODALITY_TITLES } from '../../terms.js';
import { type JsonHandlers, openCaseOf, resultOfCase, type WindowContext } from '../windowContext.js';
import type { CaseSession } from './caseSession.js';
import { type OpenFile, summariseFile } from './openFile.js';

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
        { kind: 'export', case: request.case, title: openCaseOf(context, request.case).title },
      );
      return { job };
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
  const { session, source } = resultOfCase(context, id);
  const result = session.result!;
  const { overridden, events, passes, laps } = session.segmentedFacts!;
  const unknown = [request.combination, ...request.combinations].find((name) => !result.combinations[name]);
  if (unknown !== undefined)
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `subsets of ${result.all}`,
      found: unknown,
    });
  return {
    source,
    options,
    folder,
    overwrite,
    inputFolders: session.study.inputFolders,
    listed: listFiles(session),
    prepared: source.origins ? session.preparation.summarise(session.slots).made : null,
    overridden,
    warnings: result.warnings,
    engine: { ...result.engine, events },
    passes,
    seconds: { ...laps, total: result.seconds },
    examination: identity && !options.neutralNames ? examinationOf(session) : null,
    answers: session.answers,
    edited: withEdit ? editedMask(session) : null,
  };
}

function examinationOf({ study }: CaseSession): ExportJob['examination'] {
  const { patient, date } = study.candidate;
  return patient || date ? { patient: patient?.id ?? null, date } : null;
}

function editedMask(session: CaseSession): ExportJob['edited'] {
  const { edit } = session;
  if (!edit) return null;
  const state = edit.state();
  const { mask } = state.from;
  return { labels: edit.labels, state, role: mask.kind === 'named' ? session.roleOf(mask.id) : null };
}

/** The image of each sequence, and files that serve as none; as the command line lists them. */
function listFiles(session: CaseSession): Subject['listed'] {
  const { slots, source, files } = session;
  const used = new Set(source?.images.map(({ modality }) => modality));
  const serving = new Set(Object.values(slots));
  return {
    images: MODALITIES.flatMap((sequence) => {
      const file = slots[sequence];
      return file ? [{ sequence, file: labelOf(file), reason: file.reason, used: used.has(sequence) }] : [];
    }),
    setAside: files
      .filter((file) => !serving.has(file))
      .map((file) => ({ file: labelOf(file), reason: reasonOf(file) })),
  };
}

/** A file by its name, DICOM by its number: a description may say whose it is. */
function labelOf(file: OpenFile): string {
  const { name, series } = summariseFile(file);
  if (!series?.isDicom) return name;
  return `DICOM series ${series.number ?? series.id.slice(0, 8)}`;
}

function reasonOf({ sequence, reason, series }: OpenFile): string {
  const rejected = series?.about.rejected ?? null;
  if (rejected === null) return reason;
  const title = sequence === 'mask' || sequence === 'other' ? sequence : MODALITY_TITLES[sequence];
  return `${title}: ${rejected}`;
}
