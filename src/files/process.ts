import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * Who made a temporary folder, as a part of its name: this machine and this process. A folder on a shared drive may belong to a
 * living process of another machine.
 */
export function ownerTag(): string {
  return `${HOST}-${process.pid}`;
}

/** Whether a name that begins with a tag of `ownerTag` belongs to a process of this machine that no longer runs. */
export function isAbandoned(tagged: string): boolean {
  const owner = /^([0-9a-f]{8})-(\d+)(?!\d)/.exec(tagged);
  return owner !== null && owner[1] === HOST && !isRunning(Number(owner[2]));
}

/** The machine's name, unreadable: it may say whose machine it is. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
