/** How the learning rate falls from its first value towards 0 over the planned steps. */
export type Schedule =
  | { readonly kind: 'constant' }
  /** rate·(1 − step/steps)^power; the paper's power is 0.9. */
  | { readonly kind: 'polynomial'; readonly power: number }
  /** rate·(1 + cos(π·step/steps))/2 (Loshchilov and Hutter, 2017, without restarts). */
  | { readonly kind: 'cosine' };

/**
 * The learning rate of a step.
 *
 * @param step counted from 0; the first step has the full rate.
 * @param steps number of steps planned.
 * @param warmUp over so many first steps the rate rises to what the schedule says.
 */
export function learningRateAt(
  schedule: Schedule,
  first: number,
  step: number,
  steps: number,
  warmUp = 0,
): number {
  const rate = step < warmUp ? (first * (step + 1)) / warmUp : first;
  const done = Math.min(1, step / steps);
  if (schedule.kind === 'polynomial') return rate * (1 - done) ** schedule.power;
  if (schedule.kind === 'cosine') return (rate * (1 + Math.cos(Math.PI * done))) / 2;
  return rate;
}
