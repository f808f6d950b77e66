import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ErrorCode } from '../errors.js';
import { problemOf, QuorumError } from '../errors.js';
import type { TemporaryFolders } from './temporaryFolders.js';

export interface UploadLimits {
  /** Of all files of one upload together. */
  readonly bytes: number;
  readonly files: number;
}

export interface UploadState {
  readonly bytes: number;
  readonly files: number;
}

/** Dropped folders on their way in: each is streamed, file by file, into a private folder. */
export class Uploads {
  readonly limits: UploadLimits;
  private readonly folders: TemporaryFolders;
  private readonly states = new Map<string, { bytes: number; files: number }>();
  private readonly cases = new Map<string, Set<string>>();

  constructor(folders: TemporaryFolders, limits: UploadLimits) {
    this.folders = folders;
    this.limits = limits;
  }

  async start(): Promise<string> {
    const { id } = await this.folders.create();
    this.states.set(id, { bytes: 0, files: 0 });
    return id;
  }

  folderOf(id: string): string {
    this.stateOf(id);
    return this.folders.folderOf(id);
  }

  /**
   * Streams one file to its place. A file that fails, or is broken off, leaves nothing behind.
   *
   * @param path as in the dropped folder, parts separated by `/`.
   * @throws QuorumError REQUEST_INVALID for a path that leads elsewhere, OUTPUT_EXISTS when the file is there already,
   * DATA_TOO_LARGE over a limit, DISK_FULL.
   */
  async receive(id: string, path: string, stream: Readable): Promise<UploadState & { fileBytes: number }> {
    const state = this.stateOf(id);
    const target = join(this.folders.folderOf(id), ...partsOf(path));
    if (++state.files > this.limits.files) {
      state.files--;
      throw new QuorumError({ code: 'DATA_TOO_LARGE', expected: `at most ${this.limits.files} files` });
    }
    let fileBytes = 0;
    const count = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        fileBytes += chunk.length;
        state.bytes += chunk.length;
        done(state.bytes > this.limits.bytes ? this.tooLarge(path) : null, chunk);
      },
    });
    let created = false;
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const file = await open(target, 'wx', 0o600);
      created = true;
      await pipeline(stream, count, file.createWriteStream());
    } catch (error) {
      state.files--;
      state.bytes -= fileBytes;
      if (created) await rm(target, { force: true });
      throw asProblem(error, path);
    }
    return { ...state, fileBytes };
  }

  /** The upload goes when the last case that was opened from it is closed. */
  keepFor(caseId: string, path: string): void {
    const id = this.folders.holding(path);
    if (id === null || !this.states.has(id)) return;
    const cases = this.cases.get(id) ?? new Set();
    this.cases.set(id, cases.add(caseId));
  }

  async caseClosed(caseId: string): Promise<void> {
    for (const [id, cases] of this.cases) {
      if (cases.delete(caseId) && cases.size === 0) await this.remove(id);
    }
  }

  async remove(id: string): Promise<void> {
    this.states.delete(id);
    this.cases.delete(id);
    await this.folders.remove(id);
  }

  private stateOf(id: string): { bytes: number; files: number } {
    const state = this.states.get(id);
    if (!state) throw new QuorumError({ code: 'NOT_OPEN', field: 'id', found: id.slice(0, 80) });
    return state;
  }

  private tooLarge(path: string): QuorumError {
    const expected = `at most ${(this.limits.bytes / 2 ** 30).toFixed(1)} GiB in one folder`;
    return new QuorumError({ code: 'DATA_TOO_LARGE', file: path, expected });
  }
}

/** What no part of an uploaded path may hold: control characters, `\`, and on Windows what names devices and streams. */
const FORBIDDEN = process.platform === 'win32' ? /[\p{Cc}\\<>:"|?*]|[ .]$/u : /[\p{Cc}\\]/u;

function partsOf(path: string): string[] {
  const parts = path.split('/');
  const wrong = parts.some(
    (part) => part === '' || part === '.' || part === '..' || part.length > 200 || FORBIDDEN.test(part),
  );
  if (wrong || parts.length > 32) {
    throw new QuorumError({
      code: 'REQUEST_INVALID',
      field: 'path',
      found: path.slice(0, 200),
      expected: 'a path within the dropped folder',
    });
  }
  return parts;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EEXIST: 'OUTPUT_EXISTS',
  ENOTDIR: 'OUTPUT_EXISTS',
  ENAMETOOLONG: 'REQUEST_INVALID',
  ERR_STREAM_PREMATURE_CLOSE: 'CANCELLED',
  ECONNRESET: 'CANCELLED',
};

function asProblem(error: unknown, file: string): QuorumError {
  if (error instanceof QuorumError) return error;
  const code = CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'OUTPUT_NOT_WRITABLE';
  return new QuorumError({ code, file, found: problemOf(error).found }, { cause: error });
}
