/** Whole brains first: what the app is for. */

import { loweredShare, SUPPORT_FALSE_SHARE } from '../../../src/measure/knowledge.js';
import type { BrainMeasure } from '../../../src/measure/wholeBrains.js';
import { SUPPORT_BRAINS, SUPPORT_DICE } from '../../../src/model/support.js';
import { mean, quantile } from '../../../src/statistics.js';
import { allCombinations, combinationName, MODALITIES, REGIONS, type Region } from '../../../src/terms.js';
import type { BrainLog, Logs } from './logs.js';
import { notMeasured, number, percent, table, titlesOf } from './text.js';

const NAMES = allCombinations().map(combinationName);
/** Of several sources each with its own kinds of error: never averaged together. */
const SOURCES: readonly (readonly [title: string, takes: (row: BrainMeasure) => boolean])[] = [
  ['Four sequences, 128-grid (BraTS 2020 and 2021)', ({ dataset }) => dataset === 'brains'],
  [
    'Four sequences, 1 mm (one BraTS 2019 case, one TCGA-LGG case with a truth fused from algorithms)',
    ({ dataset }) => ['whole', 'TCGA-FG-6692', 'stripped'].includes(dataset),
  ],
  [
    'T1, T1ce, FLAIR from 8-bit clinical images with thick slices, 128-grid',
    ({ dataset }) => dataset === 'brains3',
  ],
  ['Two sequences, 1 mm', ({ dataset }) => dataset === 'partial'],
  [
    'Whole tumour alone, clinical images, fitted to an atlas head (ml are not physical)',
    ({ dataset }) => dataset === 'brains-wt',
  ],
];

export function wholeBrains({ wholeTest, wholeValidation }: Logs): string {
  return [
    '## Whole brains',
    'Brains that were not trained on. The test side was scored once, after every choice. The validation side chose among candidate networks, clean-up and what is supported, so it flatters. Dice and HD95 are means over the brains that have the region (n); "false" is what is found and not true, mean ml; "Σp/true" is the sum of the probabilities over the true volume, median. A Dice on the 128-grid (1.9 × 1.9 × 1.2 mm) is up to 0.04 / 0.05 / 0.10 kinder than one at 1 mm.',
    side('Test', wholeTest),
    side('Validation', wholeValidation),
  ].join('\n\n');
}

function side(title: string, log: BrainLog | null): string {
  if (!log) return `### ${title}\n\n${notMeasured('whole brains')}`;
  const parts = SOURCES.flatMap(([source, takes]) => {
    const rows = log.rows.filter(takes);
    if (rows.length === 0) return [];
    return [
      `**${title}: ${source}** (${brains(rows)} brains)`,
      sourceTable(rows),
      ...absent(rows),
      ...lowered(rows),
    ];
  });
  return [`### ${title}`, ...parts].join('\n\n');
}

const brains = (rows: readonly BrainMeasure[]) =>
  new Set(rows.map(({ dataset, name }) => `${dataset}/${name}`)).size;

function sourceTable(rows: readonly BrainMeasure[]): string {
  const present = NAMES.filter((name) => rows.some(({ combination }) => combination === name));
  const largest = present[0];
  const shown = [...new Set([largest, ...present.filter((name) => !name.includes('+'))])];
  const lines = shown.map((name) => [
    titlesOf(name),
    ...cells(rows.filter(({ combination }) => combination === name)),
  ]);
  if (present.length === NAMES.length) lines.push(['mean of the 15', ...meanCells(rows)]);
  const header = REGIONS.flatMap((region) => [`Dice ${region} (n)`, `HD95 ${region}, mm`]);
  return table(['sequences', ...header, 'false WT, ml', 'Σp/true WT'], lines);
}

function cells(rows: readonly BrainMeasure[]): string[] {
  const of = REGIONS.flatMap((region) => {
    const present = rows.flatMap(({ regions }) => (regions[region]?.dice == null ? [] : [regions[region]]));
    if (present.length === 0) return ['–', '–'];
    const distances = present.flatMap(({ hd95 }) => hd95 ?? []);
    const distance =
      distances.length === 0
        ? '–'
        : `${number(mean(distances), 1)}${distances.length < present.length ? ` (${distances.length})` : ''}`;
    return [`${number(mean(present.map(({ dice }) => dice!)))} (${present.length})`, distance];
  });
  const whole = rows.flatMap(({ regions }) => regions.WT ?? []);
  const ratios = whole.flatMap(({ expectedMl, trueMl }) =>
    expectedMl === null ? [] : [expectedMl / trueMl],
  );
  return [
    ...of,
    number(whole.length === 0 ? null : mean(whole.map(({ falseMl }) => falseMl)), 1),
    number(ratios.length === 0 ? null : quantile(ratios, 0.5), 2),
  ];
}

