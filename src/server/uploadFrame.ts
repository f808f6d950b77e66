import type { Readable } from 'node:stream';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { decodeFrame, frameHeadLength } from '../wire/frame.js';

const listSchema = z
  .array(z.strictObject({ path: z.string(), bytes: z.int().nonnegative() }))
  .min(1)
  .max(1000);

export type ListedFile = z.output<typeof listSchema>[number];

/** The list is held in memory; the files never are. */
const LIST_LIMIT_BYTES = 4 * 2 ** 20;

/** A frame that comes as a stream: a list of files, then their bytes. */
export class IncomingFrame {
  private readonly parts: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    // Left open after an error, so that the answer still reaches the sender.
    this.parts = stream.iterator({ destroyOnReturn: false });
  }

  /** @throws QuorumError REQUEST_INVALID (field `frame`) when what comes is no list of files. */
  async list(): Promise<ListedFile[]> {
    const start = await this.whole(4);
    const length = frameHeadLength(start.readUInt32LE(0));
    if (length > LIST_LIMIT_BYTES) throw invalid(`a list of at most ${LIST_LIMIT_BYTES} bytes`);
    const head = Buffer.concat([start, await this.whole(length - start.length)]);
    const parsed = listSchema.safeParse(decodeFrame(head).json);
    if (!parsed.success) throw invalid(parsed.error.issues[0].message);
    return parsed.data;
  }

  /** The next `count` bytes, as they come. @throws QuorumError REQUEST_INVALID (field `frame`) when the stream ends before. */
  async *take(count: number): AsyncGenerator<Buffer> {
    while (count > 0) {
      if (this.rest.length === 0) this.rest = await this.next();
      const part = this.rest.subarray(0, count);
      this.rest = this.rest.subarray(part.length);
      count -= part.length;
      yield part;
    }
  }

  /** @throws QuorumError REQUEST_INVALID (field `frame`) when more bytes come than were listed. */
  async expectEnd(): Promise<void> {
    if (this.rest.length > 0 || !(await this.parts.next()).done) throw invalid('as many bytes as listed');
  }

  private async whole(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.take(count)) parts.push(part);
    return Buffer.concat(parts);
  }

  private async next(): Promise<Buffer> {
    const { done, value } = await this.parts.next();
    if (done) throw invalid('as many bytes as listed');
    return value;
  }
}

function invalid(expected: string): QuorumError {
  return new QuorumError({ code: 'REQUEST_INVALID', field: 'frame', expected });
}
