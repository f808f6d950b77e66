import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deviceCandidates } from './candidates.js';
import type { DeviceCandidate, EngineOptions } from './deviceCandidate.js';
import type { LaunchOptions } from './launchSelfTest.js';

/** Volumes that passes are timed on, (D, H, W): a brain’s usual box, and the model’s whole lattice. */
export const BENCHMARK_SHAPES = [
  [80, 96, 112],
  [128, 128, 128],
] as const;

export interface TimedShape {
  readonly shape: readonly [number, number, number];
  /** Seconds of the first pass, which may compile programs, and of the fastest of those after it, where there was one. */
  readonly firstSeconds: number;
  readonly seconds: number;
}

/** What was measured of one device, in a process of its own. */
export interface DeviceBenchmark {
  readonly id: string;
  /** The graphics card's name, or null. */
  readonly adapter: string | null;
  /** Seconds until the engine was there. */
  readonly loadSeconds: number;
  readonly passes: readonly TimedShape[];
  /** Main memory that the process took beyond what it had before the engine, MB; a card's own memory is not seen. */
  readonly memoryMb: number;
  /** Largest difference from the CPU's logits, and Dice of the masks, on the first shape; null for the CPU itself. */
  readonly agreement: { readonly maxLogitDifference: number; readonly dice: number } | null;
  /** Seconds after which it was stopped, since it was too slow; what was measured until then is given. */
  readonly stoppedAfter?: number;
}

/** Why nothing was measured. */
export interface DeviceFailure {
  readonly id: string;
  readonly failure: string;
}

export interface BenchmarkRequest {
  readonly candidatesModule: string;
  readonly id: string;
  readonly options: EngineOptions;
}

/** A device that takes longer in all is of no use to anybody. */
const LIMIT_MS = 150_000;
const OWN_CANDIDATES = new URL(`./candidates${extname(import.meta.url)}`, import.meta.url);

/**
 * Measures every device of this machine that starts, one after the other, each in a process of its own.
 *
 * @param onDevice told before each.
 */
export async function benchmarkDevices(
  options: EngineOptions = {},
  onDevice: (id: string) => void = () => undefined,
): Promise<(DeviceBenchmark | DeviceFailure)[]> {
  const found: (DeviceBenchmark | DeviceFailure)[] = [];
  for (const candidate of deviceCandidates()) {
    if ((await candidate.unavailable(options)) !== null) continue;
    onDevice(candidate.id);
    found.push(await benchmarkOne(candidate, options));
  }
  return found;
}

export interface MeasureOptions extends Pick<LaunchOptions, 'execArgv'> {
  /** What `deviceCandidates` of the device's process is taken from. */
  readonly candidatesModule?: string;
  readonly limitMs?: number;
}

/** Measures one device in a process of its own, which is ended when it takes too long. */
export function benchmarkOne(
  { id }: Pick<DeviceCandidate, 'id'>,
  options: EngineOptions,
  {
    candidatesModule = OWN_CANDIDATES.href,
    limitMs = LIMIT_MS,
    execArgv = process.execArgv,
  }: MeasureOptions = {},
): Promise<DeviceBenchmark | DeviceFailure> {
  const module = fileURLToPath(new URL(`./benchmarkChild${extname(import.meta.url)}`, import.meta.url));
  const child = fork(module, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return new Promise((resolve) => {
    let answer: DeviceBenchmark | DeviceFailure = { id, failure: 'it ended without an answer' };
    let stopped = false;
    const timer = setTimeout(() => {
      stopped = true;
      child.kill('SIGKILL');
    }, limitMs);
    // What is known so far, again and again; the last is all.
    child.on('message', (message) => {
      answer = message as DeviceBenchmark | DeviceFailure;
    });
    child.once('error', (error) => {
      answer = { id, failure: error.message };
    });
    child.once('exit', (_, signal) => {
      clearTimeout(timer);
      const seconds = limitMs / 1000;
      if (!stopped) resolve(signal ? { id, failure: signal } : answer);
      else if ('passes' in answer) resolve({ ...answer, stoppedAfter: seconds });
      else resolve({ id, failure: `too slow, stopped after ${seconds} s` });
    });
    const request: BenchmarkRequest = { candidatesModule, id, options };
    child.send(request);
  });
}
