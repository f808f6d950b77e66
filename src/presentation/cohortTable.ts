import { answersFor, type Cohort, type CohortCase, isAnswered } from '../contract/cohort.js';
import { RESEARCH_NOTICE } from '../contract/report.js';
import { type Combination, REGIONS, type Region } from '../terms.js';
import { commonCombination, commonMl } from './commonSequences.js';
import { comparedMask, readerScore, volumePairs } from './readerScores.js';
import { READER_TABLE_COLUMNS } from './readerTable.js';
import type { Cell, Table } from './table.js';

/** A cohort as tables: one row a case, one row a measurement, and what the columns mean. */

type About = (one: CohortCase, cohort: Cohort, common: Combination | null) => Cell;
interface Column {
  readonly name: string;
  readonly meaning: string;
  readonly unit: string;
  readonly value: About;
}

const column = (name: string, unit: string, meaning: string, value: About): Column => ({
  name,
  unit,
  meaning,
  value,
});
const lower = (region: Region) => region.toLowerCase();
const region = (
  make: (region: Region) => { name: string; unit: string; meaning: string; value: About },
): Column[] => REGIONS.map((one) => make(one));
const TITLES: Readonly<Record<Region, string>> = {
  WT: 'whole tumour',
  TC: 'tumour core',
  ET: 'enhancing tumour',
};

const ANSWERS = ['adult', 'treated', 'glioma'] as const;

const COLUMNS: readonly Column[] = [
  column('case', '', 'Name of the case; of its folder of results.', ({ name }) => name),
  column('date', 'ISO 8601', 'Date of the examination, by its headers.', ({ date }) => date),
  column(
    'state',
    '',
    'new, waiting, preparing, segmenting, done, failed, skipped (left out).',
    ({ state }) => state,
  ),
  column('problem', 'code', 'Why the case failed.', ({ problem }) => problem?.code ?? null),
  column('sequences_found', '', 'Sequences that were recognised.', ({ sequences }) => sequences.join('+')),
  column(
    'sequences_used',
    '',
    'Sequences that the mask was made from.',
    ({ result }) => result?.combination ?? null,
  ),
  ...region((r) =>
    column(
      `${lower(r)}_ml`,
      'ml',
      `Volume of the ${TITLES[r]} by all sequences that the case has. Empty: not reliable from these sequences, and not asked for.`,
      ({ result }) => result?.volumes[r].ml ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_supported`,
      'yes/no',
      `Whether the model may be trusted with the ${TITLES[r]} from these sequences, by measurement.`,
      ({ result }) => (result ? (result.volumes[r].supported ? 'yes' : 'no') : null),
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_range_lower_ml`,
      'ml',
      `Lower end of the range that the model gives for the ${TITLES[r]}.`,
      ({ result }) => result?.volumes[r].range?.lower ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_range_upper_ml`,
      'ml',
      `Upper end of that range.`,
      ({ result }) => result?.volumes[r].range?.upper ?? null,
    ),
  ),
  column(
    'common_sequences',
    '',
    'The sequences that all finished cases have: volumes by these are comparable.',
    (_, __, common) => common,
  ),
  ...region((r) =>
    column(
      `${lower(r)}_common_ml`,
      'ml',
      `Volume of the ${TITLES[r]} by the common sequences alone. Empty: not reliable from these, or not computed.`,
      (one, _, common) => commonMl(one, common, r),
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_agreement`,
      '0 to 1',
      `Mean overlap (Dice) of the ${TITLES[r]} with the masks made without one of the sequences; not accuracy.`,
      ({ result }) => result?.agreement[r] ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_expected_dice`,
      '0 to 1',
      `Overlap with an expert’s ${TITLES[r]} that is to be expected, by measurement on other patients.`,
      ({ result }) => result?.volumes[r].expectedDice?.dice ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_edited_ml`,
      'ml',
      `Volume of the ${TITLES[r]} after it was corrected by hand.`,
      ({ result }) => result?.edited?.ml[r] ?? null,
    ),
  ),
  column('warnings', 'codes', 'Codes of the warnings, parted by spaces.', ({ result }) =>
    result ? [...new Set(result.warnings.map(({ code }) => code))].join(' ') : null,
  ),
  ...ANSWERS.map((question) =>
    column(question, 'yes/no/unknown', 'What was answered; empty: nobody was asked.', (one, { answers }) =>
      isAnswered(one, answers) ? answersFor(one, answers)[question] : null,
    ),
  ),
  column('model', '', 'Name of the model.', ({ result }) => result?.model.name ?? null),
  column('model_version', '', 'Its version.', ({ result }) => result?.model.version ?? null),
  column(
    'model_hash',
    'SHA-256',
    'Of its description and weights.',
    ({ result }) => result?.model.hash ?? null,
  ),
  column(
    'quorum_version',
    '',
    'Version of Quorum that wrote the state.',
    (_, { quorumVersion }) => quorumVersion,
  ),
  column('seconds', 's', 'Time that the case took.', ({ result }) => result?.seconds ?? null),
  column('finished_at', 'ISO 8601', 'When it was done.', ({ result }) => result?.finishedAt ?? null),
  column('notice', '', 'What the numbers may be used for.', () => RESEARCH_NOTICE),
];

