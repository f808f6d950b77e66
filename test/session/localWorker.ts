import type { Surroundings } from '../../src/pipeline/context.js';
import type { FromWorker } from '../../src/pipeline/tasks.js';
import type { WorkerLauncher } from '../../src/session/services.js';
import { connectWorker } from '../../src/worker/createTasks.js';

/** The worker in this process, with a clock and identifiers of the test's; messages are cloned as between processes. */
export function localWorker(around: Surroundings): (workerArguments: readonly string[]) => WorkerLauncher {
  return ([cacheFolder]) =>
    () => {
      const [there, here]: ((message: unknown) => void)[][] = [[], []];
      const tell = (listeners: typeof here, message: unknown) => {
        for (const listener of listeners) listener(structuredClone(message));
      };
      const port = {
        on: (_event: 'message', listener: (message: unknown) => void) => there.push(listener),
        send: (message: FromWorker) => tell(here, message),
      };
      connectWorker(port, cacheFolder, async () => undefined, around);
      return {
        pid: 1,
        send: (message) => tell(there, message),
        onMessage: (listener) => here.push(listener),
        onExit: () => undefined,
        kill: () => undefined,
      };
    };
}
