import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { QuorumError } from '../errors.js';
import { ownerTag } from './process.js';
import { flushFolder, writeProblem } from './wholeFile.js';

/** What a folder in the making is called: `removeAbandoned` finds those of killed processes beside what they were for. */
export const STAGING = '.quorum-part-';

export interface WholeFolderOptions {
  /** Who may read it, less what the user's umask takes away. */
  readonly mode?: number;
  /** What is there already goes aside first, and comes back when the new folder cannot take its place; else it is refused. */
  readonly replace?: boolean;
  /** Names beside the final one, where a store sweeps its own. */
  readonly making?: string;
  readonly earlier?: string;
}

/**
 * Makes a folder that appears with everything in it or not at all. An empty one is replaced.
 *
 * @param write fills the folder that it is given.
 * @throws QuorumError OUTPUT_EXISTS, DISK_FULL, OUTPUT_NOT_WRITABLE, and what `write` throws; nothing half-made is left.
 */
export async function writeFolderWhole<T>(
  folder: string,
  write: (making: string) => Promise<T>,
  { mode = 0o777, replace = false, ...names }: WholeFolderOptions = {},
): Promise<T> {
  const parent = dirname(folder);
  const making =
    names.making ?? join(parent, `${STAGING}${ownerTag()}-${basename(folder)}-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(parent, { recursive: true, mode });
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { mode });
    const made = await write(making);
    await flushFolder(making);
    await takePlace(making, folder, replace, names.earlier ?? `${making}-earlier`);
    await flushFolder(parent);
    return made;
  } catch (error) {
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
    throw writeProblem(error, folder);
  }
}

async function takePlace(making: string, folder: string, replace: boolean, earlier: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error.code === 'ENOTDIR' ? exists(folder, 'a file') : error;
  });
  if (names?.length === 0) await rmdir(folder);
  const isFilled = names !== null && names.length > 0;
  if (isFilled && !replace) throw exists(folder, `${names.length} files`);
  if (isFilled) {
    await rm(earlier, { recursive: true, force: true });
    await rename(folder, earlier);
  }
  try {
    await rename(making, folder);
  } catch (error) {
    if (isFilled) await rename(earlier, folder);
    throw error;
  }
  if (isFilled) await rm(earlier, { recursive: true, force: true });
}

function exists(folder: string, found: string): QuorumError {
  return new QuorumError({
    code: 'OUTPUT_EXISTS',
    file: folder,
    expected: 'no such folder, or an empty one',
    found,
  });
}
