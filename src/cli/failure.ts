import { CommanderError } from 'commander';
import { describeProblem } from '../contract/messages.js';
import type { CaseOutcome } from '../contract/report.js';
import { problemOf } from '../errors.js';

export const EXIT = { done: 0, failed: 1, usage: 2, someFailed: 3, cancelled: 130 } as const;

/** Prints what went wrong (as a JSON line with `--json`) and gives the exit code. */
export function fail(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const problem = problemOf(error);
  process.stderr.write(`${json ? JSON.stringify({ state: 'failed', problem }) : describeProblem(problem)}\n`);
  if (problem.code === 'CANCELLED') return EXIT.cancelled;
  return problem.code === 'REQUEST_INVALID' ? EXIT.usage : EXIT.failed;
}

/** Of several cases: done, failed when all did, or some failed. */
export function exitCodeOf(cases: readonly CaseOutcome[]): number {
  const failed = cases.filter(({ state }) => state === 'failed').length;
  if (failed === 0) return EXIT.done;
  return failed === cases.length ? EXIT.failed : EXIT.someFailed;
}
