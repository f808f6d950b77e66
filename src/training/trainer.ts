import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, QuorumError } from '../errors.js';
import { writeProblem } from '../files/wholeFile.js';
import type { Modality } from '../terms.js';
import { type BestSoFar, readCheckpoint, type TrainingState, writeCheckpoint } from './checkpoint.js';
import type { Decoupling } from './decouple.js';
import type { TrainingVolume } from './loadCase.js';
import { type LogLine, serialiseLines, stepLine, trimLog, validationLine } from './log.js';
import type { LossName } from './losses.js';
import { chooseObjectives, type ObjectiveChoice } from './objectives.js';
import { Adam, clipToNorm, updateAverage } from './optimiser.js';
import { randomStream } from './random.js';
import { learningRateAt, type Schedule } from './schedule.js';
import type { SampleSource } from './source.js';
import { gradientStep, type StepResult, type StepSample, type VectorMemory, Workspace } from './step.js';
import { type Validation, validate } from './validate.js';
import { type ParameterVector, setParameters } from './vector.js';

/** What decides the numbers of a run, beside its samples, its engine and its first parameters. */
export interface TrainingPlan {
  readonly seed: number;
  readonly steps: number;
  /** Samples a step. */
  readonly batch: number;
  readonly objectives: ObjectiveChoice;
  readonly decoupling: Decoupling;
  readonly loss: LossName;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  /** Adam's penalty is in the gradient; AdamW's beside it, and of convolution weights alone. */
  readonly optimiser?: 'adam' | 'adamw';
  /** Steps over which the learning rate rises; 0 or absent: none. */
  readonly warmUp?: number;
  /** Largest norm of the merged gradient; 0 or absent: any. */
  readonly clip?: number;
  /** Decay of the running mean of the parameters, which is then what is validated and handed over; 0 or absent: none. */
  readonly averageDecay?: number;
  /** With `mean`: norms and cosines are computed at every so many steps; 0 for never. */
  readonly indicatorsEvery: number;
  /** 0 for never. */
  readonly validateEvery: number;
  /** Stop after so many validations without a better one; 0 for never. */
  readonly patience: number;
}

export interface TrainingJob {
  readonly plan: TrainingPlan;
  /** Names data, model and engine of the run; a checkpoint is only resumed by a job with the same plan and label. */
  readonly label: string;
  readonly modalities: readonly Modality[];
  readonly vector: ParameterVector;
  /** The engine's memory for gradients, or null. */
  readonly memory: VectorMemory | null;
  /** 1 for the parameters that AdamW decays: convolution weights. */
  readonly decayed?: Uint8Array;
  /** The first parameters, as long as the vector. */
  readonly initial: Float32Array;
  readonly source: SampleSource;
  /** The validation cases, read anew each time. */
  readonly validation: (() => AsyncIterable<TrainingVolume>) | null;
  /** Checkpoints and `log.jsonl` are kept here. */
  readonly folder: string;
  readonly checkpointEvery: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: LogLine) => void;
  /** A damaged checkpoint was passed over. */
  readonly onDamaged?: (problem: Problem) => void;
}

export interface TrainingOutcome {
  /** The best by validation; the last where there was none. */
  readonly parameters: Float32Array;
  /** Steps done; fewer than planned after an early stop. */
  readonly steps: number;
  readonly best: BestSoFar | null;
  readonly stoppedEarly: boolean;
}

export const LOG_FILE = 'log.jsonl';

/**
 * Trains until the plan is done or validation has not improved for long enough, going on from the newest checkpoint
 * in the job's folder. A resumed run gives the same numbers as an uninterrupted one: every sample has its own random
 * stream, and a checkpoint holds parameters and moments in full.
 *
 * @throws QuorumError CANCELLED (after a checkpoint), CHECKPOINT_INVALID, DISK_FULL, OUTPUT_NOT_WRITABLE, and what
 * the engine and reading samples throw.
 */
export async function train(job: TrainingJob): Promise<TrainingOutcome> {
  const run = await TrainingRun.open(job);
  try {
    return await run.finish();
  } finally {
    run.release();
  }
}

class TrainingRun {
  private readonly workspace: Workspace;
  private readonly planText: string;
  private readonly average: Float32Array | null;
  private best: BestSoFar | null = null;
  private stale = 0;
  private step = 0;
  /** The step of the newest checkpoint. */
  private saved = -1;
  /** The samples of the step to come. */
  private upcoming: Promise<StepSample[]> | null = null;

  private constructor(
    private readonly job: TrainingJob,
    private readonly parameters: Float32Array,
    private readonly adam: Adam,
  ) {
    this.workspace = new Workspace(job.vector.length, job.memory);
    this.planText = planText(job);
    this.average = job.plan.averageDecay ? parameters.slice() : null;
  }

  static async open(job: TrainingJob): Promise<TrainingRun> {
    const { weightDecay, optimiser } = job.plan;
    const decoupled =
      optimiser === 'adamw' ? (job.decayed ?? new Uint8Array(job.vector.length).fill(1)) : null;
    const adam = new Adam(job.vector.length, { weightDecay, decoupled });
    const run = new TrainingRun(job, job.initial.slice(), adam);
    await mkdir(job.folder, { recursive: true }).catch((error) => {
      throw writeProblem(error, job.folder);
    });
    const state = await readCheckpoint(job.folder, job.vector.length, run.planText, job.onDamaged);
    if (state) run.resume(state);
    await trimLog(run.logFile, run.step);
    return run;
  }

