import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { QuorumError } from '../errors.js';
import { refuseOutputInsideInput } from '../export/output.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { listDataset } from '../training/dataset.js';
import { randomStream } from '../training/random.js';
import type { Side } from '../training/split.js';

export interface SplitShares {
  readonly folders: readonly string[];
  /** Of the patients, 0..1; the rest trains. */
  readonly validation: number;
  readonly test: number;
  readonly seed: number;
}

/** Names of patients by side. */
export type SplitNames = Readonly<Record<Side, string[]>>;

/**
 * Deals the patients of data sets out by chance, each to one side, whole: all cases of a patient are on the same.
 *
 * @throws QuorumError SPLIT_INVALID where nobody is left to train on; what `listDataset` throws.
 */
export async function splitPatients({ folders, validation, test, seed }: SplitShares): Promise<SplitNames> {
  const names = new Set<string>();
  for (const folder of folders)
    for (const { patient } of (await listDataset(folder)).dataset.cases) names.add(patient);
  const patients = [...names].sort();
  const order = randomStream(seed).permutation(patients.length);
  const dealt = order.map((place) => patients[place]);
  const held = Math.round(test * patients.length);
  const validated = Math.round(validation * patients.length);
  const train = dealt.slice(held + validated).sort();
  if (train.length === 0) {
    const expected = 'at least one patient to train on';
    throw new QuorumError({ code: 'SPLIT_INVALID', field: 'train', expected, found: 'none' });
  }
  return { train, validation: dealt.slice(held, held + validated).sort(), test: dealt.slice(0, held).sort() };
}

/**
 * Writes `split.json` into a folder outside of the data.
 *
 * @throws QuorumError OUTPUT_INSIDE_INPUT, OUTPUT_EXISTS, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeSplit(
  sides: SplitNames,
  folder: string,
  datasets: readonly string[],
): Promise<string> {
  await refuseOutputInsideInput(folder, [...datasets]);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'split.json');
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new QuorumError({ code: 'OUTPUT_EXISTS', file, expected: 'no split.json yet' });
  const text = new TextEncoder().encode(`${JSON.stringify(sides, null, 2)}\n`);
  await writeFileAtomically(file, [text]);
  return file;
}
