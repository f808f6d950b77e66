import { problemOf } from '../../src/errors.js';
import type { Surroundings } from '../../src/pipeline/context.js';
import type { FromWorker, ToWorker } from '../../src/pipeline/tasks.js';
import type { WorkerLauncher } from '../../src/session/services.js';
import { createTasks } from '../../src/worker/createTasks.js';

/** The worker's tasks in this process, with a clock and identifiers of the test's; messages are cloned as between processes. */
export function localWorker(around: Surroundings): (workerArguments: readonly string[]) => WorkerLauncher {
  return ([cacheFolder]) =>
    () => {
      const tasks = createTasks(cacheFolder, () => Promise.reject(new Error('no device is tested')), around);
      const listeners: ((message: unknown) => void)[] = [];
      const running = new Map<number, AbortController>();
      const answer = (message: FromWorker) => {
        for (const listener of listeners) listener(structuredClone(message));
      };
      const run = async ({ id, task, arguments: given }: Extract<ToWorker, { kind: 'run' }>) => {
        const controller = new AbortController();
        running.set(id, controller);
        try {
          const result = await tasks[task](given as never, {
            signal: controller.signal,
            report: (stage, progress, details) => answer({ kind: 'progress', id, stage, progress, details }),
          });
          answer({ kind: 'done', id, result });
        } catch (error) {
          answer({ kind: 'failed', id, problem: problemOf(error) });
        }
      };
      return {
        pid: 1,
        send: (message) => {
          const received = structuredClone(message) as ToWorker;
          if (received.kind === 'run') void run(received);
          else if (received.kind === 'cancel') running.get(received.id)?.abort();
        },
        onMessage: (listener) => listeners.push(listener),
        onExit: () => undefined,
        kill: () => undefined,
      };
    };
}
