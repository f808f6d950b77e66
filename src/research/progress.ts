import type { TrainRequest } from '../contract/training.js';
import type { TrainingEstimate } from '../training/estimate.js';
import type { LogLine } from '../training/log.js';

/** Seconds in the largest unit that keeps the number small: `42 s`, `35 min`, `7.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toPrecision(2)} s`;
  if (seconds < 6000) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Time and memory that a run will take, as a stage. */
export function describeEstimate(
  { secondsPerStep, seconds, bytes }: TrainingEstimate,
  { steps, caseMemoryMb, validateEvery, split }: TrainRequest,
): string {
  const validation = validateEvery > 0 && split !== null ? ', validation not counted' : '';
  const memory = `${(bytes / 1e9).toFixed(2)} GB for the network and up to ${(caseMemoryMb / 1e3).toFixed(1)} GB for cases`;
  return `estimate: ${secondsPerStep.toPrecision(2)} s a step, ${duration(seconds)} for all ${steps} steps${validation}; ${memory}`;
}

/** A line of the log as a stage. */
export function describeLine(line: LogLine, steps: number): string {
  if (line.kind === 'validation') {
    return `validation after step ${line.step}: mean Dice ${line.score.toFixed(3)}`;
  }
  const losses = Object.values(line.losses);
  const loss = losses.reduce((sum, value) => sum + value, 0) / Math.max(1, losses.length);
  const left = duration((steps - line.step) / line.stepsPerSecond);
  return `step ${line.step} of ${steps}: loss ${loss.toFixed(3)}, ${left} left`;
}
