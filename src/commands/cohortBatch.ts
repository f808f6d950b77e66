import { resolve } from 'node:path';
import { cohortBudget } from '../cohort/budget.js';
import { casesOfFolders, findCases, named } from '../cohort/findCases.js';
import { mergeCases } from '../cohort/merge.js';
import { askFor, CohortRun } from '../cohort/run.js';
import { segmentCohortCase } from '../cohort/segmentOne.js';
import { CohortState, newCohort } from '../cohort/stateFile.js';
import { type CohortCase, cohortOptionsSchema } from '../contract/cohort.js';
import type { SegmentRequest } from '../contract/index.js';
import { type BatchReport, type CaseOutcome, RESEARCH_NOTICE } from '../contract/report.js';
import { QuorumError } from '../errors.js';
import { refuseForeignBatchReport, writeBatchReport } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import type { SegmentWork } from '../pipeline/segmentCase.js';
import type { Host } from './host.js';

/**
 * Works off a cohort whose one file of state lies in the output folder, where a window opens it too; one that was begun before, here
 * or in a window, goes on.
 *
 * @param folders the case folders; null: every examination that a scan of the inputs finds.
 * @throws QuorumError CANCELLED, COHORT_BUSY, OUTPUT_EXISTS, and what scanning and writing the state throw.
 */
export async function runBatch(
  folders: readonly string[] | null,
  work: SegmentWork,
  { working, sideBySide }: Pick<Host, 'working' | 'sideBySide'>,
  context: JobContext,
): Promise<BatchReport> {
  const { request, around } = work;
  await refuseForeignBatchReport(request.output);
  const workingFolder = await working.create();
  try {
    const inputs = request.inputs.map((input) => resolve(input));
    const { signal } = context;
    const found = folders
      ? await casesOfFolders(folders, inputs, { signal })
      : await findCases(inputs, { workingFolder, signal });
    if (found.length === 0)
      throw new QuorumError({
        code: 'NO_IMAGES',
        files: inputs,
        expected: 'examinations with T1, T1ce, T2 or FLAIR',
      });
    const state = await openCohort(found, inputs, request, around);
    // A graphics card that was not yet tested counts as none: its engine takes one pass at a time by itself.
    const lanes = sideBySide ?? cohortBudget(!['auto', 'cpu', 'wasm'].includes(request.device)).sideBySide;
    const cases = await runCases(state, work, working, lanes, context);
    const report: BatchReport = {
      application: 'quorum',
      kind: 'batch',
      format: 1,
      notice: RESEARCH_NOTICE,
      finishedAt: around.now().toISOString(),
      quorumVersion: around.quorumVersion,
      cases,
    };
    await writeBatchReport(request.output, report);
    return report;
  } finally {
    await working.remove(workingFolder);
  }
}

/** The cohort in the output folder with the cases that are there now, or a new one; all of them wait. */
async function openCohort(
  found: readonly CohortCase[],
  inputs: readonly string[],
  request: SegmentRequest,
  around: SegmentWork['around'],
): Promise<CohortState> {
  const options = optionsOf(request);
  const there = await CohortState.read(request.output, around.now);
  const cases = named(found, options.neutralNames);
  const state =
    there ?? new CohortState(newCohort(cases, inputs, options, around), request.output, around.now);
  if (there) {
    const kept = options.neutralNames ? null : [...inputs];
    await state.change((cohort) => mergeCases({ ...cohort, options, inputs: kept }, found));
  }
  state.learn(found);
  const names = state.cohort.cases.filter((one) => state.hasSource(one) && one.state !== 'skipped');
  await askFor(
    state,
    names.map(({ name }) => name),
  );
  return state;
}

function optionsOf(request: SegmentRequest) {
  const known = Object.keys(cohortOptionsSchema.shape);
  return cohortOptionsSchema.parse(
    Object.fromEntries(Object.entries(request).filter(([key]) => known.includes(key))),
  );
}

/** Runs what waits. @throws QuorumError CANCELLED. */
async function runCases(
  state: CohortState,
  work: SegmentWork,
  working: Host['working'],
  sideBySide: number,
  context: JobContext,
): Promise<CaseOutcome[]> {
  const asked = state.cohort.cases.filter((one) => one.state === 'waiting').map(({ name }) => name);
  const ended = () => asked.filter((name) => ['done', 'failed'].includes(state.caseOf(name).state)).length;
  const underWay = () => run.now.reduce((sum, { progress }) => sum + progress, 0);
  const { signal } = context;
  const run: CohortRun = new CohortRun(
    state,
    (one, { report }) =>
      segmentCohortCase(
        one,
        { files: state.sourceOf(one), answers: state.cohort.answers },
        work,
        working,
        {
          signal,
          report: (stage, share, details) => {
            report(stage, share, details);
            context.report(stage, (ended() + underWay()) / asked.length, { case: one.name });
          },
        },
        { keepFinished: false },
      ),
    { signal, sideBySide },
  );
  await run.go();
  if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
  return asked.map((name) => outcomeOf(state.caseOf(name), run.finishedBefore.has(name)));
}

function outcomeOf({ name, state, result, problem }: CohortCase, finishedBefore: boolean): CaseOutcome {
  if (state === 'failed' || !result)
    return { case: name, state: 'failed', combination: null, volumes: null, warnings: [], problem };
  const { combination, volumes, warnings } = result;
  return {
    case: name,
    state: finishedBefore ? 'skipped' : 'finished',
    ...{ combination, volumes, warnings, problem: null },
  };
}
