import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { writeProblem } from '../../files/wholeFile.js';
import type { Runs } from '../../masks/runs.js';
import { decodeFrame, encodeFrame } from '../../wire/frame.js';
import type { Action } from './history.js';

/** One entry: 4 bytes length and 8 bytes of SHA-256 of what follows, then a frame (`wire/frame.ts`) of action and runs. */
const HEAD_BYTES = 12;

export interface Entry {
  readonly action: Action;
  readonly runs: Runs;
}

/**
 * An append-only file of actions. An entry is on the disk (fdatasync) when `append` resolves. What a process that was killed left
 * half-written at the end is cut off on opening; everything before it counts.
 */
export class Journal {
  private readonly file: string;
  private readonly handle: FileHandle;
  private bytes: number;

  private constructor(file: string, handle: FileHandle, bytes: number) {
    this.file = file;
    this.handle = handle;
    this.bytes = bytes;
  }

  /** Opens (or creates, 0600) a journal and gives the entries that are in it. */
  static async open(file: string): Promise<{ journal: Journal; entries: Entry[] }> {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const { entries, end } = parse(bytes);
    if (end < bytes.length) await truncate(file, end);
    try {
      return { journal: new Journal(file, await open(file, 'a', 0o600), end), entries };
    } catch (error) {
      throw writeProblem(error, file);
    }
  }

  /** @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE; the journal is then as it was before. */
  async append({ action, runs }: Entry): Promise<void> {
    const frame = encodeFrame(action, runs.slice().buffer);
    const entry = Buffer.alloc(HEAD_BYTES + frame.length);
    entry.writeUInt32LE(frame.length, 0);
    checksum(frame).copy(entry, 4);
    entry.set(frame, HEAD_BYTES);
    try {
      await this.handle.writeFile(entry);
      await this.handle.datasync();
      this.bytes += entry.length;
    } catch (error) {
      await this.handle.truncate(this.bytes).catch(() => undefined);
      throw writeProblem(error, this.file);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function parse(bytes: Buffer): { entries: Entry[]; end: number } {
  const entries: Entry[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const frame = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    if (frame.length < length || !checksum(frame).equals(bytes.subarray(at + 4, at + HEAD_BYTES))) break;
    const { json, data } = decodeFrame(frame);
    entries.push({ action: json as Action, runs: new Uint32Array(data) });
    at += HEAD_BYTES + length;
  }
  return { entries, end: at };
}

function checksum(frame: Uint8Array): Buffer {
  return createHash('sha256').update(frame).digest().subarray(0, 8);
}
