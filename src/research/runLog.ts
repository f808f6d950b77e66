import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LOG_FILE } from '../training/trainer.js';

const number = z.number();

/** What is read of a line; `quorum train` and the PyTorch trainer write the same. */
const lineSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('step'),
    step: z.int(),
    losses: z.record(z.string(), number),
    objectives: z.array(z.string()).optional(),
    norms: z.array(number).optional(),
    cosines: z.array(z.array(number)).optional(),
    normRatios: z.array(number).optional(),
  }),
  z.object({
    kind: z.literal('validation'),
    step: z.int(),
    score: number.nullable(),
    dice: z.record(z.string(), z.array(number.nullable())),
  }),
  // The last line of a finished run of the PyTorch trainer; its other notes are passed over.
  z.object({ kind: z.literal('note'), finished: z.literal(true) }),
]);
export type RunLine = z.infer<typeof lineSchema>;

/**
 * The log of a run, followed while it grows: each call reads what is new. A log that was cut back (a run that goes on from its
 * checkpoint) is read again from the start. Lines that are none of ours are passed over.
 */
export class RunLog {
  private readonly file: string;
  private read: RunLine[] = [];
  private offset = 0;
  private inode = 0n;
  private rest = '';

  /** @param folder of the run. */
  constructor(folder: string) {
    this.file = join(folder, LOG_FILE);
  }

  /** All lines up to now; none where there is no log. */
  async lines(): Promise<readonly RunLine[]> {
    const info = await stat(this.file, { bigint: true }).catch(() => null);
    if (!info) return this.startAgain();
    if (info.ino !== this.inode || Number(info.size) < this.offset) this.startAgain();
    this.inode = info.ino;
    if (Number(info.size) > this.offset) await this.readOn(Number(info.size));
    return this.read;
  }

  private startAgain(): readonly RunLine[] {
    this.read = [];
    this.offset = 0;
    this.rest = '';
    return this.read;
  }

  private async readOn(end: number): Promise<void> {
    const handle = await open(this.file, 'r');
    try {
      const bytes = Buffer.alloc(end - this.offset);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.offset);
      this.offset += bytesRead;
      // Lines are ASCII: no character is cut in two.
      const lines = (this.rest + bytes.toString('utf8', 0, bytesRead)).split('\n');
      this.rest = lines.pop()!;
      for (const text of lines) {
        const line = parse(text);
        if (line) this.read.push(line);
      }
    } finally {
      await handle.close();
    }
  }
}

function parse(text: string): RunLine | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
