import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { checkRequest } from './checkRequest.js';
import { CHANNELS_EXPECTED, channelsSchema, type TrainRequest, trainRequestSchema } from './training.js';
import {
  objectivesText,
  TRAIN_DEFAULTS,
  TRAIN_OPTIONS,
  type TrainOption,
  trainOption,
} from './trainOptions.js';

/** What is asked of a training by names: in a configuration file, a form, or on the command line. */
export const trainValuesSchema = z.record(
  z.string().max(64),
  z.union([
    z.string().max(4096),
    z.number(),
    z.boolean(),
    z.array(z.union([z.string(), z.number()])).max(1000),
  ]),
);
export type TrainValues = z.infer<typeof trainValuesSchema>;

/** The data sets, beside the options: `datasets: [folder, …]`. */
const DATASETS = 'datasets';

/** What is to be trained: one run, or one after the other with each fold validating in turn. */
export interface TrainOrder {
  readonly request: TrainRequest;
  /** Null: one run. With a split file in `request.split`, its test side is in no fold. */
  readonly folds: number | null;
}

type Fields = Partial<Record<keyof TrainRequest, unknown>>;

/**
 * Reads what is asked for by the names of the options.
 *
 * @throws QuorumError REQUEST_INVALID: an unknown name (with the nearest one), a value that is none of its option, options that exclude
 * each other, and what the request's own rules say.
 */
export function trainOrder(values: TrainValues): TrainOrder {
  const { [DATASETS]: folders, ...options } = values;
  const names = Object.keys(options);
  for (const name of names) requireKnown(name);
  const fields: Fields = {};
  for (const name of names) Object.assign(fields, fieldsOf(trainOption(name), options[name]));
  const { split, folds } = splitOf(options);
  const request = checkRequest(trainRequestSchema, {
    ...fields,
    datasets: datasetsOf(folders, options.weights),
    split,
  });
  return { request, folds };
}

/** The same as values: what `trainOrder` reads as this order, without what is the default. */
export function trainValues({ request, folds }: TrainOrder): TrainValues {
  const values: TrainValues = { [DATASETS]: request.datasets.map(({ folder }) => folder) };
  const { split, objectives, datasets } = request;
  for (const { name, field, standard } of TRAIN_OPTIONS) {
    if (field !== null) {
      const value = request[field];
      if (value === null || value === TRAIN_DEFAULTS[field]) continue;
      values[name] = Array.isArray(value) ? (value as number[]) : (value as string | number | boolean);
    } else if (name === 'objectives' && objectivesText(objectives) !== standard)
      values[name] = objectivesText(objectives);
    else if (name === 'weights' && datasets.some(({ weight }) => weight !== 1))
      values[name] = datasets.map(({ weight }) => weight);
    else if (name === 'split' && split && 'file' in split) values[name] = split.file;
    else if (name === 'folds' && (folds !== null || (split && 'folds' in split)))
      values[name] = folds ?? (split as { folds: number }).folds;
    else if (name === 'fold' && split && 'fold' in split) values[name] = split.fold;
  }
  return values;
}

/**
 * The fields of a request that one option sets.
 *
 * @param value as it was typed, or as YAML gives it.
 * @throws QuorumError REQUEST_INVALID.
 */
export function fieldsOf(option: TrainOption, value: TrainValues[string]): Fields {
  const read = READ[option.kind];
  const text = Array.isArray(value) ? value.join(',') : String(value);
  const parsed = read.parse(text.trim(), option);
  if (parsed === undefined) {
    const expected = option.choices?.join(', ') ?? read.expected;
    throw invalid(option.name, expected, text);
  }
  if (option.name === 'objectives')
    return parsed === 'mean'
      ? { objectives: { kind: 'subsets' }, decoupling: 'mean' }
      : { objectives: parsed };
  if (option.field === null) return {};
  return { [option.field]: option.name === 'width' ? Number(parsed) : parsed };
}

interface Reading {
  readonly expected: string;
  /** Undefined: it is none. */
  parse(text: string, option: TrainOption): unknown;
}

