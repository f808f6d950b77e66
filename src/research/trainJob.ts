import { mkdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { TrainingTime } from '../contract/research.js';
import type { TrainRequest } from '../contract/training.js';
import { refuseOutputInsideInput } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import { type AugmentationRules, DEFAULT_AUGMENTATION, FLIPS } from '../training/augmentation.js';
import type { LogLine } from '../training/log.js';
import type { TrainingRequest } from '../training/prepareRun.js';
import { estimateRuns, runTraining } from '../training/run.js';
import type { Schedule } from '../training/schedule.js';
import { fitsModelFolder } from '../training/vector.js';
import { writeConfig } from './config.js';
import { describeEstimate, describeLine } from './progress.js';
import { trainingEngine } from './trainingEngine.js';

/** What a finished training job says. */
export interface TrainResult {
  readonly kind: 'training';
  /** The Model folder; null where what was trained does not fit one, and lies in the run's folder. */
  readonly model: string | null;
  readonly runFolder: string;
  /** Steps done; fewer than asked for after an early stop. */
  readonly steps: number;
  readonly stoppedEarly: boolean;
  /** The best validation: after which step, and its mean Dice. Null without validation. */
  readonly best: { readonly step: number; readonly score: number } | null;
}

/** The power of the paper's polynomial decay. */
const POLYNOMIAL_POWER = 0.9;

/** How often the progress of verifying is reported at least, in cases. */
const CASES_PER_REPORT = 10;

/**
 * Trains as `runTraining` does, on the device that was asked for. The estimate of a run that
 * begins, each step and each validation are reported as stages.
 *
 * @throws QuorumError OUTPUT_INSIDE_INPUT, and what `trainingEngine` and `runTraining` throw; CANCELLED after a checkpoint.
 */
export async function runTrainJob(
  request: TrainRequest,
  verdictFolder: string,
  context: JobContext,
): Promise<TrainResult> {
  const output = resolve(request.output);
  const runFolder = resolve(request.runFolder ?? `${request.output}.run`);
  const folders = request.datasets.map(({ folder }) => resolve(folder));
  for (const folder of [output, runFolder]) await refuseOutputInsideInput(folder, folders);
  if (request.initial) await refuseOutputInsideInput(output, [resolve(request.initial)]);
  const threads = request.threads === null ? {} : { threads: request.threads };
  const openEngine = await trainingEngine(request.device, { verdictFolder, ...threads });
  const order = { request: { ...request, output, runFolder }, folds: null };
  const { steps, best, stoppedEarly } = await runTraining(
    { ...trainingRequestOf(request), out: output, runFolder, openEngine },
    {
      signal: context.signal,
      onCase: (done, total) => {
        if (done % CASES_PER_REPORT === 0 || done === total) {
          context.report(`verifying: ${done} of ${total} cases`, 0);
        }
      },
      onStrangers: (names) =>
        context.report(`split: ${names.length} of its names are of no patient here (${names[0]}, …)`, 0),
      onEstimate: async (estimate) => {
        context.report(describeEstimate(estimate, request), 0);
        await mkdir(runFolder, { recursive: true });
        await writeConfig(runFolder, order);
      },
      onDamaged: ({ file }) => context.report(`damaged checkpoint passed over: ${file}`, 0),
      onLine: (line: LogLine) => context.report(describeLine(line, request.steps), line.step / request.steps),
    },
  );
  return {
    kind: 'training',
    model: fitsModelFolder(request.sharing) ? output : null,
    runFolder,
    steps,
    stoppedEarly,
    best: best && { step: best.step, score: best.score },
  };
}

/**
 * Measures a few steps of each of several runs of the same data.
 *
 * @throws QuorumError what `trainingEngine` and `estimateRuns` throw; CANCELLED.
 */
export async function runEstimateJob(
  requests: readonly TrainRequest[],
  verdictFolder: string,
  { signal, report }: JobContext,
): Promise<TrainingTime[]> {
  const asked: TrainingRequest[] = [];
  for (const request of requests) {
    const threads = request.threads === null ? {} : { threads: request.threads };
    const openEngine = await trainingEngine(request.device, { verdictFolder, ...threads });
    asked.push({ ...trainingRequestOf(request), out: resolve(request.output), openEngine });
  }
  const onCase = (done: number, total: number) =>
    report(`verifying: ${done} of ${total} cases`, done / total / 2);
  return estimateRuns(asked, { signal, onCase });
}

function trainingRequestOf(request: TrainRequest): Omit<TrainingRequest, 'out'> {
  return {
    datasets: request.datasets,
    split: request.split,
    name: request.name ?? basename(resolve(request.output)),
    initial: request.initial && resolve(request.initial),
    size: request.channels ?? request.width,
    sharing: request.sharing,
    fusion: request.regionWeights === 'none' ? 'mean' : request.regionWeights,
    plan: {
      seed: request.seed,
      steps: request.steps,
      batch: request.batch,
      objectives: request.objectives,
      decoupling: request.decoupling,
      loss: request.loss,
      learningRate: request.learningRate,
      schedule: scheduleOf(request.schedule),
      weightDecay: request.weightDecay,
      optimiser: request.optimiser,
      warmUp: request.warmUp,
      clip: request.clip,
      averageDecay: request.averageDecay,
      indicatorsEvery: request.indicatorsEvery,
      validateEvery: request.validateEvery,
      patience: request.patience,
    },
    augmentation: augmentationOf(request),
    checkpointEvery: request.checkpointEvery,
    scoreTest: request.scoreTest,
    caseMemory: request.caseMemoryMb * 1e6,
  };
}

function scheduleOf(kind: TrainRequest['schedule']): Schedule {
  return kind === 'polynomial' ? { kind, power: POLYNOMIAL_POWER } : { kind };
}

function augmentationOf({ crop, tumourShare, margin, augmentation }: TrainRequest): AugmentationRules {
  const window = { ...DEFAULT_AUGMENTATION.window, side: crop, tumourShare, margin };
  if (augmentation === 'full') return { ...DEFAULT_AUGMENTATION, window };
  return { window, spatial: augmentation === 'flips' ? FLIPS : null, intensity: null };
}
