import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { NamedCase } from '../cohort/caseNames.js';
import { caseFoldersIn } from '../cohort/findCases.js';
import { cohortResult } from '../cohort/result.js';
import { segmentFrom } from '../cohort/segmentOne.js';
import type { SegmentRequest } from '../contract/index.js';
import type { BatchReport, CaseOutcome, CaseReport } from '../contract/report.js';
import { problemOf, QuorumError } from '../errors.js';
import { problemForReport } from '../export/names.js';
import { refuseOutputBesideFiles, refuseOutputInsideInput } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import { openNamed, withInputs } from '../open/openInputs.js';
import { type SegmentWork, segmentCase, withModel } from '../pipeline/segmentCase.js';
import { runBatch } from './cohortBatch.js';
import type { Host } from './host.js';

/** A finished job: the case's report, or the summary of several. */
export type SegmentResult = (CaseReport & { readonly skipped: boolean }) | BatchReport;

/**
 * Segments one case, or every case below the given folders: then as a cohort, whose state lies in the output folder. A failure never
 * stops the rest, and a case whose own report says finished with the same inputs, model and options is skipped.
 *
 * @throws QuorumError for a single case what it raises; for several only what concerns all (output, model, engine).
 */
export async function segmentInputs(
  request: SegmentRequest,
  host: Host,
  context: JobContext,
): Promise<SegmentResult> {
  return withModel(request, host, (work) => segmentAll(work, host, context));
}

async function segmentAll(
  work: SegmentWork,
  host: Pick<Host, 'working' | 'sideBySide'>,
  context: JobContext,
): Promise<SegmentResult> {
  const { request } = work;
  const folders: string[] = [];
  for (const input of request.inputs) if (await isFolder(input)) folders.push(resolve(input));
  await refuseOutputInsideInput(request.output, folders);
  await refuseOutputBesideFiles(request.output, request.inputs);
  if (request.everyExamination) return runBatch(null, work, host, context);
  return withInputs(request, host.working, context, async (inputs) => {
    const found = inputs ? null : await caseFoldersOf(request, folders);
    if (found) return runBatch(found, work, host, context);
    const open = inputs?.open ?? (() => openNamed(request.inputs, request.overrides, request.use));
    const { report, skipped } = await segmentCase({ open }, request.output, work, context);
    return { ...report, skipped };
  });
}

/** The case folders of a batch, or null when the inputs are one case. */
async function caseFoldersOf(request: SegmentRequest, folders: readonly string[]): Promise<string[] | null> {
  const loose = request.inputs.length > folders.length || Object.keys(request.overrides).length > 0;
  if (loose || folders.length === 0) return null;
  const found = await caseFoldersIn(folders);
  if (folders.length === 1 && (found.length === 0 || found[0] === folders[0])) return null;
  if (found.length === 0)
    throw new QuorumError({
      code: 'NO_IMAGES',
      files: folders,
      expected: 'folders with T1, T1ce, T2 or FLAIR',
    });
  return found;
}

/**
 * Segments cases one after the other into folders of their names below the request's output, without a state of their own: for who
 * keeps one elsewhere. A failure never stops the rest.
 *
 * @param onCase told of each when it has ended.
 * @throws QuorumError CANCELLED.
 */
export async function segmentEach(
  cases: readonly NamedCase[],
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
  onCase: (outcome: CaseOutcome, one: NamedCase) => Promise<void>,
): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const one of cases) {
    const done = outcomes.length;
    const caseContext: JobContext = {
      signal: context.signal,
      report: (stage, progress) =>
        context.report(stage, (done + progress) / cases.length, { case: one.name }),
    };
    outcomes.push(await outcomeOf(one, work, working, caseContext));
    if (context.signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    await onCase(outcomes[done], one);
  }
  return outcomes;
}

async function outcomeOf(
  { name, folder }: NamedCase,
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
): Promise<CaseOutcome> {
  try {
    const files = { paths: [folder], study: null };
    const { report, skipped } = await segmentFrom(files, name, work, working, context);
    const { combination, volumes, warnings } = cohortResult(report);
    return {
      case: name,
      state: skipped ? 'skipped' : 'finished',
      ...{ combination, volumes, warnings, problem: null },
    };
  } catch (error) {
    const problem = problemForReport(problemOf(error), work.request.neutralNames);
    return { case: name, state: 'failed', combination: null, volumes: null, warnings: [], problem };
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file: path }, { cause });
  }
}