/** Of a cohort that was compared with another reader's masks. */
const READER_COLUMNS: readonly Column[] = [
  column('reader_mask', '', 'The reader’s mask that the case was compared with.', ({ reader }) =>
    reader?.file ? (reader.file.split(/[\\/]/).at(-1) ?? null) : null,
  ),
  column(
    'compared_mask',
    '',
    'Which of the case’s masks was compared: as segmented, or corrected by hand.',
    (one) => comparedMask(one),
  ),
  column(
    'reader_problem',
    'code',
    'Why it could not be compared.',
    ({ reader }) => reader?.problem?.code ?? null,
  ),
  ...region((r) =>
    column(
      `${lower(r)}_reader_dice`,
      '0 to 1',
      `Dice of the ${TITLES[r]} by all sequences of the case (the mask that compared_mask names) and the reader’s; 1 where both are empty.`,
      (one) => readerScore(one, r)?.dice ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_reader_hd95_mm`,
      'mm',
      `95th percentile of the Hausdorff distance of both; empty where one of them is.`,
      (one) => readerScore(one, r)?.hd95 ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_reader_ml`,
      'ml',
      `Volume of the reader’s ${TITLES[r]}.`,
      (one) => readerScore(one, r)?.ml.reader ?? null,
    ),
  ),
  ...region((r) =>
    column(
      `${lower(r)}_reader_difference_ml`,
      'ml',
      `Quorum’s minus the reader’s ${TITLES[r]}, both on the grid of the reader’s mask.`,
      (one) => volumePairs([one], r)[0]?.difference ?? null,
    ),
  ),
];

const columnsOf = ({ reader }: Pick<Cohort, 'reader'>) =>
  reader ? [...COLUMNS, ...READER_COLUMNS] : COLUMNS;

/** One row a case, the header first. */
export function wideTable(cohort: Cohort): Table {
  const common = commonCombination(cohort.cases);
  const columns = columnsOf(cohort);
  return [
    columns.map(({ name }) => name),
    ...cohort.cases.map((one) => columns.map(({ value }) => value(one, cohort, common))),
  ];
}

const LONG: readonly (readonly [name: string, unit: string, meaning: string])[] = [
  ['case', '', 'Name of the case.'],
  ['date', 'ISO 8601', 'Date of the examination.'],
  ['region', '', 'WT whole tumour, TC tumour core, ET enhancing tumour.'],
  [
    'by',
    '',
    'all: by all sequences of the case; common: by those that all cases have; edited: corrected by hand; reader: another reader’s mask.',
  ],
  ['sequences', '', 'The sequences that the volume was made from.'],
  ['ml', 'ml', 'The volume; empty: not reliable from these sequences, and not asked for.'],
  ['supported', 'yes/no', 'Whether the model may be trusted with this region from these sequences.'],
  ['model_hash', 'SHA-256', 'Of the model’s description and weights.'],
  ['notice', '', 'What the numbers may be used for.'],
];

/** One row for each case, region, and way to measure; the header first. */
export function longTable(cohort: Cohort): Table {
  const common = commonCombination(cohort.cases);
  const rows: Cell[][] = [];
  for (const one of cohort.cases) {
    const { name, date, result } = one;
    if (!result) continue;
    for (const r of REGIONS) {
      const { ml, supported } = result.volumes[r];
      const row = (by: string, sequences: string, value: number | null, isSupported: boolean) =>
        rows.push([
          name,
          date,
          r,
          by,
          sequences,
          value,
          isSupported ? 'yes' : 'no',
          result.model.hash,
          RESEARCH_NOTICE,
        ]);
      row('all', result.combination, ml, supported);
      const isSame = result.combination === common;
      const subset = common === null ? undefined : isSame ? { supported } : result.subsets?.[common]?.[r];
      if (common !== null && subset) row('common', common, commonMl(one, common, r), subset.supported);
      if (result.edited) row('edited', result.combination, result.edited.ml[r], supported);
      const score = readerScore(one, r);
      if (score) row('reader', '', score.ml.reader, true);
    }
  }
  return [LONG.map(([name]) => name), ...rows];
}

/** What every column of the tables means. */
export function dataDictionary(cohort: Pick<Cohort, 'reader'>): Table {
  return [
    ['table', 'column', 'unit', 'meaning'],
    ...columnsOf(cohort).map(({ name, unit, meaning }) => ['wide', name, unit, meaning]),
    ...LONG.map(([name, unit, meaning]) => ['long', name, unit, meaning]),
    ...(cohort.reader ? READER_TABLE_COLUMNS : []).map(([name, unit, meaning]) => [
      'reader',
      name,
      unit,
      meaning,
    ]),
  ];
}
