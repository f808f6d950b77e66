import { MODALITIES, MODALITY_TITLES, membersOf, REGIONS } from '../terms.js';
import { type CaseScore, PRESENT_ML } from './scores.js';
import type { RegionSummary, Summary } from './summary.js';

/** How the table of the combinations is written. */
export type TableFormat = 'text' | 'csv' | 'latex' | 'markdown';

/** Cells as text: which sequences are used, Dice in per cent, HD95 in mm, each with its n; the last row is the mean. */
interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Null where no patient has every combination. */
  readonly mean: readonly string[] | null;
  readonly notes: readonly string[];
}

const NONE = '–';

/**
 * One row per combination, then their mean: Dice × 100 and HD95 in mm of WT, TC and ET, each with the number of patients
 * behind it; then what was found in patients without core or enhancing tumour. `csv` has the same and more, unrounded.
 */
export function combinationTable(summary: Summary, format: TableFormat): string {
  if (format === 'csv') return summaryCsv(summary);
  const marks = format === 'latex' ? ['$\\bullet$', '$\\circ$'] : ['●', '○'];
  const table = buildTable(summary, marks[0], marks[1]);
  if (format === 'markdown') return markdown(table);
  return format === 'latex' ? latex(table) : text(table);
}

/** What the numbers of the table are, in sentences: who is counted, and who is not. */
function tableNotes({ combinations, complete, patients }: Summary): string[] {
  const all = combinations.length;
  return [
    `Dice in %: mean over the patients with at least ${PRESENT_ML} ml of the region in the truth, (how many). HD95 in mm: mean over the patients in whom both masks hold the region, (how many).`,
    'One empty: cases in which one mask holds the region and the other does not; they have no HD95. No TC, no ET: patients without it, in how many of them it was found, and ml in the mean over them.',
    complete > 0
      ? `Mean: over the combinations, of the ${complete} of ${patients} patients who have all (${all}).`
      : `No mean over the combinations: none of the ${patients} patients has all (${all}).`,
  ];
}

/**
 * `cases.csv`: one row per case, combination and region. HD95 is given where it is measured; the lesion-wise one is BraTS
 * 2023's, with its penalty for missed and invented lesions.
 */
export function casesCsv(cases: readonly CaseScore[]): string {
  const header = [
    'case',
    'patient',
    'combination',
    'region',
    'dice',
    'dice_kind',
    'hd95_mm',
    'hd95_kind',
    'sensitivity',
    'true_ml',
    'volume_error_ml',
    'lesion_dice',
    'lesion_hd95_mm',
    'true_lesions',
    'missed_lesions',
    'false_lesions',
  ];
  const rows = cases.flatMap(({ caseName, patient, combination, regions }) =>
    REGIONS.flatMap((region) => {
      const one = regions[region];
      if (!one) return [];
      const { dice, hd95, sensitivity, trueMl, volumeErrorMl, lesionWise } = one;
      const cells = [
        caseName,
        patient,
        combination,
        region,
        number(dice),
        hd95.kind === 'both-empty' ? 'both-empty' : 'measured',
        number(hd95.kind === 'measured' ? hd95.value : null),
        hd95.kind,
        number(sensitivity),
        number(trueMl),
        number(volumeErrorMl),
        number(lesionWise.dice),
        number(lesionWise.hd95),
        String(lesionWise.trueLesions),
        String(lesionWise.missedLesions),
        String(lesionWise.falseLesions),
      ];
      return [cells];
    }),
  );
  return csv([header, ...rows]);
}

function buildTable(summary: Summary, used: string, unused: string): Table {
  const columns = (label: string) => REGIONS.map((region) => `${label} ${region} (n)`);
  const rows = summary.combinations.map(({ combination, patients, regions }) => {
    const members = membersOf(combination);
    const of = <T>(value: (one: RegionSummary) => T) => REGIONS.map((r) => regions[r] && value(regions[r]));
    return [
      ...MODALITIES.map((m) => (members.includes(m) ? used : unused)),
      String(patients),
      ...REGIONS.map((r) => cell(regions[r] && { value: regions[r].dice, n: regions[r].present }, 100)),
      ...REGIONS.map((r) => cell(regions[r] && { value: regions[r].hd95, n: regions[r].measured }, 1)),
      of((one) => one.oneEmpty)
        .map((count) => count ?? NONE)
        .join('/'),
      ...(['TC', 'ET'] as const).map((r) => absentCell(regions[r])),
    ];
  });
  const { mean, complete } = summary;
  const last = [
    'mean',
    '',
    '',
    '',
    String(complete),
    ...REGIONS.map((r) => cell({ value: mean[r].dice, n: mean[r].present }, 100)),
    ...REGIONS.map((r) => cell({ value: mean[r].hd95, n: mean[r].measured }, 1)),
    '',
    '',
    '',
  ];
  return {
    header: [
      ...MODALITIES.map((m) => MODALITY_TITLES[m]),
      'n',
      ...columns('Dice'),
      ...columns('HD95'),
      'one empty WT/TC/ET',
      'no TC',
      'no ET',
    ],
    rows,
    mean: complete > 0 ? last : null,
    notes: tableNotes(summary),
  };
}