/** Means of the 15 means. */
function meanCells(rows: readonly BrainMeasure[]): string[] {
  const per = NAMES.map((name) => rows.filter(({ combination }) => combination === name));
  const of = (value: (own: readonly BrainMeasure[]) => number | null) => {
    const values = per.flatMap((own) => value(own) ?? []);
    return values.length === 0 ? null : mean(values);
  };
  const measured = (own: readonly BrainMeasure[], region: Region) =>
    own.flatMap(({ regions }) => regions[region] ?? []);
  const cell = REGIONS.flatMap((region) => {
    const dice = of((own) => {
      const values = measured(own, region).flatMap((one) => one.dice ?? []);
      return values.length === 0 ? null : mean(values);
    });
    const hd95 = of((own) => {
      const values = measured(own, region).flatMap((one) => (one.dice === null ? [] : (one.hd95 ?? [])));
      return values.length === 0 ? null : mean(values);
    });
    return [number(dice), number(hd95, 1)];
  });
  return [
    ...cell,
    number(
      of((own) => mean(measured(own, 'WT').map(({ falseMl }) => falseMl))),
      1,
    ),
    '–',
  ];
}

/** Brains without a region: in how many it is found all the same. */
function absent(rows: readonly BrainMeasure[]): string[] {
  const lines = (['TC', 'ET'] as const).flatMap((region) => {
    const groups = [
      ['with T1ce', rows.filter(({ members }) => members.includes('t1ce'))],
      ['without T1ce', rows.filter(({ members }) => !members.includes('t1ce'))],
    ] as const;
    return groups.flatMap(([what, own]) => {
      const without = own.filter(({ regions }) => regions[region] && regions[region].dice === null);
      if (without.length === 0) return [];
      const found = without.map(({ regions }) => regions[region]!.foundMl);
      return [
        [
          `${region}, ${what}`,
          String(brains(without)),
          String(without.length),
          percent(found.filter((ml) => ml > 0).length / found.length),
          number(quantile(found, 0.5), 2),
          number(Math.max(...found), 1),
        ],
      ];
    });
  });
  if (lines.length === 0) return [];
  const header = ['brains without', 'brains', 'results', 'found in', 'median ml', 'most ml'];
  return ['Found where there is none:', table(header, lines)];
}

function lowered(rows: readonly BrainMeasure[]): string[] {
  const shares = REGIONS.map((region) => loweredShare(rows, region));
  if (shares.some((share) => share === null)) return [];
  return [
    `Adding a sequence lowers a patient's Dice by more than 0.01 in ${shares.map((share) => percent(share!)).join(' / ')} of the pairs (WT / TC / ET).`,
  ];
}

/** Which regions are supported, and by which rule. */
export function supported(logs: Logs): string {
  const parts = [
    '## What is supported',
    `Stated beforehand: a combination supports a region when at least ${SUPPORT_BRAINS} whole validation brains were measured, the lower bound of the 95 % bootstrap interval of its mean Dice exceeds ${REGIONS.map((region) => SUPPORT_DICE[region]).join(' / ')} (WT / TC / ET), and the median of what is falsely found stays below ${percent(SUPPORT_FALSE_SHARE)} of the median true volume. With fewer brains it is not measured and supports nothing. Other regions get no number unless asked for. The intervals take the one trained network as given.`,
  ];
  if (!logs.knowledge) return [...parts, notMeasured('support')].join('\n\n');
  const rows = NAMES.map((name) => [
    titlesOf(name),
    ...REGIONS.map((region) => {
      const { wholeCases, supported: yes } = logs.knowledge!.combinations[name][region];
      if (!wholeCases) return 'not measured';
      const { mean: value, lower, upper, patients } = wholeCases;
      return `${yes ? 'yes' : 'no'}: ${number(value, 2)} (${number(lower, 2)}–${number(upper, 2)}), n = ${patients}`;
    }),
  ]);
  return [...parts, table(['sequences', ...REGIONS], rows)].join('\n\n');
}

/** What each missing sequence would add. */
export function gains({ knowledge }: Logs): string {
  const parts = [
    '## What a missing sequence would add',
    'Dice with it minus Dice without it on whole validation brains: median over patients, and quartiles; only where at least ten patients have both.',
  ];
  if (!knowledge?.gains) return [...parts, notMeasured('gains')].join('\n\n');
  const rows = allCombinations().flatMap((members) =>
    MODALITIES.filter((m) => !members.includes(m)).flatMap((m) => {
      const gain = knowledge.gains![combinationName(members)][m]!;
      if (REGIONS.every((region) => gain[region] === null)) return [];
      return [
        [
          titlesOf(combinationName(members)),
          titlesOf(m),
          ...REGIONS.map((region) => {
            const entry = gain[region];
            if (!entry) return '–';
            return `${sign(entry.median)} (${sign(entry.lower)} to ${sign(entry.upper)}), n = ${entry.patients}`;
          }),
        ],
      ];
    }),
  );
  return [...parts, table(['sequences', 'and', ...REGIONS], rows)].join('\n\n');
}

const sign = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
