import { cohortBudget } from '../../cohort/budget.js';
import { listDevices } from '../../pipeline/devices.js';
import type { WorkerSupervisor } from '../worker/supervisor.js';

/**
 * Processes that work off cohorts, beside the worker of open cases: a case that is read meanwhile waits for none of them. Started when
 * they are needed, ended when they have had nothing to do.
 */
export class CohortWorkers {
  private readonly start: () => WorkerSupervisor;
  private readonly all: WorkerSupervisor[] = [];
  private readonly idle: WorkerSupervisor[] = [];

  constructor(start: () => WorkerSupervisor) {
    this.start = start;
  }

  /** How many cases may be worked on at once, and with how many threads each. */
  async budget(profileFolder: string, device: string): Promise<{ sideBySide: number; threads: number }> {
    const onGraphicsCard = device !== 'cpu' && (await hasGraphicsCard(profileFolder, device));
    return cohortBudget(onGraphicsCard);
  }

  async with<T>(work: (worker: WorkerSupervisor) => Promise<T>): Promise<T> {
    const worker = this.idle.pop() ?? this.another();
    try {
      return await work(worker);
    } finally {
      this.idle.push(worker);
    }
  }

  close(): void {
    for (const worker of this.all) worker.close();
  }

  private another(): WorkerSupervisor {
    const worker = this.start();
    this.all.push(worker);
    return worker;
  }
}

async function hasGraphicsCard(profileFolder: string, device: string): Promise<boolean> {
  if (device !== 'auto') return true;
  const devices = await listDevices(profileFolder, false).catch(() => []);
  return devices.some(({ id, accepted }) => accepted && id !== 'cpu');
}
