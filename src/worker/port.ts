/** How a process that does heavy work is reached, whoever hosts it: `child_process.fork` here, `utilityProcess` in Electron. */

/** The worker as its host sees it. Messages are cloned with their typed arrays (never as JSON). */
export interface WorkerProcess {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, however the process ended. `reason` is a signal or an exit code. */
  onExit(listener: (reason: string) => void): void;
  /** Ends the process at once, whatever it is doing. */
  kill(): void;
}

export type WorkerLauncher = () => WorkerProcess;

/** The host as the worker sees it. */
export interface HostPort {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/** The port of this process's host: Electron's parentPort in a utilityProcess, else the channel of `fork`. */
export function hostPort(): HostPort {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on('message', ({ data }) => listener(data)),
    };
  }
  process.once('disconnect', () => process.exit());
  return {
    send: (message) => {
      process.send?.(message);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
  };
}
