import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type ErrorCode, isQuorumError, problemOf, QuorumError } from '../errors.js';
import type { TemporaryFolders } from './temporaryFolders.js';
import { IncomingFrame, type ListedFile } from './uploadFrame.js';

export interface UploadLimits {
  /** Of all files of one upload together. */
  readonly bytes: number;
  readonly files: number;
}

export interface UploadState {
  readonly bytes: number;
  readonly files: number;
}

/** Dropped folders on their way in: each is streamed, many files in one request, into a private folder. */
export class Uploads {
  readonly limits: UploadLimits;
  private readonly folders: TemporaryFolders;
  private readonly states = new Map<string, { bytes: number; files: number }>();
  /** Open cases and cohorts of each upload. */
  private readonly users = new Map<string, Set<string>>();

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
   * Streams the files of one request (`encodeFrame` of their paths and sizes, then their bytes one after the other) to their places.
   * All that is listed is checked before the first byte is written. A request that fails, or is broken off, leaves none of its
   * files behind.
   *
   * @throws QuorumError REQUEST_INVALID for a path that leads elsewhere or bytes that are not as many as listed, OUTPUT_EXISTS when
   * a file is there already, DATA_TOO_LARGE over a limit, DISK_FULL.
   */
  async receive(id: string, stream: Readable): Promise<UploadState> {
    const state = this.stateOf(id);
    const folder = this.folders.folderOf(id);
    const frame = new IncomingFrame(stream);
    const listed = await frame.list();
    const targets = listed.map(({ path }) => join(folder, ...partsOf(path)));
    const bytes = this.reserve(state, listed);
    const created: string[] = [];
    try {
      const parents = new Set(targets.map((target) => dirname(target)));
      for (const parent of parents) await mkdir(parent, { recursive: true, mode: 0o700 });
      for (const [index, target] of targets.entries()) {
        const file = await open(target, 'wx', 0o600);
        created.push(target);
        await writeFile(file, frame.take(listed[index].bytes)).finally(() => file.close());
      }
      await frame.expectEnd();
    } catch (error) {
      state.files -= listed.length;
      state.bytes -= bytes;
      await Promise.all(created.map((target) => rm(target, { force: true })));
      throw asProblem(error, listed[Math.min(created.length, listed.length - 1)].path);
    }
    return { ...state };
  }

  /** The upload goes when the last case or cohort that was opened from it is closed. */
  keepFor(user: string, path: string): void {
    const id = this.folders.holding(path);
    if (id === null || !this.states.has(id)) return;
    const users = this.users.get(id) ?? new Set();
    this.users.set(id, users.add(user));
  }

  async closed(user: string): Promise<void> {
    for (const [id, users] of this.users) {
      if (users.delete(user) && users.size === 0) await this.remove(id);
    }
  }

  async remove(id: string): Promise<void> {
    this.states.delete(id);
    this.users.delete(id);
    await this.folders.remove(id);
  }

  private stateOf(id: string): { bytes: number; files: number } {
    const state = this.states.get(id);
    if (!state) throw new QuorumError({ code: 'NOT_OPEN', field: 'id', found: id.slice(0, 80) });
    return state;
  }

  /** Counts files in before they come. Returns their bytes. */
  private reserve(state: { bytes: number; files: number }, listed: readonly ListedFile[]): number {
    const bytes = listed.reduce((sum, file) => sum + file.bytes, 0);
    const expected =
      state.files + listed.length > this.limits.files
        ? `at most ${this.limits.files} files`
        : state.bytes + bytes > this.limits.bytes
          ? `at most ${(this.limits.bytes / 2 ** 30).toFixed(1)} GiB in one folder`
          : null;
    if (expected !== null) throw new QuorumError({ code: 'DATA_TOO_LARGE', expected });
    state.files += listed.length;
    state.bytes += bytes;
    return bytes;
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
  if (isQuorumError(error)) return error;
  const code = CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'OUTPUT_NOT_WRITABLE';
  return new QuorumError({ code, file, found: problemOf(error).found }, { cause: error });
}
