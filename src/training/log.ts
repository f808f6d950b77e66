import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../files/wholeFile.js';
import { combinationName, type Modality, REGIONS } from '../terms.js';
import type { Members } from './objectives.js';
import type { StepResult } from './step.js';
import type { Validation } from './validate.js';

/** A line of the log: JSON, one object. */
export type LogLine = StepLine | ValidationLine;

/** One training step; the paper's indicators of dominance (norms) and conflict (cosines). */
export interface StepLine {
  readonly kind: 'step';
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Loss per combination; early fusion has one, `dropout`, over the combinations left to the samples. */
  readonly losses: Readonly<Record<string, number>>;
  /** The objectives of the arrays below; several combinations of one objective are joined by `=`. */
  readonly objectives?: readonly string[];
  readonly norms?: readonly number[];
  readonly cosines?: readonly (readonly number[])[];
  readonly normRatios?: readonly number[];
  /** Share of the objectives that the plain mean of the gradients, and the merged gradient, would worsen. */
  readonly meanHarms?: number;
  readonly mergedHarms?: number;
  readonly stepsPerSecond: number;
}

export interface ValidationLine {
  readonly kind: 'validation';
  readonly step: number;
  /** Mean Dice over combinations, regions and patients. */
  readonly score: number;
  /** Mean Dice per combination: WT, TC, ET. */
  readonly dice: Readonly<Record<string, readonly number[]>>;
}

/**
 * The log line of a step. Numbers are rounded to seven digits.
 *
 * @param modalities what the objectives' members are; null for early fusion.
 */
export function stepLine(
  step: number,
  learningRate: number,
  result: StepResult,
  modalities: readonly Modality[] | null,
  seconds: number,
): StepLine {
  const name = (members: Members) =>
    modalities ? combinationName(members.map((m) => modalities[m])) : 'dropout';
  const losses = result.objectives.flatMap(({ sources }, j) =>
    sources.map((members) => [name(members), rounded(result.losses[j])] as const),
  );
  const { indicators } = result;
  return {
    kind: 'step',
    step,
    learningRate: rounded(learningRate),
    losses: Object.fromEntries(losses),
    ...(indicators && {
      objectives: result.objectives.map(({ sources }) => sources.map(name).join('=')),
      norms: indicators.norms.map(rounded),
      cosines: indicators.cosines.map((row) => row.map(rounded)),
      normRatios: indicators.normRatios.map(rounded),
      meanHarms: rounded(indicators.meanHarms),
      mergedHarms: rounded(indicators.mergedHarms),
    }),
    stepsPerSecond: rounded(1 / seconds),
  };
}

/** A validation as the log has it: mean Dice (WT, TC, ET) of every combination. */
export function validationLine(
  step: number,
  validation: Validation,
  modalities: readonly Modality[],
): ValidationLine {
  const dice = validation.combinations.map(({ members, regions }) => [
    combinationName(members.map((m) => modalities[m])),
    REGIONS.map((region) => rounded(regions[region].mean)),
  ]);
  return { kind: 'validation', step, score: rounded(validation.score), dice: Object.fromEntries(dice) };
}

/** Lines as they are written: JSON, one a line. */
export function serialiseLines(lines: readonly LogLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * Cuts a log back to the steps that a checkpoint knows, so that a resumed run continues it without repeating lines.
 * A last line that a killed process left unfinished goes too. Does nothing when there is no log.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function trimLog(file: string, lastStep: number): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const kept = complete
    .split('\n')
    .filter((line) => line !== '' && (JSON.parse(line) as LogLine).step <= lastStep);
  await writeFileAtomically(file, [new TextEncoder().encode(kept.map((line) => `${line}\n`).join(''))]);
}

function rounded(value: number): number {
  return Number(value.toPrecision(7));
}
