import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SegmentRequest } from '../contract/index.js';
import { type BatchReport, type CaseOutcome, type CaseReport, RESEARCH_NOTICE } from '../contract/report.js';
import { type SelectedEngine, selectEngine } from '../engine/devices/selectEngine.js';
import { problemOf, QuorumError } from '../errors.js';
import { problemForReport } from '../export/names.js';
import {
  refuseForeignBatchReport,
  refuseOutputBesideFiles,
  refuseOutputInsideInput,
  writeBatchReport,
} from '../export/output.js';
import { findCaseFolders } from '../intake/caseFolder.js';
import { type NamedCase, nameCases } from '../pipeline/cohort/caseNames.js';
import type { JobContext } from '../pipeline/context.js';
import { networkOf, openModel } from '../pipeline/models.js';
import { openNamed, withInputs } from '../pipeline/open/openInputs.js';
import { warningsIn } from '../pipeline/report.js';
import { type EngineSource, type SegmentWork, segmentCase } from '../pipeline/segmentCase.js';
import { NEUTRAL_NAME } from '../terms.js';
import type { Host } from './host.js';

/** A finished job: the case's report, or the summary of several. */
export type SegmentResult = (CaseReport & { readonly skipped: boolean }) | BatchReport;

/**
 * Segments one case, or every case below the given folders one after the other: a failure never stops the rest, and a case whose
 * own report says finished with the same inputs, model and options is skipped.
 *
 * @throws QuorumError for a single case what it raises; for several only what concerns all (output, model, engine).
 */
export async function segmentInputs(
  request: SegmentRequest,
  host: Host,
  context: JobContext,
): Promise<SegmentResult> {
  return withModel(request, host, (work) => segmentAll(work, host.working, context));
}

/** Opens the request's model, and the engine when the first case needs it; both end with the work. */
export async function withModel<T>(
  request: SegmentRequest,
  { profileFolder, staging, around }: Pick<Host, 'profileFolder' | 'staging' | 'around'>,
  act: (work: SegmentWork) => Promise<T>,
): Promise<T> {
  const model = await openModel(request.model);
  let opened: Promise<SelectedEngine> | null = null;
  const openEngine: EngineSource = async () => {
    const threads = request.threads === null ? {} : { threads: request.threads };
    opened ??= selectEngine(networkOf(model), request.device, { verdictFolder: profileFolder, ...threads });
    return (await opened).engine;
  };
  try {
    return await staging.during(request.output, () => act({ request, model, openEngine, around }));
  } finally {
    await (await (opened as Promise<SelectedEngine> | null)?.catch(() => null))?.engine.dispose();
  }
}

async function segmentAll(
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
): Promise<SegmentResult> {
  const { request } = work;
  const folders: string[] = [];
  for (const input of request.inputs) if (await isFolder(input)) folders.push(resolve(input));
  await refuseOutputInsideInput(request.output, folders);
  await refuseOutputBesideFiles(request.output, request.inputs);
  return withInputs(request, working, context, async (inputs) => {
    const cases = inputs ? null : await casesOf(request, folders);
    if (cases) return runBatch(cases, work, working, context);
    const open = inputs?.open ?? (() => openNamed(request.inputs, request.overrides, request.use));
    const { report, skipped } = await segmentCase({ open }, request.output, work, context);
    return { ...report, skipped };
  });
}

/** The case folders of a batch, or null when the inputs are one case. */
async function casesOf(request: SegmentRequest, folders: readonly string[]): Promise<NamedCase[] | null> {
  const loose = request.inputs.length > folders.length || Object.keys(request.overrides).length > 0;
  if (loose || folders.length === 0) return null;
  const below: string[] = [];
  for (const folder of folders) below.push(...(await findCaseFolders(folder)));
  const found = [...new Set(below)];
  if (folders.length === 1 && (found.length === 0 || found[0] === folders[0])) return null;
  if (found.length === 0)
    throw new QuorumError({
      code: 'NO_IMAGES',
      files: folders,
      expected: 'folders with T1, T1ce, T2 or FLAIR',
    });
  if (request.neutralNames)
    return found.map((folder, n) => ({
      folder,
      name: `${NEUTRAL_NAME}-${String(n + 1).padStart(3, '0')}`,
    }));
  return nameCases(found, folders);
}

async function runBatch(
  cases: readonly NamedCase[],
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
): Promise<BatchReport> {
  const { request, around } = work;
  await refuseForeignBatchReport(request.output);
  const report: BatchReport = {
    application: 'quorum',
    kind: 'batch',
    format: 1,
    notice: RESEARCH_NOTICE,
    finishedAt: around.now().toISOString(),
    quorumVersion: around.quorumVersion,
    cases: await segmentEach(cases, work, working, context),
  };
  await writeBatchReport(request.output, report);
  return report;
}

/**
 * Segments cases one after the other into folders of their names below the request's output; a failure never stops the rest.
 *
 * @param onCase told of each when it has ended.
 * @throws QuorumError CANCELLED.
 */
export async function segmentEach(
  cases: readonly NamedCase[],
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
  onCase: (outcome: CaseOutcome, one: NamedCase) => Promise<void> = async () => undefined,
): Promise<CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const one of cases) {
    const done = outcomes.length;
    const caseContext: JobContext = {
      signal: context.signal,
      report: (stage, progress) =>
        context.report(stage, (done + progress) / cases.length, { case: one.name }),
    };
    outcomes.push(await outcomeOf(one.name, one.folder, work, working, caseContext));
    if (context.signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    await onCase(outcomes[done], one);
  }
  return outcomes;
}

async function outcomeOf(
  name: string,
  folder: string,
  work: SegmentWork,
  working: Host['working'],
  context: JobContext,
): Promise<CaseOutcome> {
  const { request } = work;
  try {
    // A case of several is opened as it would be alone.
    const alone = { ...request, inputs: [folder], study: null };
    const { report, skipped } = await withInputs(alone, working, context, (inputs) => {
      const open = inputs?.open ?? (() => openNamed([folder], {}, request.use));
      return segmentCase({ open, name }, join(request.output, name), work, context);
    });
    return {
      case: name,
      state: skipped ? 'skipped' : 'finished',
      combination: report.combination,
      volumes: report.combinations[report.combination].volumes,
      warnings: warningsIn(report),
      problem: null,
    };
  } catch (error) {
    const problem = problemForReport(problemOf(error), request.neutralNames);
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
