import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../../src/errors.js';

const PROGRAM = resolve('dist/cli/main.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `quorum` as a user would. */
export function quorum(...args: string[]): Promise<Outcome> {
  if (!existsSync(PROGRAM)) throw new Error('dist is missing: npm run build');
  return new Promise((done) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** The problem that `quorum … --json` printed when it failed. */
export function problemIn({ stderr }: Outcome): Problem {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return JSON.parse(line).problem;
}
