import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from './privateFiles.js';

/**
 * Private folders for what is unpacked and converted while a case is open, named by process. What a killed process left is removed
 * when the next one needs a folder.
 */
export class WorkingFolders {
  private readonly root: string;
  private readonly made = new Set<string>();
  private swept = false;

  constructor(root: string) {
    this.root = root;
  }

  async create(): Promise<string> {
    if (!this.swept) await this.removeLeftovers();
    this.swept = true;
    const folder = join(this.root, `${process.pid}-${randomUUID()}`);
    await makePrivateFolder(folder);
    this.made.add(folder);
    return folder;
  }

  async remove(folder: string): Promise<void> {
    this.made.delete(folder);
    await rm(folder, { recursive: true, force: true });
  }

  /** Removes all that this process made. */
  async close(): Promise<void> {
    for (const folder of [...this.made]) await this.remove(folder);
  }

  private async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.root).catch(() => [])) {
      const pid = /^\d+(?=-)/.exec(name);
      if (!pid || !isRunning(Number(pid[0])))
        await rm(join(this.root, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
