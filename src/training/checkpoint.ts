import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isQuorumError, type Problem, problemOf, QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { readSafetensors } from '../network/safetensors.js';
import { serialiseSafetensors } from '../network/safetensorsWriter.js';

/** Everything that a training run needs to go on as if it had never stopped. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly parameters: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  /** The running mean of the parameters; null where none is kept. */
  readonly average: Float32Array | null;
  /** Updates that Adam has made; fewer than `step` when samples had nothing to train on. */
  readonly updates: number;
  /** The best validation so far. */
  readonly best: BestSoFar | null;
  /** Validations since then. */
  readonly stale: number;
}

export interface BestSoFar {
  readonly step: number;
  readonly score: number;
  readonly parameters: Float32Array;
}

/** How many checkpoints are kept: the newest and, should it be damaged, the one before. */
const KEPT = 2;

const NAME = /^checkpoint-(\d{9})\.safetensors$/;

/**
 * Writes a checkpoint beside the earlier ones and then removes all but the last two. It appears whole or not at all,
 * and a failure leaves the earlier ones as they are.
 *
 * @param plan a text that names what decides the numbers of the run; resuming asks for the same.
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeCheckpoint(folder: string, state: TrainingState, plan: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  const tensors = new Map([
    ['parameters', vector(state.parameters)],
    ['firstMoment', vector(state.firstMoment)],
    ['secondMoment', vector(state.secondMoment)],
  ]);
  if (state.average) tensors.set('average', vector(state.average));
  if (state.best) tensors.set('best', vector(state.best.parameters));
  const metadata = {
    plan,
    step: String(state.step),
    updates: String(state.updates),
    stale: String(state.stale),
    ...(state.best ? { bestStep: String(state.best.step), bestScore: String(state.best.score) } : {}),
  };
  const file = join(folder, `checkpoint-${String(state.step).padStart(9, '0')}.safetensors`);
  await writeFileAtomically(file, [serialiseSafetensors(tensors, metadata)]);
  for (const old of (await checkpointFiles(folder)).slice(KEPT)) await rm(join(folder, old));
}

/**
 * The newest checkpoint that can be read, or null when there is none.
 *
 * @param length number of parameters.
 * @param onDamaged called with what is wrong with a newer one that was passed over.
 * @throws QuorumError CHECKPOINT_INVALID when none of those that are there can be read, or when the newest readable
 * one belongs to another plan.
 */
export async function readCheckpoint(
  folder: string,
  length: number,
  plan: string,
  onDamaged: (problem: Problem) => void = () => undefined,
): Promise<TrainingState | null> {
  const names = await checkpointFiles(folder);
  const problems: Problem[] = [];
  for (const name of names) {
    const file = join(folder, name);
    try {
      const { state, plan: found } = await readState(file, length);
      if (found !== plan) throw otherPlan(file, plan, found);
      for (const problem of problems) onDamaged(problem);
      return state;
    } catch (error) {
      if (isQuorumError(error) && error.code === 'CHECKPOINT_INVALID' && error.problem.field === 'plan') {
        throw error;
      }
      problems.push({ ...problemOf(error), file });
    }
  }
  if (problems.length === 0) return null;
  throw new QuorumError({ ...problems[0], code: 'CHECKPOINT_INVALID', also: problems.slice(1) });
}

/**
 * The parameters of the newest readable checkpoint in a run's folder, whatever its plan.
 *
 * @throws QuorumError CHECKPOINT_INVALID when there is none of this length.
 */
export async function newestParameters(folder: string, length: number): Promise<Float32Array> {
  const names = await checkpointFiles(folder);
  const problems: Problem[] = [];
  for (const name of names) {
    const file = join(folder, name);
    try {
      return (await readState(file, length)).state.parameters;
    } catch (error) {
      problems.push({ ...problemOf(error), file });
    }
  }
  const none: Problem = {
    code: 'CHECKPOINT_INVALID',
    expected: 'a Model folder or a training run’s folder',
    found: 'no checkpoint',
    file: folder,
  };
  const [first = none, ...also] = problems;
  throw new QuorumError({ ...first, code: 'CHECKPOINT_INVALID', also });
}

/** Names of a run's checkpoints, damaged ones too, newest first; none where there is no such folder. */
export async function checkpointFiles(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => []))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

async function readState(file: string, length: number): Promise<{ state: TrainingState; plan: string }> {
  const { tensors, metadata } = await readSafetensors(file);
  const vector = (name: string): Float32Array => {
    const data = tensors.get(name)?.data;
    if (data instanceof Float32Array && data.length === length) return data;
    const found = data ? `${data.length}` : 'nothing';
    throw new QuorumError({
      code: 'CHECKPOINT_INVALID',
      field: name,
      expected: `${length} values`,
      found,
      file,
    });
  };
  const number = (name: string): number => {
    const value = metadata[name] === undefined ? Number.NaN : Number(metadata[name]);
    if (!Number.isNaN(value)) return value;
    const found = metadata[name] ?? 'nothing';
    throw new QuorumError({ code: 'CHECKPOINT_INVALID', field: name, expected: 'a number', found, file });
  };
  const best = tensors.has('best')
    ? { step: number('bestStep'), score: number('bestScore'), parameters: vector('best') }
    : null;
  const state = {
    step: number('step'),
    parameters: vector('parameters'),
    firstMoment: vector('firstMoment'),
    secondMoment: vector('secondMoment'),
    average: tensors.has('average') ? vector('average') : null,
    updates: number('updates'),
    best,
    stale: number('stale'),
  };
  return { state, plan: metadata.plan ?? '' };
}

function otherPlan(file: string, expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'CHECKPOINT_INVALID', field: 'plan', expected, found, file });
}