  async finish(): Promise<TrainingOutcome> {
    const { plan, signal, checkpointEvery } = this.job;
    while (this.step < plan.steps && !this.outOfPatience) {
      if (signal?.aborted) {
        await this.checkpoint();
        throw new QuorumError({ code: 'CANCELLED' });
      }
      await this.trainStep();
      if (plan.validateEvery > 0 && this.step % plan.validateEvery === 0) await this.validate();
      if (this.step % checkpointEvery === 0) await this.checkpoint();
    }
    await this.checkpoint();
    const parameters = this.best?.parameters ?? this.average ?? this.parameters;
    return { parameters, steps: this.step, best: this.best, stoppedEarly: this.step < plan.steps };
  }

  release(): void {
    this.workspace.release();
  }

  private get outOfPatience(): boolean {
    return this.job.plan.patience > 0 && this.stale >= this.job.plan.patience;
  }

  private get logFile(): string {
    return join(this.job.folder, LOG_FILE);
  }

  private async trainStep(): Promise<void> {
    const { plan, vector, modalities } = this.job;
    const started = performance.now();
    const samples = await (this.upcoming ?? this.draw(this.step));
    this.upcoming = this.step + 1 < plan.steps ? this.draw(this.step + 1) : null;
    await setParameters(vector, this.parameters);
    const result = await gradientStep(vector, this.parameters, samples, this.settings(), this.workspace);
    const rate = learningRateAt(plan.schedule, plan.learningRate, this.step, plan.steps, plan.warmUp);
    this.step += 1;
    requireFinite(result, this.step);
    if (result.objectives.length > 0) {
      if (plan.clip) clipToNorm(result.gradient, plan.clip);
      this.adam.step(this.parameters, result.gradient, rate);
      if (this.average) updateAverage(this.average, this.parameters, plan.averageDecay!, this.adam.steps);
    }
    const seconds = (performance.now() - started) / 1000;
    const names = vector.inputChannels > 1 ? null : modalities;
    await this.log(stepLine(this.step, rate, result, names, seconds));
  }

  /** The samples of a step. Drawn a step ahead, while the engine's threads compute; a failure is that step's. */
  private draw(step: number): Promise<StepSample[]> {
    const { plan, source } = this.job;
    const drawn = (async () => {
      const samples: StepSample[] = [];
      for (let index = 0; index < plan.batch; index++) {
        samples.push(await source.draw(randomStream(plan.seed, step, index)));
      }
      return samples;
    })();
    drawn.catch(() => undefined);
    return drawn;
  }

  private settings() {
    const { plan, vector } = this.job;
    const random = randomStream(plan.seed, this.step, plan.batch);
    return {
      objectives: chooseObjectives(plan.objectives, vector.routes.length, random),
      decoupling: plan.decoupling,
      loss: plan.loss,
      indicators: plan.indicatorsEvery > 0 && this.step % plan.indicatorsEvery === 0,
    };
  }

  private async validate(): Promise<void> {
    const { vector, validation, modalities } = this.job;
    if (!validation) return;
    const parameters = this.average ?? this.parameters;
    const result: Validation = await validate(vector, parameters, validation());
    await this.log(validationLine(this.step, result, modalities));
    if (this.best && result.score <= this.best.score) {
      this.stale += 1;
      return;
    }
    this.best = { step: this.step, score: result.score, parameters: parameters.slice() };
    this.stale = 0;
  }

  /** Written at once, so that a run can be watched; what is ahead of a checkpoint is trimmed on resuming. */
  private async log(line: LogLine): Promise<void> {
    await appendFile(this.logFile, serialiseLines([line])).catch((error) => {
      throw writeProblem(error, this.logFile);
    });
    this.job.onLine?.(line);
  }

  private async checkpoint(): Promise<void> {
    if (this.saved === this.step) return;
    const { step, parameters, average, best, stale, adam } = this;
    const { firstMoment, secondMoment, steps: updates } = adam;
    const state: TrainingState = {
      step,
      parameters,
      firstMoment,
      secondMoment,
      average,
      updates,
      best,
      stale,
    };
    await writeCheckpoint(this.job.folder, state, this.planText);
    this.saved = step;
  }

  private resume(state: TrainingState): void {
    this.step = state.step;
    this.saved = state.step;
    this.best = state.best;
    this.stale = state.stale;
    this.parameters.set(state.parameters);
    this.average?.set(state.average ?? state.parameters);
    this.adam.firstMoment.set(state.firstMoment);
    this.adam.secondMoment.set(state.secondMoment);
    this.adam.steps = state.updates;
  }
}

function planText({ plan, label }: TrainingJob): string {
  return JSON.stringify({ label, ...plan });
}

function requireFinite({ losses, gradient }: StepResult, step: number): void {
  if (losses.every(Number.isFinite) && gradient.every(Number.isFinite)) return;
  throw new QuorumError({
    code: 'ENGINE_FAILED',
    field: `gradient of step ${step}`,
    expected: 'finite numbers',
    found: 'NaN or infinity',
  });
}
