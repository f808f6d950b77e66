import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../files/privateFiles.js';
import { isAbandoned, ownerTag } from '../files/process.js';

/**
 * Private folders for what is unpacked and converted while a case is open, named by process.
 */
export class WorkingFolders {
  private readonly root: string;
  private readonly made = new Set<string>();

  constructor(root: string) {
    this.root = root;
  }

  async create(): Promise<string> {
    const folder = join(this.root, `${ownerTag()}-${randomUUID()}`);
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

  /** Removes what processes that were killed left. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.root).catch(() => [])) {
      if (isAbandoned(name))
        await rm(join(this.root, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
