import { z } from 'zod';
import { type Answers, answersSchema } from '../contract/cases.js';
import { readJson, writePrivately } from '../files/privateFiles.js';
import { Queue } from '../files/queue.js';

const keptSchema = z.array(
  z.object({ images: z.array(z.string()), answers: answersSchema, answeredAt: z.string() }),
);
type Kept = z.infer<typeof keptSchema>[number];

/** As long as results are kept. */
const MAXIMUM_AGE_DAYS = 30;

/** Answers to the three questions, by the content of the images that they are of: no name, path or date of a patient is in it. */
export class KeptAnswers {
  private readonly file: string;
  private readonly queue = new Queue();

  constructor(file: string) {
    this.file = file;
  }

  /** What was answered last for a case with any of these images. */
  async of(images: readonly string[]): Promise<{ answers: Answers; answeredAt: string } | null> {
    const kept = (await this.all()).findLast((one) => isOf(one, images));
    return kept ? { answers: kept.answers, answeredAt: kept.answeredAt } : null;
  }

  /** @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  async keep(images: readonly string[], answers: Answers): Promise<void> {
    if (images.length === 0) return;
    const answered = { images: [...images], answers, answeredAt: new Date().toISOString() };
    await this.change((all) => [...all.filter((one) => !isOf(one, images)), answered]);
  }

  async forget(images: readonly string[]): Promise<void> {
    await this.change((all) => all.filter((one) => !isOf(one, images)));
  }

  async clear(): Promise<void> {
    await this.change(() => []);
  }

  /** Removes what is too old. */
  async sweep(): Promise<void> {
    await this.change((all) => all);
  }

  private async all(): Promise<Kept[]> {
    return (await this.onDisk()).filter(isYoung);
  }

  private async onDisk(): Promise<Kept[]> {
    const kept = keptSchema.safeParse(await readJson(this.file));
    return kept.success ? kept.data : [];
  }

  private change(apply: (all: readonly Kept[]) => readonly Kept[]): Promise<void> {
    return this.queue.run(async () => {
      const before = await this.onDisk();
      const after = apply(before.filter(isYoung));
      if (JSON.stringify(after) !== JSON.stringify(before))
        await writePrivately(this.file, JSON.stringify(after));
    });
  }
}

function isYoung({ answeredAt }: Kept): boolean {
  return Date.parse(answeredAt) > Date.now() - MAXIMUM_AGE_DAYS * 86_400_000;
}

const isOf = ({ images }: Kept, of: readonly string[]) => images.some((image) => of.includes(image));
