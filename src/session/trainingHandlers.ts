import type { ParsedRequest, Response } from '../contract/index.js';
import { runEvaluateJob } from '../pipeline/training/evaluateJob.js';
import { runTrainJob } from '../pipeline/training/trainJob.js';
import type { JobQueue } from './jobs.js';

type TrainingMethod = 'train.start' | 'evaluate.start';

/** The methods that train and score; like all of the command line's they run in this process. */
export function trainingHandlers(
  jobs: JobQueue,
  verdictFolder: string,
): { [M in TrainingMethod]: (request: ParsedRequest<M>) => Promise<Response<M>> } {
  return {
    'train.start': async (request) => ({
      job: jobs.start((context) => runTrainJob(request, verdictFolder, context), { kind: 'train' }),
    }),
    'evaluate.start': async (request) => ({
      job: jobs.start((context) => runEvaluateJob(request, verdictFolder, context), { kind: 'evaluate' }),
    }),
  };
}
