import { type FileHandle, open, stat } from 'node:fs/promises';
import { isQuorumError, QuorumError } from '../errors.js';

const PIECE = 1 << 20;

/** A file open for reading, with its length in bytes. */
export interface OpenFile {
  readonly file: string;
  readonly length: number;
  /** The bytes [start, end), fewer where the file is shorter. */
  read(start: number, end: number): Promise<Buffer>;
  /** The bytes [start, end) in pieces of at most 1 MiB. */
  pieces(start: number, end: number): AsyncGenerator<Buffer>;
}

/**
 * Opens a file for the time of `use`.
 * @throws QuorumError FILE_NOT_FOUND, FILE_UNREADABLE (`found`: the system's code, or what it is instead of a file)
 */
export async function withFile<T>(file: string, use: (opened: OpenFile) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    // Asked before opening: opening a named pipe would wait for its other end.
    const status = await stat(file);
    if (!status.isFile()) throw unreadable(file, status.isDirectory() ? 'a folder' : 'not a regular file');
    if (status.size === 0)
      throw new QuorumError({ code: 'DATA_TRUNCATED', file, expected: 'an image', found: 'an empty file' });
    handle = await open(file, 'r');
    return await use(openFile(handle, file, status.size));
  } catch (error) {
    throw readProblem(error, file);
  } finally {
    await handle?.close();
  }
}

function openFile(handle: FileHandle, file: string, length: number): OpenFile {
  const read = async (start: number, end: number) => {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(end, length) - start));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  };
  async function* pieces(start: number, end: number) {
    for (let at = start; at < Math.min(end, length); at += PIECE)
      yield await read(at, Math.min(end, at + PIECE));
  }
  return { file, length, read, pieces };
}

function unreadable(file: string, found: string): QuorumError {
  return new QuorumError({ code: 'FILE_UNREADABLE', expected: 'a readable file', found, file });
}

/** The coded error behind a failed system call on `file`; anything else is passed on as it is. */
export function readProblem(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (isQuorumError(error) || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new QuorumError({ code: 'FILE_NOT_FOUND', file }, { cause: error });
  return new QuorumError(
    { code: 'FILE_UNREADABLE', expected: 'a readable file', found: code, file },
    { cause: error },
  );
}
