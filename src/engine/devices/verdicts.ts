/** Verdicts on devices, kept per device and driver version in one JSON file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivately } from '../../files/privateFiles.js';
import type { Judgement } from './selfTest.js';

const verdictSchema = z.object({
  deviceId: z.string(),
  /** GPU, driver version and library version that were tested. */
  driver: z.string(),
  adapter: z.string().nullable(),
  /** ISO 8601. */
  testedAt: z.string(),
  accepted: z.boolean(),
  reason: z.enum([
    'accepted',
    'logits-differ',
    'masks-differ',
    'not-finite',
    'slower',
    'failed',
    'crashed',
    'timed-out',
  ]),
  detail: z.string(),
  maxLogitDifference: z.number().nullable(),
  dice: z.number().nullable(),
  speedRatio: z.number().nullable(),
});

/** One device's last self-test with one driver. */
export type Verdict = Readonly<z.infer<typeof verdictSchema>> & Judgement;

/** Counts up when the self-test changes, so that older verdicts are not trusted. */
const REVISION = 1;
const fileSchema = z.object({ revision: z.literal(REVISION), verdicts: z.array(verdictSchema) });

/** Name of the file within the folder that the caller gives. */
export const VERDICTS_FILE = 'device-verdicts.json';

/** The verdicts kept in `folder`. A file that is missing, damaged or of another revision holds none: they are only a memory. */
export async function readVerdicts(folder: string): Promise<Verdict[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(folder, VERDICTS_FILE), 'utf8'))).verdicts;
  } catch {
    return [];
  }
}

/** Keeps `verdict` in place of an earlier one on the same device and driver. A folder that cannot be written to only costs another test. */
export function keepVerdict(folder: string, verdict: Verdict): Promise<void> {
  last = last.then(() => addVerdict(folder, verdict));
  return last;
}

/** One change after the other: each reads what is there before it writes. */
let last: Promise<void> = Promise.resolve();

async function addVerdict(folder: string, verdict: Verdict): Promise<void> {
  const others = (await readVerdicts(folder)).filter(
    ({ deviceId, driver }) => deviceId !== verdict.deviceId || driver !== verdict.driver,
  );
  const text = JSON.stringify({ revision: REVISION, verdicts: [...others, verdict] }, null, 2);
  await writePrivately(join(folder, VERDICTS_FILE), text).catch(() => undefined);
}
