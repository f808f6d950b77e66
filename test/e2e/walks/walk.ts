import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import type { Served } from '../browser.js';

const PROGRAM = resolve('dist/cli/main.js');

/** One thing that somebody waited for. */
export interface Timed {
  readonly walk: string;
  readonly step: string;
  readonly seconds: number;
  /** Of the processor, where it is a command of its own. */
  readonly cpuSeconds?: number;
  /** Load average of the machine when it ended. */
  readonly load: number;
  /** What the first walk took, as it was noted then. */
  readonly before: string;
}

/** What a walker has at hand. */
export class Walk {
  readonly title: string;
  readonly #folder: string;
  readonly #pictures: string;
  #stops = 0;
  readonly times: Timed[] = [];

  constructor(title: string, folder: string, pictures: string) {
    this.title = title;
    this.#folder = folder;
    this.#pictures = pictures;
    mkdirSync(pictures, { recursive: true });
    mkdirSync(folder, { recursive: true });
  }

  at(...parts: string[]): string {
    return join(this.#folder, ...parts);
  }

  /** @param before what this took on the first walk: seconds, and the load average then in brackets. */
  async time<T>(step: string, before: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.#note({ step, before, seconds: (performance.now() - started) / 1000 });
    return result;
  }

  /** Notes a time that was measured elsewhere. */
  note(step: string, before: string, seconds: number): void {
    this.#note({ step, before, seconds });
  }

  /** Runs a command of Quorum. Returns what it printed. */
  async quorum(step: string, before: string, ...args: string[]): Promise<string> {
    const started = performance.now();
    const { output, cpuSeconds } = await run(args, this.at('profile'));
    this.#note({ step, before, seconds: (performance.now() - started) / 1000, cpuSeconds });
    return output;
  }

  /** Keeps a picture of what the walker sees. */
  async look(page: Page, what: string): Promise<void> {
    const name = `${this.title.slice(0, 1)}-${++this.#stops}-${what.replace(/\W+/g, '-')}.png`;
    await page.screenshot({ path: join(this.#pictures, name) });
  }

  /** What the walker was promised; a walk that breaks a promise ends. */
  must(holds: unknown, promise: string): void {
    if (!holds) throw new Error(`${this.title}: not so: ${promise}`);
  }

  #note(timed: Omit<Timed, 'walk' | 'load'>): void {
    const whole: Timed = { ...timed, walk: this.title, load: loadavg()[0] };
    this.times.push(whole);
    console.info(lineOf(whole));
  }
}

/** One line of the table. */
export function lineOf({ step, seconds, cpuSeconds, load, before }: Timed): string {
  const cpu = cpuSeconds === undefined ? '' : `${cpuSeconds.toFixed(0)} s`;
  return `  ${step.padEnd(58)} ${seconds.toFixed(1).padStart(7)} s ${cpu.padStart(7)}  load ${load.toFixed(1).padStart(4)}   before: ${before}`;
}

/** A command in a process of its own, with the processor's seconds that it took. */
async function run(
  args: readonly string[],
  profile: string,
): Promise<{ output: string; cpuSeconds: number }> {
  const timed = ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', process.execPath, PROGRAM, ...args];
  const child = spawn('bash', timed, { env: { ...process.env, XDG_STATE_HOME: profile } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`quorum ${args.join(' ')} ended with ${code}: ${errors}`);
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(errors) ?? ['', 'NaN', 'NaN'];
  return { output, cpuSeconds: Number(user) + Number(system) };
}

/** A window of its own on a server, as somebody with a small laptop sees it. */
export interface Window {
  readonly page: Page;
  readonly server: Served;
}
