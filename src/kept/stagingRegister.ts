import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { removeAbandoned } from '../export/output.js';
import { readJson, writePrivately } from '../files/privateFiles.js';
import { isAbandoned, ownerTag } from '../files/process.js';

const schema = z.object({ folder: z.string() });
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Folders that results are being written to, one note for as long as it lasts: what a killed process left half-written in a user's
 * folder is found again. A note is gone when the job has ended; one whose folder cannot be reached is kept for 30 days.
 */
export class StagingRegister {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Runs work that writes below `output`. */
  async during<T>(output: string, work: () => Promise<T>): Promise<T> {
    const note = join(this.folder, `${ownerTag()}-${randomUUID()}.json`);
    await writePrivately(note, JSON.stringify({ folder: output }));
    try {
      return await work();
    } finally {
      if (await isSwept(output)) await rm(note, { force: true });
    }
  }

  /** Removes what killed processes left, and their notes. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const note = join(this.folder, name);
      const kept = schema.safeParse(await readJson(note));
      if (kept.success && !isAbandoned(name)) continue;
      const swept = !kept.success || (await isSwept(kept.data.folder));
      const old = Date.now() - ((await stat(note).catch(() => null))?.mtimeMs ?? 0) > KEPT_MS;
      if (swept || old) await rm(note, { force: true });
    }
  }
}

/** Removes what was abandoned beside, in and one level below a folder; false when something half-written may be left. */
async function isSwept(output: string): Promise<boolean> {
  const entries = await readdir(output, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : null,
  );
  // A drive that is not there is no empty folder.
  if (!entries || (await stat(dirname(output)).catch(() => null)) === null) return false;
  const inside = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const folders = [dirname(output), output, ...inside.map(({ name }) => join(output, name))];
  const left = await Promise.all(
    folders.map((folder) =>
      removeAbandoned(folder).then(
        (swept) => swept.left,
        ({ code }: NodeJS.ErrnoException) => (code === 'ENOENT' ? 0 : 1),
      ),
    ),
  );
  return left.every((number) => number === 0);
}
