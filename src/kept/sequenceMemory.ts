import { z } from 'zod';
import { type Sequence, sequenceSchema } from '../contract/basic.js';
import { readJson, writePrivately } from '../files/privateFiles.js';
import { Queue } from '../files/queue.js';

const memorySchema = z.array(z.tuple([z.string(), sequenceSchema]));
const MOST = 2000;

/** What the user said series are, by the hash of their content: no name, path or date is in it. The oldest go first. */
export class SequenceMemory {
  private readonly file: string;
  private readonly queue = new Queue();

  constructor(file: string) {
    this.file = file;
  }

  /** What is kept; empty when the file is missing or damaged. */
  async all(): Promise<Map<string, Sequence>> {
    const kept = memorySchema.safeParse(await readJson(this.file));
    return new Map(kept.success ? kept.data : []);
  }

  /** @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  async remember(series: string, sequence: Sequence | null): Promise<void> {
    await this.change((kept) => {
      kept.delete(series);
      if (sequence) kept.set(series, sequence);
    });
  }

  /** Forgets what these series are. @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  async forget(series: readonly string[]): Promise<void> {
    await this.change((kept) => {
      for (const one of series) kept.delete(one);
    });
  }

  private change(apply: (kept: Map<string, Sequence>) => void): Promise<void> {
    return this.queue.run(async () => {
      const kept = await this.all();
      apply(kept);
      await writePrivately(this.file, JSON.stringify([...kept].slice(-MOST)));
    });
  }
}
