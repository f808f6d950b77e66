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
