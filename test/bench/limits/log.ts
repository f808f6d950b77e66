import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Logs that docs/performance.md and docs/reliability.md are made of; no name of a patient or a machine. */
const FOLDER = fileURLToPath(new URL('../../../docs/limits/', import.meta.url));

export interface Measured {
  readonly at: string;
  readonly machine: string;
  /** Mean of runnable threads in the last minute, at the end of the measurement. */
  readonly load: number;
}

/** Writes what was measured as one log. */
export function writeLog(name: string, facts: object): void {
  mkdirSync(FOLDER, { recursive: true });
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const about: Measured & { commit: string } = {
    at: new Date().toISOString().slice(0, 16),
    machine: `${cpus().length} × ${cpus()[0].model}`,
    load: Math.round(10 * loadavg()[0]) / 10,
    commit,
  };
  writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify({ ...about, ...facts }, null, 1)}\n`);
  console.log(`${name}: written`);
}

export const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Removes a bench's folder; what a browser still holds of it does not end the bench. */
export function removeScratch(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  } catch (error) {
    console.warn(`left behind: ${folder} (${(error as Error).message})`);
  }
}
