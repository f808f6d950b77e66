import { cpus, freemem } from 'node:os';

/** Cores that one case makes good use of: more make its few large convolutions hardly faster. */
const CORES_A_CASE = 4;
/** The most that a worker was seen to have, a raw examination of four series, and a margin. */
const BYTES_A_CASE = 1.5e9;
/** For the window, the system, and what the user does meanwhile. */
const BYTES_LEFT = 2e9;
const MOST = 8;

/**
 * How many cases are segmented side by side.
 *
 * @param cores logical ones.
 * @param freeBytes of memory, now.
 * @param onGraphicsCard a graphics card takes one case at a time.
 */
export function casesSideBySide({
  cores,
  freeBytes,
  onGraphicsCard,
}: {
  readonly cores: number;
  readonly freeBytes: number;
  readonly onGraphicsCard: boolean;
}): number {
  if (onGraphicsCard) return 1;
  const byCores = Math.floor(cores / CORES_A_CASE);
  const byMemory = Math.floor((freeBytes - BYTES_LEFT) / BYTES_A_CASE);
  return Math.max(1, Math.min(byCores, byMemory, MOST));
}

/** How many cases a cohort works on at once on this machine, now, and with how many threads each: for window and terminal. */
export function cohortBudget(onGraphicsCard: boolean): { sideBySide: number; threads: number } {
  const cores = cpus().length;
  const sideBySide = casesSideBySide({ cores, freeBytes: freemem(), onGraphicsCard });
  return { sideBySide, threads: Math.max(1, Math.floor((cores - 1) / sideBySide)) };
}
