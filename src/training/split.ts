import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Problem, QuorumError } from '../errors.js';
import { type DatasetCase, throwAll } from './dataset.js';
import { randomStream } from './random.js';

/** The sides of a split. */
export const SIDES = ['train', 'validation', 'test'] as const;
export type Side = (typeof SIDES)[number];

/** A split file: JSON, each side a list of patients' or cases' names; absent sides are empty. */
const splitSchema = z.strictObject({
  train: z.array(z.string()).default([]),
  validation: z.array(z.string()).default([]),
  test: z.array(z.string()).default([]),
});

/** The cases of each side. No patient is on two sides. */
export type Split<C> = Readonly<Record<Side, readonly C[]>>;

type Named = Pick<DatasetCase, 'name' | 'patient'>;

export interface SplitOptions {
  /** Called with the names that no case has: those of other data sets, as long as at least one name is there. */
  readonly onStrangers?: (names: readonly string[]) => void;
}

/**
 * Reads a split file and applies it. A patient's name stands for all cases of that patient, in every data set.
 * Cases that no side names are left out; names of patients that are not here are passed over, for one split may serve several data
 * sets.
 *
 * @throws QuorumError SPLIT_INVALID, with `also`: not such a file, none of its names here, a case or a patient on
 * two sides; FILE_NOT_FOUND.
 */
export async function readSplit<C extends Named>(
  file: string,
  cases: readonly C[],
  { onStrangers }: SplitOptions = {},
): Promise<Split<C>> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file }, { cause });
  });
  let parsed: z.ZodSafeParseResult<z.infer<typeof splitSchema>>;
  try {
    parsed = splitSchema.safeParse(JSON.parse(text));
  } catch (cause) {
    throw new QuorumError({ code: 'SPLIT_INVALID', expected: 'JSON', file }, { cause });
  }
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new QuorumError({
      code: 'SPLIT_INVALID',
      field: issue.path.join('.'),
      expected: issue.message,
      file,
    });
  }
  const { data } = parsed;
  const split = Object.fromEntries(
    SIDES.map((side) => [side, casesNamed(data[side], cases)]),
  ) as unknown as Split<C>;
  const strangers = strangersOf(
    SIDES.flatMap((side) => data[side]),
    cases,
  );
  const nobody = SIDES.every((side) => split[side].length === 0)
    ? strangers.map((found) => stranger(found, file))
    : [];
  throwAll([...nobody, ...overlaps(split, file)]);
  if (strangers.length > 0) onStrangers?.(strangers);
  return split;
}

/**
 * Fold `fold` of `folds` is the validation side, the others train; patients are dealt out in an order that the seed
 * decides, so that the folds of one seed share no patient and together hold all.
 *
 * @throws QuorumError SPLIT_INVALID when there are fewer patients than folds or `fold` is not one of them.
 */
export function foldSplit<C extends Named>(
  cases: readonly C[],
  folds: number,
  fold: number,
  seed: number,
): Split<C> {
  const patients = [...new Set(cases.map(({ patient }) => patient))].sort();
  const possible = Number.isInteger(folds) && folds >= 2 && folds <= patients.length;
  if (!possible || !Number.isInteger(fold) || fold < 0 || fold >= folds) {
    throw new QuorumError({
      code: 'SPLIT_INVALID',
      field: possible ? 'fold' : 'folds',
      expected: possible ? `0 to ${folds - 1}` : `2 to ${patients.length}, the number of patients`,
      found: String(possible ? fold : folds),
    });
  }
  const order = randomStream(seed).permutation(patients.length);
  const held = new Set(order.flatMap((patient, place) => (place % folds === fold ? patients[patient] : [])));
  return {
    train: cases.filter(({ patient }) => !held.has(patient)),
    validation: cases.filter(({ patient }) => held.has(patient)),
    test: [],
  };
}

function strangersOf(names: readonly string[], cases: readonly Named[]): string[] {
  const known = new Set(cases.flatMap(({ name, patient }) => [name, patient]));
  return [...new Set(names)].filter((name) => !known.has(name));
}

function stranger(found: string, file: string): Problem {
  const expected = 'at least one name of a patient or case of the data sets';
  return { code: 'SPLIT_INVALID', field: 'patient', expected, found, file };
}

function casesNamed<C extends Named>(names: readonly string[], cases: readonly C[]): C[] {
  const wanted = new Set(names);
  return cases.filter(({ name, patient }) => wanted.has(name) || wanted.has(patient));
}

function overlaps<C extends Named>(split: Split<C>, file: string): Problem[] {
  const sides = new Map<string, Set<Side>>();
  for (const side of SIDES) {
    for (const { patient } of split[side]) sides.set(patient, (sides.get(patient) ?? new Set()).add(side));
  }
  return [...sides].flatMap(([patient, on]) => {
    if (on.size === 1) return [];
    const found = `${patient} on ${[...on].join(' and ')}`;
    return { code: 'SPLIT_INVALID', field: 'patient', expected: 'each patient on one side', found, file };
  });
}
