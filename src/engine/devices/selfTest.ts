/** Whether a device may be used: it must agree with the CPU and be faster. */
import { problemOf } from '../../errors.js';
import { diceOfCounts } from '../../masks/dice.js';
import type { InferenceEngine } from '../engine.js';
import { referenceInput } from './selfTestReference.js';

export type SelfTestReason =
  | 'accepted'
  | 'logits-differ'
  | 'masks-differ'
  | 'not-finite'
  | 'slower'
  /** The device gave an error, or could not be set up. */
  | 'failed'
  /** The process in which it ran died. */
  | 'crashed'
  | 'timed-out';

export interface Judgement {
  readonly accepted: boolean;
  readonly reason: SelfTestReason;
  /** What was found, for experts: an error's message, a signal. */
  readonly detail: string;
  /** Largest absolute difference from the CPU's logits; null where it did not come to that. */
  readonly maxLogitDifference: number | null;
  /** Dice between the two devices' masks, all regions together. */
  readonly dice: number | null;
  /** The CPU's time over the device's: above 1 the device is faster. */
  readonly speedRatio: number | null;
}

const MAX_LOGIT_DIFFERENCE = 1e-2;
const MIN_DICE = 0.999;

/** Sides of the reference volumes. A device far too slow is found out with the first. */
const SIDES = [32, 64] as const;
const FAR_TOO_SLOW = 0.1;

/** Each device is timed at most this often, and no more once it has taken this long. */
const TIMED_PASSES = 3;
const TIMING_BUDGET_MS = 1000;

interface Measured {
  readonly logits: readonly Float32Array[];
  readonly fastestMs: number;
}

/**
 * Runs the reference network (`referenceNetwork`) on both engines. The device is accepted when at 64³ every logit
 * agrees within 1e-2, the masks (logit > 0) agree by Dice ≥ 0.999, and it is faster than the CPU.
 */
export async function judgeDevice(device: InferenceEngine, cpu: InferenceEngine): Promise<Judgement> {
  let judgement = judge('failed', 'nothing was run');
  for (const side of SIDES) {
    const expected = await measure(cpu, side);
    try {
      judgement = compare(await measure(device, side), expected, side === SIDES.at(-1) ? 1 : FAR_TOO_SLOW);
    } catch (error) {
      judgement = judge('failed', failureOf(error));
    }
    if (!judgement.accepted) return judgement;
  }
  return judgement;
}

/** A verdict that rests on no numbers. */
export function judge(reason: SelfTestReason, detail: string, numbers: Partial<Judgement> = {}): Judgement {
  const none = { maxLogitDifference: null, dice: null, speedRatio: null };
  return { ...none, ...numbers, accepted: reason === 'accepted', reason, detail };
}

/** An error in one line, for `detail`. */
export function failureOf(error: unknown): string {
  const { code, field, found } = problemOf(error);
  return [code, field, found].filter((part) => part !== undefined).join(': ');
}

/** Both modalities' logits; the first pass, which may compile the device's programs, is not timed. */
async function measure(engine: InferenceEngine, side: number): Promise<Measured> {
  const input = referenceInput([side, side, side]);
  const logits = [await engine.logits(0, input)];
  let fastestMs = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let pass = 0; pass < TIMED_PASSES && spent < TIMING_BUDGET_MS; pass++) {
    const start = performance.now();
    const result = await engine.logits(1, input);
    const elapsed = performance.now() - start;
    fastestMs = Math.min(fastestMs, elapsed);
    spent += elapsed;
    logits[1] = result;
  }
  return { logits, fastestMs };
}

/** Largest difference between two devices' logits, and Dice between their masks (logit > 0), all regions together. */
export function agreementOf(
  found: Float32Array,
  expected: Float32Array,
): { maxLogitDifference: number; dice: number } {
  let maxLogitDifference = 0;
  const voxels = { both: 0, found: 0, expected: 0 };
  for (let i = 0; i < expected.length; i++) {
    maxLogitDifference = Math.max(maxLogitDifference, Math.abs(found[i] - expected[i]));
    if (found[i] > 0) voxels.found++;
    if (expected[i] > 0) voxels.expected++;
    if (found[i] > 0 && expected[i] > 0) voxels.both++;
  }
  return { maxLogitDifference, dice: diceOfCounts(voxels.found, voxels.expected, voxels.both) };
}

function compare(device: Measured, cpu: Measured, minSpeedRatio: number): Judgement {
  let difference = 0;
  const voxels = { both: 0, device: 0, cpu: 0 };
  for (const [m, expected] of cpu.logits.entries()) {
    const found = device.logits[m];
    if (found.length !== expected.length) return judge('failed', `${found.length} logits`);
    for (let i = 0; i < expected.length; i++) {
      if (!Number.isFinite(found[i])) return judge('not-finite', `logits[${i}] is ${found[i]}`);
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
      if (found[i] > 0) voxels.device++;
      if (expected[i] > 0) voxels.cpu++;
      if (found[i] > 0 && expected[i] > 0) voxels.both++;
    }
  }
  const numbers = {
    maxLogitDifference: difference,
    dice: diceOfCounts(voxels.device, voxels.cpu, voxels.both),
    speedRatio: cpu.fastestMs / device.fastestMs,
  };
  const times = `${device.fastestMs.toFixed(1)} ms, the CPU ${cpu.fastestMs.toFixed(1)} ms`;
  if (difference > MAX_LOGIT_DIFFERENCE) return judge('logits-differ', times, numbers);
  if (numbers.dice < MIN_DICE) return judge('masks-differ', times, numbers);
  if (numbers.speedRatio <= minSpeedRatio) return judge('slower', times, numbers);
  return judge('accepted', times, numbers);
}
