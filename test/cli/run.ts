import { type ChildProcess, spawn } from 'node:child_process';
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
  return start(args).outcome;
}

/** Starts the built `quorum`, so that it can be interrupted. */
export function start(args: readonly string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  if (!existsSync(PROGRAM)) throw new Error('dist is missing: npm run build');
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const outcome = new Promise<Outcome>((done) => {
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
  return { child, outcome };
}

/** The problem that `quorum … --json` printed when it failed. */
export function problemIn({ stderr }: Outcome): Problem {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return JSON.parse(line).problem;
}