/** `81.3 (12)`. */
function cell(of: { value: number | null; n: number } | null, factor: number): string {
  return of === null || of.value === null ? NONE : `${(factor * of.value).toFixed(1)} (${of.n})`;
}

/** `2 of 4, 5.3 ml`. */
function absentCell(region: RegionSummary | null): string {
  if (!region || region.absent.ml === null) return NONE;
  const { found, patients, ml } = region.absent;
  return `${found} of ${patients}, ${ml.toFixed(1)} ml`;
}

function text({ header, rows, mean, notes }: Table): string {
  const lines = [header, ...rows, ...(mean ? [mean] : [])];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const table = lines.map((cells) => cells.map((one, column) => one.padStart(widths[column])).join('  '));
  return `${[...table, '', ...notes].join('\n')}\n`;
}

function markdown({ header, rows, mean, notes }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column < MODALITIES.length ? ':-:' : '--:'));
  const lines = [header, rule, ...rows, ...(mean ? [mean] : [])].map(line);
  return `${[...lines, '', ...notes].join('\n')}\n`;
}

function latex({ header, rows, mean, notes }: Table): string {
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  return [
    `\\begin{tabular}{${'c'.repeat(MODALITIES.length)}${'r'.repeat(header.length - MODALITIES.length)}}`,
    '\\toprule',
    line(header),
    '\\midrule',
    ...rows.map(line),
    ...(mean ? ['\\midrule', line(mean)] : []),
    '\\bottomrule',
    '\\end{tabular}',
    ...notes.map((note) => `\\par ${note.replaceAll('%', '\\%')}`),
    '',
  ].join('\n');
}

const SUMMARY_COLUMNS: readonly (readonly [string, (one: RegionSummary) => number | null])[] = [
  ['dice', (one) => one.dice],
  ['dice_patients', (one) => one.present],
  ['dice_low', (one) => one.diceInterval?.low ?? null],
  ['dice_high', (one) => one.diceInterval?.high ?? null],
  ['absent_patients', (one) => one.absent.patients],
  ['absent_found', (one) => one.absent.found],
  ['absent_found_ml', (one) => one.absent.ml],
  ['both_empty', (one) => one.bothEmpty],
  ['hd95_mm', (one) => one.hd95],
  ['hd95_patients', (one) => one.measured],
  ['one_empty', (one) => one.oneEmpty],
  ['sensitivity', (one) => one.sensitivity],
  ['volume_error_ml', (one) => one.volumeErrorMl],
  ['absolute_volume_error_ml', (one) => one.absoluteVolumeErrorMl],
  ['lesion_dice', (one) => one.lesionDice],
  ['missed_lesions', (one) => one.missedLesions],
  ['false_lesions', (one) => one.falseLesions],
];

/** A row per combination and region, then `mean` where any patient is complete; what is not known is empty. */
function summaryCsv({ combinations, complete, mean }: Summary): string {
  const rows = combinations.flatMap(({ combination, patients, regions }) =>
    REGIONS.flatMap((region) => {
      const one = regions[region];
      if (!one) return [];
      const cells = SUMMARY_COLUMNS.map(([, value]) => number(value(one)));
      return [[combination, String(patients), region, ...cells]];
    }),
  );
  const means = REGIONS.map((region) => {
    const { dice, present, hd95, measured } = mean[region];
    const known: Record<string, number | null> = {
      dice,
      dice_patients: present,
      hd95_mm: hd95,
      hd95_patients: measured,
    };
    return [
      'mean',
      String(complete),
      region,
      ...SUMMARY_COLUMNS.map(([name]) => number(known[name] ?? null)),
    ];
  });
  const header = ['combination', 'patients', 'region', ...SUMMARY_COLUMNS.map(([name]) => name)];
  return csv([header, ...rows, ...(complete > 0 ? means : [])]);
}

/** RFC 4180. Names that a spreadsheet would take for a formula are kept from it by a leading apostrophe. */
function csv(rows: readonly (readonly string[])[]): string {
  const cell = (value: string) => {
    const safe = /^[=@\t\r]|^[+-](?![\d.])/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${rows.map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** Empty where it is not known. */
function number(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(6)));
}
