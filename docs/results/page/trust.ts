/** How well the expected Dice ranks whole brains that it was not fitted on. */
import { leftOut, type Ranking, rankingOf, resultsOf } from '../../../src/measure/expectedDice.js';
import type { BrainMeasure } from '../../../src/measure/wholeBrains.js';
import { expectationOf } from '../../../src/model/expectedDice.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { REGIONS, type Region } from '../../../src/terms.js';
import { table } from './text.js';

type Knowledge = ModelDescription['knowledge'];

interface Judged {
  readonly patient: string;
  readonly dice: number;
  readonly score: number;
  readonly within: boolean;
  readonly rating: string;
}

/** The section on the expected Dice; test patients are judged by what was fitted on validation patients. */
export function trustSection(
  knowledge: Knowledge,
  validation: readonly BrainMeasure[],
  test: readonly BrainMeasure[],
): string {
  const known = REGIONS.filter((region) => knowledge.expectedDice?.[region]);
  const unknown = REGIONS.filter((region) => !known.includes(region));
  const judged = new Map(known.map((region) => [region, judge(knowledge, region, test)]));
  return [
    '## The expected Dice and its rating',
    'Per region: a linear sum of which sequences there are, how far they agree and the found volume, fitted on the whole brains of the validation patients, every combination; the interval holds 80 % of them, each patient judged by the others. “Do not use” is an expected Dice below the poor one, “likely good” an interval that ends above it, “look closely” what lies between. Warnings make a rating worse, never better; here they are left out. What is found of a region that the patient does not have counts as Dice 0. The area is that under the risk-coverage curve (risk 1 − Dice; Geifman and El-Yaniv 2017): the lower the better.',
    table(
      ['region', 'patients (results)', 'Spearman', 'area', 'random order', 'perfect order', 'interval holds'],
      known.flatMap((region) =>
        [
          ['validation, left out', validation, null] as const,
          ['test', test, judged.get(region)!] as const,
        ].map(([side, rows, own]) => rankingRow(`${region}, ${side}`, region, rows, own)),
      ),
    ),
    'Ratings of the test patients’ masks, and how many of each were poor:',
    table(
      ['region', 'poor below', 'likely good', 'look closely', 'do not use'],
      known.map((region) => {
        const { poorDice } = knowledge.expectedDice![region]!;
        const cell = (rating: string) => {
          const own = judged.get(region)!.filter((one) => one.rating === rating);
          return `${own.filter(({ dice }) => dice < poorDice).length} poor of ${own.length}`;
        };
        return [region, String(poorDice), cell('good'), cell('look'), cell('avoid')];
      }),
    ),
    'Risk (mean 1 − Dice) of the best-rated share of the test patients’ masks:',
    table(
      ['region', '20 %', '40 %', '60 %', '80 %', '100 %'],
      known.map((region) => {
        const order = judged.get(region)!.toSorted((a, b) => b.score - a.score);
        const risk = (share: number) => {
          const best = order.slice(0, Math.round(share * order.length));
          return (best.reduce((sum, { dice }) => sum + 1 - dice, 0) / best.length).toFixed(3);
        };
        return [region, ...[0.2, 0.4, 0.6, 0.8, 1].map(risk)];
      }),
    ),
    unknown.length > 0
      ? `${unknown.join(', ')}: too few patients have it, so the app says that it is not known. A rating is shown for supported regions only.`
      : 'A rating is shown for supported regions only.',
  ].join('\n\n');
}

function judge(knowledge: Knowledge, region: Region, rows: readonly BrainMeasure[]): Judged[] {
  return resultsOf(rows, region).map(({ row, patient, dice }) => {
    const { agreement, foundMl: ml } = row.regions[region]!;
    const {
      dice: score,
      lower,
      upper,
      rating,
    } = expectationOf(knowledge, region, {
      members: row.members,
      agreement,
      ml,
    })!;
    return { patient, dice, score, rating, within: dice >= lower && dice <= upper };
  });
}

function rankingRow(
  title: string,
  region: Region,
  rows: readonly BrainMeasure[],
  judged: readonly Judged[] | null,
): string[] {
  const results = resultsOf(rows, region);
  const scored = judged ?? leftOut(results).map(({ dice, expected }) => ({ dice, score: expected }));
  const ranking: Ranking = rankingOf(scored);
  const patients = new Set(results.map(({ patient }) => patient)).size;
  const { correlation, area, random, perfect } = ranking;
  const within = judged && judged.filter((one) => one.within).length / judged.length;
  return [
    title,
    `${patients} (${results.length})`,
    correlation.toFixed(2),
    ...[area, random, perfect].map((value) => value.toFixed(3)),
    within === null ? '–' : `${Math.round(100 * within)} %`,
  ];
}