const READ: Readonly<Record<TrainOption['kind'], Reading>> = {
  text: { expected: 'a text', parse: (text) => text || undefined },
  file: { expected: 'a file', parse: (text) => text || undefined },
  folder: { expected: 'a folder', parse: (text) => text || undefined },
  flag: { expected: 'true or false', parse: (text) => ({ true: true, false: false })[text] },
  count: { expected: 'a whole number of at least 1', parse: (text) => whole(text, 1) },
  whole: { expected: 'a whole number of at least 0', parse: (text) => whole(text, 0) },
  number: { expected: 'a number of at least 0', parse: (text) => number(text, Number.POSITIVE_INFINITY) },
  share: { expected: 'a number between 0 and 1', parse: (text) => number(text, 1) },
  choice: { expected: '', parse: (text, { choices }) => (choices?.includes(text) ? text : undefined) },
  channels: { expected: CHANNELS_EXPECTED, parse: channels },
  objectives: {
    expected: 'subsets15, singles4, sampled:1 to sampled:15, singles+1 to singles+11, or mean',
    parse: objectives,
  },
  weights: { expected: 'positive numbers such as 1,3', parse: weights },
};

function number(text: string, largest: number): number | undefined {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) && value >= 0 && value <= largest ? value : undefined;
}

function whole(text: string, least: number): number | undefined {
  const value = number(text, Number.MAX_SAFE_INTEGER);
  return value !== undefined && Number.isInteger(value) && value >= least ? value : undefined;
}

function channels(text: string): unknown {
  return channelsSchema.safeParse(text.split(',').map(Number)).data;
}

function objectives(text: string): unknown {
  if (text === 'mean') return 'mean';
  if (text === 'subsets15') return { kind: 'subsets' };
  if (text === 'singles4') return { kind: 'singles' };
  const larger = Number(/^singles\+(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (larger >= 1 && larger <= 11) return { kind: 'singles+sampled', count: larger };
  const count = Number(/^sampled:(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  return count >= 1 && count <= 15 ? { kind: 'sampled', count } : undefined;
}

function weights(text: string): number[] | undefined {
  const list = text.split(',').flatMap((part) => number(part, Number.MAX_VALUE) || []);
  return list.length === text.split(',').length ? list : undefined;
}

function datasetsOf(folders: TrainValues[string] | undefined, given: TrainValues[string] | undefined) {
  const list = folders === undefined ? [] : Array.isArray(folders) ? folders.map(String) : [String(folders)];
  if (list.length === 0) throw invalid(DATASETS, 'at least one folder of case folders', 'none');
  if (given === undefined) return list.map((folder) => ({ folder, weight: 1 }));
  const text = Array.isArray(given) ? given.join(',') : String(given);
  const numbers = weights(text);
  if (!numbers || numbers.length !== list.length)
    throw invalid('weights', `${list.length} positive numbers, one per data set`, text);
  return list.map((folder, i) => ({ folder, weight: numbers[i] }));
}

function splitOf(options: TrainValues): { split: TrainRequest['split']; folds: number | null } {
  const { split, folds, fold } = options;
  const file = split === undefined ? null : { file: String(split) };
  const count = folds === undefined ? null : (whole(String(folds), 2) ?? null);
  if (folds !== undefined && count === null)
    throw invalid('folds', 'a whole number of at least 2', String(folds));
  if (fold === undefined) return { split: file, folds: count };
  if (count === null) throw invalid('folds', 'folds and fold together', 'fold alone');
  if (file) throw invalid('split', 'split or fold', 'both');
  return { split: { folds: count, fold: Number(fold) }, folds: null };
}

function requireKnown(name: string): void {
  const names = TRAIN_OPTIONS.map((option) => option.name);
  if (names.includes(name)) return;
  throw invalid(name, `an option of training; the nearest is ${closest(name, [...names, DATASETS])}`, name);
}

function invalid(field: string, expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'REQUEST_INVALID', field, expected, found });
}
