import { constants, setPriority } from 'node:os';
import { trainOrder } from '../contract/trainOrder.js';
import type { JobContext } from '../jobs/context.js';
import type { ResearchTaskTypes } from '../pipeline/researchTasks.js';
import { configOf } from './config.js';
import { curvesOf } from './curves.js';
import { runEvaluateJob } from './evaluateJob.js';
import { readEvaluation, readSummary } from './evaluations.js';
import { runFoldsJob } from './foldsJob.js';
import { RunLog } from './runLog.js';
import { findResults, summariseRun } from './runs.js';
import { scoredCase } from './scoredMask.js';
import { splitPatients, writeSplit } from './splitCases.js';
import { runEstimateJob, runTrainJob } from './trainJob.js';
import { runVerifyJob } from './verifyJob.js';

type Tasks = {
  [T in keyof ResearchTaskTypes]: (
    given: ResearchTaskTypes[T]['arguments'],
    context: JobContext,
  ) => Promise<ResearchTaskTypes[T]['result']>;
};

/** What the worker does for the research in a window. Logs that were read are kept as long as the process lives. */
export function researchTasks(): Tasks {
  const logs = new Map<string, RunLog>();
  const linesOf = (folder: string) => {
    const log = logs.get(folder) ?? new RunLog(folder);
    logs.set(folder, log);
    return log.lines();
  };
  return {
    async train({ values, verdictFolder }, context) {
      const { request, folds } = trainOrder(values);
      // With what the machine has left: a case that is read meanwhile goes first.
      setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
      if (folds !== null) return runFoldsJob({ request, folds }, verdictFolder, context);
      return runTrainJob(request, verdictFolder, context);
    },
    evaluate: ({ request, verdictFolder }, context) => runEvaluateJob(request, verdictFolder, context),
    verify: ({ folders }, context) => runVerifyJob(folders, context),
    estimateTraining: ({ orders, verdictFolder }, context) =>
      runEstimateJob(
        orders.map((values) => trainOrder(values).request),
        verdictFolder,
        context,
      ),
    async splitPatients({ output, ...shares }) {
      const sides = await splitPatients(shares);
      return { sides, file: output === null ? null : await writeSplit(sides, output, shares.folders) };
    },
    findResults: ({ folder }) => findResults(folder),
    async runs({ folders }) {
      const summaries = [];
      for (const folder of folders) summaries.push(await summariseRun(folder, await linesOf(folder)));
      return summaries.filter((one) => one !== null);
    },
    runConfig: async ({ run }) => ({ values: (await configOf(run))?.values ?? null }),
    async curves({ run, since }) {
      const lines = await linesOf(run);
      return { lines: lines.length, curves: lines.length === since && since > 0 ? null : curvesOf(lines) };
    },
    async evaluations({ folders }) {
      const summaries = await Promise.all(folders.map((folder) => readSummary(folder).catch(() => null)));
      return summaries.flatMap((one, i) => (one ? [{ folder: folders[i], finishedAt: one.finishedAt }] : []));
    },
    evaluation: ({ folder, against }) => readEvaluation(folder, against),
    scoredCase: (asked, { signal }) => scoredCase(asked, signal),
  };
}
