/** The sections about accuracy. */
import { byRegion, type PatientScore, type PooledScore, PRESENT_ML } from '../../../src/evaluate/scores.js';
import { counterIntuitiveRate, type Summary } from '../../../src/evaluate/summary.js';
import {
  allCombinations,
  combinationName,
  MODALITIES,
  MODALITY_TITLES,
  REGIONS,
  type Region,
} from '../../../src/terms.js';
import { SUPPORTED_ABOVE } from '../measure/knowledge.js';
import type { Evaluation, Logs } from './logs.js';
import { notMeasured, number, percent, signed, table, titlesOf, triple } from './text.js';

/** Whole cases first: they are few, and they are what the app is for. */
export function wholeCases({ wholeTest, wholeValidation }: Logs): string {
  const count = (one: Evaluation | null) => one?.summary.cases ?? 0;
  const parts = [
    '## Whole cases',
    `Full-size brains that were not trained on: **${count(wholeTest)}** test cases and **${count(wholeValidation)}** validation cases. So few cases give no confidence intervals; each is listed. Validation cases chose threshold and fusion, so they flatter.`,
  ];
  if (!wholeTest && !wholeValidation) return [...parts, notMeasured('whole cases')].join('\n\n');
  const rows = [...rowsOf(wholeTest, 'test'), ...rowsOf(wholeValidation, 'validation')];
  const header = [
    'case',
    'part',
    'sequences',
    'Dice WT / TC / ET',
    'HD95 WT, mm',
    'volume error WT, ml',
    'found without TC / ET, ml',
  ];
  return [...parts, table(header, rows)].join('\n\n');
}

function rowsOf(evaluation: Evaluation | null, part: string): string[][] {
  return (evaluation?.patients ?? []).map(({ patient, combination, regions }) => [
    patient,
    part,
    titlesOf(combination),
    triple(patientDice(regions)),
    number(regions.WT?.hd95 ?? null, 1),
    regions.WT ? signed(regions.WT.volumeErrorMl, 1) : '–',
    ['TC', 'ET'].map((region) => foundMl(regions[region as Region])).join(' / '),
  ]);
}

/** Dice of one patient; of a region that the truth does not hold there is none. */
export function patientDice(regions: PatientScore['regions']): Record<Region, number | null> {
  return byRegion((region) => {
    const score = regions[region];
    return score && score.trueMl >= PRESENT_ML ? score.dice : null;
  });
}

/** ml found where the truth holds nothing; a dash where it does. */
function foundMl(score: PooledScore | null): string {
  if (!score || score.trueMl >= PRESENT_ML) return '–';
  return number(score.trueMl + score.volumeErrorMl, 1);
}

/** `0.912 (38) / 0.801 (38) / 0.744 (34)`: over complete patients who have the region, with their number. */
export function meanDice({ mean }: Summary): string {
  return REGIONS.map((region) => `${number(mean[region].dice)} (${mean[region].present})`).join(' / ');
}

/** The 15 combinations on cut-outs of the test patients. */
export function cutOuts({ testCutOuts, validation }: Logs): string {
  const parts = [
    '## Cut-outs around the tumour',
    'A *cut-out* (cube) is a box of 32×32×32 points of the 128-grid around one tumour of a BraTS 2020 training patient, 60×60×39 mm: it holds the tumour or most of it and little else. **It says nothing about false tumour elsewhere in the brain**, a segmentation of it is easier in that respect and harder in others (no context, tumours cut off), and none of these numbers may stand beside published BraTS figures, which are of whole brains of other patients.',
  ];
  if (!testCutOuts) return [...parts, notMeasured('the test patients’ cut-outs')].join('\n\n');
  const { summary } = testCutOuts;
  return [
    ...parts,
    `${summary.patients} test patients (${summary.cases} cut-outs, pooled per patient), scored once. Mean Dice over the ${summary.combinations.length} combinations, WT / TC / ET (patients): **${meanDice(summary)}**${validation ? `; on the ${validation.patients.cutOuts} validation patients ${triple(validation.meanDice)}` : ''}. Adding a sequence lowers a patient's Dice in ${rates(testCutOuts)} of the pairs.`,
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

/** Which regions are supported, and by which rule. */
export function supported({ validation }: Logs): string {
  const parts = [
    '## What is supported',
    `Stated beforehand: a combination supports a region when the lower bound of the 95 % bootstrap interval of its mean Dice on validation cut-outs exceeds ${SUPPORTED_ABOVE}, and its mean Dice on whole validation cases does too, where there is one. Other regions get no number unless asked for. **Added after the whole test cases had been seen**: support is withdrawn where one of them, or TCGA-FG-6692, has no more than ${SUPPORTED_ABOVE}; that can only make the model say less.`,
  ];
  if (!validation) return [...parts, notMeasured('validation')].join('\n\n');
  const rows = allCombinations().map((members) => {
    const known = validation.combinations[combinationName(members)];
    return [
      titlesOf(combinationName(members)),
      ...REGIONS.map((region) => {
        const { dice, wholeCases, supported: yes } = known[region];
        const whole = wholeCases ? `; whole ${number(wholeCases.mean, 2)}, n = ${wholeCases.patients}` : '';
        return dice
          ? `${yes ? '' : 'no: '}${number(dice.mean, 2)} (from ${number(dice.lower, 2)}${whole})`
          : '–';
      }),
    ];
  });
  const withdrawn = validation.withdrawn.map(
    ({ combination, region, name, dice }) =>
      `${titlesOf(combination)}: ${region} (${name} ${number(dice, 2)})`,
  );
  return [
    ...parts,
    table(['sequences', ...REGIONS], rows),
    `Withdrawn: ${withdrawn.join('; ') || 'nothing'}.`,
  ].join('\n\n');
}

/** What each missing sequence would add. */
export function gains({ validation }: Logs): string {
  const parts = ['## What a missing sequence would add'];
  if (!validation?.gains) return [...parts, notMeasured('gains')].join('\n\n');
  const rows = allCombinations().flatMap((members) =>
    MODALITIES.filter((m) => !members.includes(m)).map((m) => {
      const gain = validation.gains![combinationName(members)][m]!;
      return [
        titlesOf(combinationName(members)),
        MODALITY_TITLES[m],
        ...REGIONS.map((region) => {
          const entry = gain[region];
          if (!entry) return '–';
          return `${signed(entry.median, 2)} (${signed(entry.lower, 2)} to ${signed(entry.upper, 2)})`;
        }),
      ];
    }),
  );
  return [
    ...parts,
    'Dice with it minus Dice without it on validation cut-outs: median over patients, and quartiles.',
    table(['sequences', 'and', ...REGIONS], rows),
  ].join('\n\n');
}
