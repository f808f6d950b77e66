import { join } from 'node:path';
import { type UtilityProcess, utilityProcess } from 'electron';
import type { ServiceOptions, WorkerLauncher } from '../src/session/services.js';

type SelfTestLauncher = NonNullable<ServiceOptions['launchSelfTest']>;
type SelfTestReport = Awaited<ReturnType<SelfTestLauncher>>;

const SELF_TEST_MS = 60_000;

/** The worker in a utilityProcess. */
export function utilityWorker(appFolder: string, workerArguments: readonly string[]): WorkerLauncher {
  return () => {
    const child = launch(appFolder, 'worker/main.js', workerArguments, 'Quorum worker');
    return {
      get pid() {
        return child.pid;
      },
      send: (message) => child.postMessage(message),
      onMessage: (listener) => {
        child.on('message', listener);
      },
      onExit: (listener) => {
        child.once('exit', (code) => listener(`exit code ${code}`));
      },
      kill: () => killAtOnce(child),
    };
  };
}

/** The self-test of a GPU in a utilityProcess: one that crashes or hangs is a judgement like any other. */
export function utilitySelfTest(appFolder: string): SelfTestLauncher {
  return (request) =>
    new Promise((resolve) => {
      const child = launch(appFolder, 'engine/devices/selfTestChild.js', [], 'Quorum device test');
      let report: SelfTestReport = { adapter: null, driver: null, judgement: null };
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        killAtOnce(child);
      }, SELF_TEST_MS);
      child.on('message', (message: SelfTestReport) => {
        report = message;
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        const known = report.driver !== null && request.knownDrivers.includes(report.driver);
        if (report.judgement !== null || known) return resolve(report);
        const detail = timedOut ? `no answer within ${SELF_TEST_MS / 1000} s` : `exit code ${code}`;
        resolve({ ...report, judgement: failed(timedOut ? 'timed-out' : 'crashed', detail) });
      });
      child.postMessage(request);
    });
}

function failed(reason: 'timed-out' | 'crashed', detail: string): SelfTestReport['judgement'] {
  return { accepted: false, reason, detail, maxLogitDifference: null, dice: null, speedRatio: null };
}

function launch(appFolder: string, module: string, args: readonly string[], name: string): UtilityProcess {
  return utilityProcess.fork(join(__dirname, 'utility.cjs'), [join(appFolder, 'dist', module), ...args], {
    serviceName: name,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** `kill()` of a utilityProcess asks; a worker in the middle of a computation would not hear it. */
function killAtOnce(child: UtilityProcess): void {
  if (child.pid === undefined) return void child.kill();
  try {
    process.kill(child.pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
