import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerLauncher } from './process.js';

/** The worker's module; a host of its own kind (Electron) starts this one. */
const WORKER_MODULE = fileURLToPath(new URL(`../../worker/main${extname(import.meta.url)}`, import.meta.url));

/**
 * Starts the worker as a child process of Node.
 *
 * @param workerArguments what its process takes (`createServices` gives them).
 * @param execArgv Node's options for the child; those of this process unless said otherwise.
 */
export function forkedWorker(
  workerArguments: readonly string[],
  execArgv: readonly string[] = process.execArgv,
): WorkerLauncher {
  return () => {
    const child = fork(WORKER_MODULE, [...workerArguments], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return {
      pid: child.pid,
      send: (message) => {
        // A worker that has just died is reported by its exit.
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage: (listener) => {
        child.on('message', listener);
      },
      onExit: (listener) => {
        let ended = false;
        const end = (reason: string) => {
          if (!ended) listener(reason);
          ended = true;
        };
        child.once('error', (error) => end(error.message));
        child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      },
      kill: () => {
        child.kill('SIGKILL');
      },
    };
  };
}
