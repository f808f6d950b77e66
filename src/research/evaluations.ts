import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { csvParseRows } from 'd3-dsv';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Evaluation } from '../contract/research.js';
import { type EvaluateRequest, evaluateRequestSchema } from '../contract/training.js';
import { QuorumError } from '../errors.js';
import { readPatientScores } from '../evaluate/results.js';
import { PRESENT_ML } from '../evaluate/scores.js';
import { comparePaired } from '../evaluate/summary.js';
import { type Combination, perRegion, REGIONS, type Region } from '../terms.js';
import { comparisonCsv } from './comparisonTable.js';
import { CONFIG_FILE } from './config.js';

const number = z.number();
const interval = z.object({ low: number, high: number }).nullable();
const regionSchema = z.object({
  dice: number.nullable(),
  diceInterval: interval,
  present: z.int(),
  hd95: number.nullable(),
  measured: z.int(),
});
const summarySchema = z.object({
  kind: z.literal('evaluation'),
  dataset: z.string(),
  side: z.string(),
  finishedAt: z.string(),
  of: z.union([
    z.object({
      model: z.object({ name: z.string(), version: z.string(), hash: z.string() }),
      engine: z.string(),
      device: z.string(),
    }),
    z.object({
      predictions: z.string(),
      labels: z.object({ name: z.string(), regions: z.partialRecord(z.enum(REGIONS), z.array(number)) }),
    }),
  ]),
  patients: z.int(),
  complete: z.int(),
  combinations: z.array(
    z.object({
      combination: z.string(),
      patients: z.int(),
      regions: z.record(z.enum(REGIONS), regionSchema.nullable()),
    }),
  ),
  mean: z.record(z.enum(REGIONS), z.object({ dice: number.nullable(), present: z.int() })),
});
export type EvaluationSummary = z.infer<typeof summarySchema>;

/** What was evaluated, beside the results: paths, by which a case is opened again. */
export function evaluationConfig(request: EvaluateRequest): string {
  return `# What this evaluation was asked for\n${stringify(request)}`;
}

/** Null where it was not written, or is not understood. */
export async function evaluationRequest(folder: string): Promise<EvaluateRequest | null> {
  const text = await readFile(join(folder, CONFIG_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return evaluateRequestSchema.parse(parse(text));
  } catch {
    return null;
  }
}

/** @throws QuorumError FILE_UNREADABLE for a folder that `quorum evaluate` did not write. */
export async function readSummary(folder: string): Promise<EvaluationSummary> {
  const file = join(folder, 'summary.json');
  try {
    return summarySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const expected = 'the results of quorum evaluate';
    throw new QuorumError({ code: 'FILE_UNREADABLE', file, expected }, { cause });
  }
}

/**
 * An evaluation as its files have it, and its paired comparison with another as `quorum evaluate --against` makes it.
 *
 * @throws QuorumError FILE_UNREADABLE, FILE_NOT_FOUND.
 */
export async function readEvaluation(folder: string, against: string | null): Promise<Evaluation> {
  const summary = await readSummary(folder);
  const patients = await readPatientScores(folder);
  const text = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const comparison = against === null ? null : comparePaired(patients, await readPatientScores(against));
  return {
    folder,
    name: basename(folder),
    dataset: summary.dataset,
    side: summary.side,
    of: titleOf(summary),
    finishedAt: summary.finishedAt,
    patients: summary.patients,
    complete: summary.complete,
    combinations: summary.combinations.map(({ combination, patients: count, regions }) => ({
      combination: combination as Combination,
      patients: count,
      regions: perRegion((_, region) => regions[region] ?? null),
    })),
    mean: perRegion((_, region) => summary.mean[region]),
    cases: casesOf(await text('cases.csv')),
    dice: patients.flatMap(({ patient, combination, regions }) =>
      REGIONS.flatMap((region) => {
        const score = regions[region];
        if (!score || score.trueMl < PRESENT_ML) return [];
        return [{ patient, combination: combination as Combination, region, dice: score.dice }];
      }),
    ),
    canOpen: (await evaluationRequest(folder)) !== null,
    comparison:
      comparison?.map(({ combination, region, patients: count, difference, test, adjustedPValue }) => ({
        ...{ combination: combination as Combination, region, patients: count, difference },
        ...{ pairs: test.pairs, pValue: test.pValue, adjustedPValue },
      })) ?? null,
    comparisonCsv: comparison && comparisonCsv(comparison),
    latex: await text('table.tex'),
    csv: await text('table.csv'),
  };
}

function titleOf({ of }: EvaluationSummary): string {
  if ('predictions' in of) return `Masks in ${of.predictions}`;
  return `${of.model.name} ${of.model.version} on ${of.device}`;
}

/** The rows of `cases.csv`. */
function casesOf(text: string): Evaluation['cases'] {
  const [header = [], ...rows] = csvParseRows(text);
  const column = (name: string) => header.indexOf(name);
  const at = {
    name: column('case'),
    patient: column('patient'),
    combination: column('combination'),
    region: column('region'),
    dice: column('dice'),
    hd95: column('hd95_mm'),
    trueMl: column('true_ml'),
    error: column('volume_error_ml'),
  };
  return rows.map((row) => {
    const trueMl = Number(row[at.trueMl]);
    return {
      case: plain(row[at.name]),
      patient: plain(row[at.patient]),
      combination: row[at.combination] as Combination,
      region: row[at.region] as Region,
      dice: Number(row[at.dice]),
      hd95: row[at.hd95] === '' ? null : Number(row[at.hd95]),
      trueMl,
      foundMl: Math.max(0, trueMl + Number(row[at.error])),
      absent: trueMl < PRESENT_ML,
    };
  });
}

/** Without the apostrophe that keeps a spreadsheet from taking a name for a formula. */
function plain(cell: string): string {
  return /^'[=@\t\r+-]/.test(cell) ? cell.slice(1) : cell;
}
