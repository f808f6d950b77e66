import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isQuorumError, QuorumError } from '../errors.js';

/**
 * Writes a file under a temporary name in the same folder, flushes it to the disk and then renames it, so that
 * under `file` there is either the old content or all of the new. The temporary file is removed on failure.
 * @param mode who may read it, less what the user's umask takes away.
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE
 */
export async function writeFileAtomically(
  file: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { mode = 0o666 }: { readonly mode?: number } = {},
): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', mode);
    for await (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
    await flushFolder(dirname(file));
  } catch (error) {
    await handle?.close().catch(() => undefined);
    if (handle) await rm(temporary, { force: true }).catch(() => undefined);
    throw writeProblem(error, file);
  }
}

/** A new name in a folder is on the disk; where folders cannot be flushed (Windows) the system does it in its own time. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

/** The coded error behind a failed system call while writing `file`; anything else is passed on as it is. */
export function writeProblem(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (isQuorumError(error) || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new QuorumError({ code: 'DISK_FULL', found: code, file }, { cause: error });
  }
  const expected = 'a place that can be written';
  return new QuorumError({ code: 'OUTPUT_NOT_WRITABLE', expected, found: code, file }, { cause: error });
}
