import type { Surroundings } from '../../src/pipeline/context.js';
import type { FromWorker, ToWorker } from '../../src/pipeline/tasks.js';
import type { WorkerLauncher } from '../../src/session/services.js';
import { createTasks, dispatcher } from '../../src/worker/createTasks.js';

/** The worker's tasks in this process, with a clock and identifiers of the test's; messages are cloned as between processes. */
export function localWorker(around: Surroundings): (workerArguments: readonly string[]) => WorkerLauncher {
  return ([cacheFolder]) =>
    () => {
      const tasks = createTasks(cacheFolder, () => Promise.reject(new Error('no device is tested')), around);
      const listeners: ((message: unknown) => void)[] = [];
      const answer = (message: FromWorker) => {
        for (const listener of listeners) listener(structuredClone(message));
      };
      const dispatch = dispatcher(tasks, answer);
      return {
        pid: 1,
        send: (message) => dispatch(structuredClone(message) as ToWorker),
        onMessage: (listener) => listeners.push(listener),
        onExit: () => undefined,
        kill: () => undefined,
      };
    };
}
