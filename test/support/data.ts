import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the real research data lie; never part of the project. */
export const REAL_DATA = resolve(process.env.QUORUM_DATA ?? '../shared/data');

/** Whether the real data are here; says loudly, by the suite's name, when a suite is skipped for want of them. */
export function haveRealData(suite: string): boolean {
  const have = existsSync(REAL_DATA);
  if (!have) console.warn(`SKIPPED: ${suite}: no real data (set QUORUM_DATA)`);
  return have;
}
