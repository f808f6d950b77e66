/** The counting of ablation-plan.md: arms compared over seeds, and what happened at every step. */
import jstat from 'jstat';
import { holm, mean } from '../../../src/statistics.js';
import { REGIONS, type Region } from '../../../src/terms.js';
import type { StepLine } from '../../../src/training/log.js';

/** One training: an arm under one seed. */
export interface Run {
  readonly arm: string;
  readonly seed: number;
  /** Dice, mean over the combinations, each the mean over the patients who have the region. */
  readonly dice: Readonly<Record<Region, number>>;
}

export type Verdict = 'better' | 'worse' | 'equivalent' | 'undecided';

/** An arm minus another in one region; the seed is the unit. */
export interface Comparison {
  readonly arm: string;
  readonly against: string;
  readonly region: Region;
  /** In the order of the seeds. */
  readonly differences: readonly number[];
  readonly mean: number;
  /** t-intervals of the mean difference. */
  readonly interval90: readonly [low: number, high: number];
  readonly interval95: readonly [low: number, high: number];
  /** Two-sided; Holm's correction over all comparisons. */
  readonly adjustedP: number;
  readonly verdict: Verdict;
}

/** Equivalent: the 90 % interval lies within so much on both sides (two one-sided tests at 5 %). */
export const EQUIVALENCE_MARGIN = 0.01;

/**
 * Pairs of arms, region by region, over the seeds that both have.
 *
 * @throws Error for fewer than two such seeds.
 */
export function compareArms(
  runs: readonly Run[],
  pairs: readonly (readonly [arm: string, against: string])[],
): Comparison[] {
  const rows = pairs.flatMap(([arm, against]) =>
    REGIONS.map((region) => {
      const differences = runs
        .filter((run) => run.arm === arm)
        .flatMap(({ seed, dice }) => {
          const other = runs.find((run) => run.arm === against && run.seed === seed);
          return other ? [dice[region] - other.dice[region]] : [];
        });
      return { arm, against, region, differences, ...tInterval(differences) };
    }),
  );
  const adjusted = holm(rows.map(({ p }) => p));
  return rows.map(({ p: _, ...row }, i) => ({
    ...row,
    adjustedP: adjusted[i],
    verdict: verdictOf(row, adjusted[i]),
  }));
}

function verdictOf({ mean, interval90 }: Pick<Comparison, 'mean' | 'interval90'>, p: number): Verdict {
  const inside = interval90[0] > -EQUIVALENCE_MARGIN && interval90[1] < EQUIVALENCE_MARGIN;
  if (inside) return 'equivalent';
  if (p >= 0.05) return 'undecided';
  return mean > 0 ? 'better' : 'worse';
}

/** Mean, t-intervals and two-sided p-value of paired differences. */
function tInterval(values: readonly number[]) {
  const degrees = values.length - 1;
  if (degrees < 1) throw new Error('one seed alone says nothing of chance: two are needed');
  const centre = mean(values);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / degrees);
  const error = deviation / Math.sqrt(values.length);
  const interval = (level: number): [number, number] => {
    const half = jstat.studentt.inv((1 + level) / 2, degrees) * error;
    return [centre - half, centre + half];
  };
  const p =
    error > 0 ? 2 * (1 - jstat.studentt.cdf(Math.abs(centre) / error, degrees)) : centre === 0 ? 1 : 0;
  return { mean: centre, interval90: interval(0.9), interval95: interval(0.95), p };
}

/** What happened between the objectives of a run, over the steps that have their gradients one by one. */
export interface Process {
  readonly steps: number;
  /** Share of pairs of objectives with a negative cosine. */
  readonly conflict: number;
  /** Largest over smallest gradient norm of a step, mean. */
  readonly dominance: number;
  /** |G′|/|G|, mean over steps and objectives. */
  readonly normRatio: number;
  /** Share of (step, objective) that the plain mean, and the merged gradient, would have worsened. */
  readonly meanHarms: number;
  readonly mergedHarms: number;
}

type WatchedStep = StepLine &
  Required<Pick<StepLine, 'norms' | 'cosines' | 'normRatios' | 'meanHarms' | 'mergedHarms'>>;

/** @returns null where no step was watched. */
export function processOf(lines: readonly StepLine[]): Process | null {
  const steps = lines.filter((line): line is WatchedStep => line.norms !== undefined);
  if (steps.length === 0) return null;
  return {
    steps: steps.length,
    conflict: mean(steps.map(conflictOf)),
    dominance: mean(steps.map(({ norms }) => Math.max(...norms) / Math.min(...norms))),
    normRatio: mean(steps.map(({ normRatios }) => mean(normRatios))),
    meanHarms: mean(steps.map(({ meanHarms }) => meanHarms)),
    mergedHarms: mean(steps.map(({ mergedHarms }) => mergedHarms)),
  };
}

function conflictOf({ cosines }: WatchedStep): number {
  const pairs = cosines.flatMap((row, j) => row.slice(j + 1));
  return pairs.filter((cosine) => cosine < 0).length / pairs.length;
}
