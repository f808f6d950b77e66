/** The sections about accuracy. */
import { PRESENT_ML } from '../../../src/evaluate/scores.js';
import { counterIntuitiveRate, type Summary } from '../../../src/evaluate/summary.js';
import { REGIONS } from '../../../src/terms.js';
import type { Evaluation, Logs } from './logs.js';
import { notMeasured, number, percent, table, titlesOf } from './text.js';

/** `0.912 (38) / 0.801 (38) / 0.744 (34)`: over complete patients who have the region, with their number. */
export function meanDice({ mean }: Summary): string {
  return REGIONS.map((region) => `${number(mean[region].dice)} (${mean[region].present})`).join(' / ');
}

/** The 15 combinations on cut-outs of the test patients. */
export function cutOuts({ testCutOuts }: Logs): string {
  const parts = [
    '## Cut-outs around the tumour',
    'A *cut-out* (cube) is a box of 32×32×32 points of the 128-grid around one tumour of a BraTS 2020 training patient, 60×60×39 mm: it holds the tumour or most of it and little else. **It says nothing about false tumour elsewhere in the brain**, a segmentation of it is easier in that respect and harder in others (no context, tumours cut off), and none of these numbers may stand beside published BraTS figures, which are of whole brains of other patients.',
  ];
  if (!testCutOuts) return [...parts, notMeasured('the test patients’ cut-outs')].join('\n\n');
  const { summary } = testCutOuts;
  return [
    ...parts,
    `${summary.patients} test patients (${summary.cases} cut-outs, pooled per patient), scored once. Mean Dice over the ${summary.combinations.length} combinations, WT / TC / ET (patients): **${meanDice(summary)}**. Adding a sequence lowers a patient's Dice in ${rates(testCutOuts)} of the pairs.`,
    '![Mean Dice and 95 % bootstrap interval per combination](figures/dice.svg)',
    combinationTable(summary),
  ].join('\n\n');
}

function combinationTable({ combinations }: Summary): string {
  const rows = combinations.map(({ combination, regions }) => [
    titlesOf(combination),
    ...REGIONS.map((region) => {
      const { dice = null, diceInterval = null, present = 0 } = regions[region] ?? {};
      if (dice === null || diceInterval === null) return '–';
      return `${number(dice)} (${number(diceInterval.low, 2)}–${number(diceInterval.high, 2)}), n = ${present}`;
    }),
    ...(['TC', 'ET'] as const).map((region) => {
      const absent = regions[region]?.absent;
      if (!absent || absent.ml === null) return '–';
      return `${absent.found} of ${absent.patients}, ${number(absent.ml, 1)} ml`;
    }),
  ]);
  const header = REGIONS.map((region) => `${region} (95 %)`);
  return `${table(['sequences', ...header, 'without TC: found', 'without ET: found'], rows)}\n\nDice over the patients with at least ${PRESENT_ML} ml of the region; "found" is in how many of the patients without it any was found, and the mean ml over them.`;
}

function rates({ patients }: Evaluation): string {
  return REGIONS.map((region) => {
    const rate = counterIntuitiveRate(patients, region);
    return rate === null ? '–' : percent(rate);
  }).join(' / ');
}
