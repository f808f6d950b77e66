import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { REGIONS } from '../terms.js';
import { DICE_FILE } from '../training/runResults.js';

/** JSON has no NaN: of what nobody has, `dice.json` says null. */
const number = z.number().nullable();

const sideSchema = z.object({
  score: number,
  combinations: z.record(
    z.string(),
    z.record(
      z.enum(REGIONS),
      z.object({
        mean: number,
        low: number,
        high: number,
        patients: z.int(),
        values: z.record(z.string(), z.number()),
      }),
    ),
  ),
});

const diceSchema = z.object({
  kind: z.literal('training-dice'),
  description: z.string(),
  validation: sideSchema.nullable(),
  test: sideSchema.nullable(),
});
/** Dice of a finished run on the model's grid (`writeDice`). */
export type RunDice = z.infer<typeof diceSchema>;

/**
 * `dice.json` of a run's folder; null where the run is not finished.
 *
 * @throws QuorumError FILE_UNREADABLE for a file that is none.
 */
export async function readDice(folder: string): Promise<RunDice | null> {
  const file = join(folder, DICE_FILE);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return diceSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new QuorumError({ code: 'FILE_UNREADABLE', file, expected: 'Dice of a training run' }, { cause });
  }
}
