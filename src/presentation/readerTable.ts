import type { Cohort } from '../contract/cohort.js';
import { inFiles } from '../numbers.js';
import { REGIONS } from '../terms.js';
import { readerSummary } from './readerScores.js';
import type { Table } from './table.js';

export const READER_TABLE_COLUMNS: readonly (readonly [name: string, unit: string, meaning: string])[] = [
  ['region', '', 'WT whole tumour, TC tumour core, ET enhancing tumour.'],
  ['cases', '', 'Cases that were compared, and whose number of the region is given (no guesses).'],
  ['dice_mean', '0 to 1', 'Mean of their Dice.'],
  ['dice_median', '0 to 1', 'Median of their Dice.'],
  ['hd95_median_mm', 'mm', 'Median of HD95 where it can be measured.'],
  ['hd95_cases', '', 'Cases in which it can: both masks hold the region.'],
  ['difference_mean_ml', 'ml', 'Mean of Quorum’s minus the reader’s volume.'],
  [
    'limits_lower_ml',
    'ml',
    'Lower 95 % limit of agreement (Bland and Altman): mean − 1.96 standard deviations.',
  ],
  ['limits_upper_ml', 'ml', 'Upper limit: mean + 1.96 standard deviations.'],
];

/** How a cohort compares with another reader, one row a region; the header first. */
export function readerTable(cohort: Pick<Cohort, 'cases'>): Table {
  const summary = readerSummary(cohort.cases);
  const rounded = (value: number | null | undefined) => (value == null ? null : inFiles(value));
  return [
    READER_TABLE_COLUMNS.map(([name]) => name),
    ...REGIONS.map((r) => {
      const { cases, dice, hd95, limits } = summary[r];
      return [
        ...[r, cases, rounded(dice.mean), rounded(dice.median), rounded(hd95.median), hd95.cases],
        ...[rounded(limits?.bias), rounded(limits?.lower), rounded(limits?.upper)],
      ];
    }),
  ];
}
