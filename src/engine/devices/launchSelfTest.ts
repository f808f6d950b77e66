import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineOptions } from './deviceCandidate.js';
import { type Judgement, judge } from './selfTest.js';

export interface SelfTestRequest {
  /** URL of a module that exports `deviceCandidates()`. */
  readonly candidatesModule: string;
  readonly id: string;
  readonly options: EngineOptions;
  /** Drivers for which a verdict is there already: with one of them nothing is tested. */
  readonly knownDrivers: readonly string[];
}

export interface SelfTestReport {
  /** The GPU's name, or null. */
  readonly adapter: string | null;
  /** GPU, driver, and version of the library that uses it; null when the process died before it was known. */
  readonly driver: string | null;
  /** Null when the driver is among the known ones. */
  readonly judgement: Judgement | null;
}

/** Runs `selfTestChild` somewhere else than in this process. Another host may put its own in place of `launchSelfTest`. */
export type SelfTestLauncher = (request: SelfTestRequest) => Promise<SelfTestReport>;

export interface LaunchOptions {
  readonly timeoutMs?: number;
  /** Node's options for the child; those of this process unless said otherwise. */
  readonly execArgv?: readonly string[];
}

const TIMEOUT_MS = 60_000;

/**
 * Tests a device in a child process of Node, because a faulty driver may end the process that loads it, or never
 * return. A crash and a timeout are judgements (`crashed`, `timed-out`) like any other; nothing is thrown.
 */
export async function launchSelfTest(
  request: SelfTestRequest,
  { timeoutMs = TIMEOUT_MS, execArgv = process.execArgv }: LaunchOptions = {},
): Promise<SelfTestReport> {
  const module = fileURLToPath(new URL(`./selfTestChild${extname(import.meta.url)}`, import.meta.url));
  const child = fork(module, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return collect(child, request, timeoutMs);
}

/**
 * Asks of a device only once which driver it has: that stays the same as long as this process runs, and asking takes a process of its own.
 * Whoever knows no driver of it, or others, asks anew.
 */
export function askingOnce(launch: SelfTestLauncher): SelfTestLauncher {
  const told = new Map<string, SelfTestReport>();
  return async (request) => {
    const device = `${request.candidatesModule} ${request.id}`;
    const before = told.get(device);
    if (before && request.knownDrivers.includes(before.driver!)) return { ...before, judgement: null };
    const report = await launch(request);
    if (report.driver !== null) told.set(device, report);
    return report;
  };
}

function collect(child: ChildProcess, request: SelfTestRequest, timeoutMs: number): Promise<SelfTestReport> {
  return new Promise((resolve) => {
    let report: SelfTestReport = { adapter: null, driver: null, judgement: null };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const finish = (failure: Judgement): void => {
      clearTimeout(timer);
      const known = report.driver !== null && request.knownDrivers.includes(report.driver);
      resolve(report.judgement || known ? report : { ...report, judgement: failure });
    };
    child.on('message', (message) => {
      report = message as SelfTestReport;
    });
    child.once('error', (error) => finish(judge('failed', error.message)));
    child.once('exit', (code, signal) => {
      if (timedOut) finish(judge('timed-out', `no answer within ${timeoutMs / 1000} s`));
      else finish(judge('crashed', signal ?? `exit code ${code}`));
    });
    child.send(request, (error) => {
      if (error) child.kill('SIGKILL');
    });
  });
}
