import type { ErrorCode, Problem } from '../errors.js';

/** Refusals that the user may override, knowing what they are: the images are then taken as they are, without preparation. */
const FORCEABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GRIDS_DIFFER',
  'NOT_SKULL_STRIPPED',
  'NOT_ISOTROPIC_1MM',
  'REGISTRATION_FAILED',
  'BRAIN_NOT_FOUND',
  'BRAIN_INCOMPLETE',
]);

/** Whether every problem in it may be overridden with `force`. */
export function isForceable(problem: Problem): boolean {
  return [problem, ...(problem.also ?? [])].every(({ code }) => FORCEABLE.has(code));
}
