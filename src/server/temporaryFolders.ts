import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuorumError } from '../errors.js';
import { isAbandoned, ownerTag } from '../files/process.js';
import { isWithin } from '../files/within.js';

const PREFIX = 'quorum-serve-';

/**
 * Private folders (0700) for dropped files and downloads, in one folder of this process. What an earlier process left behind
 * because it was killed is removed when the next one starts.
 */
export class TemporaryFolders {
  /** Holds all of them. */
  readonly root: string;
  private readonly folders = new Map<string, string>();
  private readonly removeAtExit = () => rmSync(this.root, { recursive: true, force: true });

  constructor(parent: string = tmpdir()) {
    this.root = realpathSync(mkdtempSync(join(parent, `${PREFIX}${ownerTag()}-`)));
    process.once('exit', this.removeAtExit);
  }

  async create(): Promise<{ id: string; folder: string }> {
    const id = randomUUID();
    const folder = join(this.root, id);
    await mkdir(folder, { mode: 0o700 });
    this.folders.set(id, folder);
    return { id, folder };
  }

  /** @throws QuorumError NOT_OPEN for an id that is unknown or gone. */
  folderOf(id: string): string {
    const folder = this.folders.get(id);
    if (folder === undefined)
      throw new QuorumError({ code: 'NOT_OPEN', field: 'id', found: id.slice(0, 80) });
    return folder;
  }

  /** The id of the folder that holds `path`, or null. */
  holding(path: string): string | null {
    for (const [id, folder] of this.folders) if (isWithin(folder, path)) return id;
    return null;
  }

  async remove(id: string): Promise<void> {
    const folder = this.folders.get(id);
    this.folders.delete(id);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  async removeAll(): Promise<void> {
    this.folders.clear();
    process.removeListener('exit', this.removeAtExit);
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Removes folders of servers that are no longer running. */
export async function removeLeftovers(parent: string = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.startsWith(PREFIX) && isAbandoned(name.slice(PREFIX.length)))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
