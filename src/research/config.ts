import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { TRAIN_OPTIONS } from '../contract/trainOptions.js';
import {
  type TrainOrder,
  type TrainValues,
  trainOrder,
  trainValues,
  trainValuesSchema,
} from '../contract/trainOrder.js';
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';

/** A run's own configuration, beside its checkpoints. */
export const CONFIG_FILE = 'config.yaml';

const HEAD = `# What this run was asked for: quorum train --config ${CONFIG_FILE}\n`;
const PATHS = [
  'datasets',
  ...TRAIN_OPTIONS.filter(({ kind }) => kind === 'file' || kind === 'folder').map(({ name }) => name),
];

/**
 * Reads a configuration: YAML, a mapping from the names of the options to their values, and `datasets`. Paths in it are relative to the
 * file's own folder, and are made absolute.
 *
 * @throws QuorumError FILE_NOT_FOUND; CONFIG_INVALID: no such mapping. Names and values are checked by `trainOrder`.
 */
export async function readConfig(file: string): Promise<TrainValues> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file }, { cause });
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message.split('\n')[0] : undefined;
    throw new QuorumError({ code: 'CONFIG_INVALID', expected: 'YAML', found, file }, { cause });
  }
  const values = trainValuesSchema.safeParse(content ?? {});
  if (!values.success) {
    const [issue] = values.error.issues;
    const field = issue.path.join('.') || undefined;
    const expected = field ? 'a text, a number, true or false, or a list' : 'option: value, one a line';
    throw new QuorumError({ code: 'CONFIG_INVALID', field, expected, file });
  }
  return absolute(values.data, dirname(resolve(file)));
}

/** Paths among the values made absolute, from a folder. */
export function absolute(values: TrainValues, from: string): TrainValues {
  const path = (value: string | number) => resolve(from, String(value));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (!PATHS.includes(name) || typeof value === 'boolean') return [name, value];
      return [name, Array.isArray(value) ? value.map(path) : path(value)];
    }),
  );
}

/**
 * Writes what a run was asked for into its folder, which is there.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeConfig(folder: string, order: TrainOrder): Promise<void> {
  const text = HEAD + stringify(absolute(trainValues(order), process.cwd()));
  await writeFileAtomically(join(folder, CONFIG_FILE), [new TextEncoder().encode(text)]);
}

/** What a run was asked for; null where that was not written, or is not understood. */
export async function configOf(folder: string): Promise<{ values: TrainValues; order: TrainOrder } | null> {
  try {
    const values = await readConfig(join(folder, CONFIG_FILE));
    return { values, order: trainOrder(values) };
  } catch {
    return null;
  }
}
