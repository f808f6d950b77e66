import { MODALITIES, MODALITY_TITLES, REGIONS } from '../terms.js';
import type { CaseScore } from './scores.js';
import type { Summary } from './summary.js';

/** How the table of the combinations is written. */
export type TableFormat = 'text' | 'csv' | 'latex' | 'markdown';

/** Cells as text: which sequences are used, Dice in per cent, HD95 in mm; the last row is the mean. */
interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row per combination, then their mean: Dice × 100 and HD95 in mm of WT, TC and ET. */
export function combinationTable(summary: Summary, format: TableFormat): string {
  if (format === 'csv') return summaryCsv(summary);
  const marks = format === 'latex' ? ['$\\bullet$', '$\\circ$'] : ['●', '○'];
  const table = buildTable(summary, marks[0], marks[1]);
  if (format === 'markdown') return markdown(table);
  return format === 'latex' ? latex(table) : text(table);
}

/** `cases.csv`: one row per case, combination and region. */
export function casesCsv(cases: readonly CaseScore[]): string {
  const header = [
    'case',
    'patient',
    'combination',
    'region',
    'dice',
    'hd95_mm',
    'hd95_kind',
    'sensitivity',
    'volume_error_ml',
    'lesion_dice',
    'lesion_hd95_mm',
    'true_lesions',
    'missed_lesions',
    'false_lesions',
  ];
  const rows = cases.flatMap(({ caseName, patient, combination, regions }) =>
    REGIONS.map((region) => {
      const { dice, hd95, sensitivity, volumeErrorMl, lesionWise } = regions[region];
      return [
        caseName,
        patient,
        combination,
        region,
        number(dice),
        number(hd95.value),
        hd95.kind,
        sensitivity === null ? '' : number(sensitivity),
        number(volumeErrorMl),
        number(lesionWise.dice),
        number(lesionWise.hd95),
        String(lesionWise.trueLesions),
        String(lesionWise.missedLesions),
        String(lesionWise.falseLesions),
      ];
    }),
  );
  return csv([header, ...rows]);
}

function buildTable(summary: Summary, used: string, unused: string): Table {
  const percent = (dice: number) => (100 * dice).toFixed(1);
  const columns = (label: string) => REGIONS.map((region) => `${label} ${region}`);
  const rows = summary.combinations.map(({ combination, regions }) => {
    const members = combination.split('+');
    return [
      ...MODALITIES.map((m) => (members.includes(m) ? used : unused)),
      ...REGIONS.map((region) => percent(regions[region].dice)),
      ...REGIONS.map((region) => regions[region].hd95.toFixed(1)),
    ];
  });
  const meanHd95 = REGIONS.map((region) => {
    const values = summary.combinations.map(({ regions }) => regions[region].hd95);
    return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(1);
  });
  const last = ['mean', '', '', '', ...REGIONS.map((region) => percent(summary.mean[region])), ...meanHd95];
  return {
    header: [...MODALITIES.map((m) => MODALITY_TITLES[m]), ...columns('Dice'), ...columns('HD95')],
    rows: [...rows, last],
  };
}

function text({ header, rows }: Table): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  return `${lines
    .map((cells) => cells.map((cell, column) => cell.padStart(widths[column])).join('  '))
    .join('\n')}\n`;
}

function markdown({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column < MODALITIES.length ? ':-:' : '--:'));
  return `${[header, rule, ...rows].map(line).join('\n')}\n`;
}

function latex({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  const last = rows[rows.length - 1];
  return [
    `\\begin{tabular}{${'c'.repeat(MODALITIES.length)}${'r'.repeat(header.length - MODALITIES.length)}}`,
    '\\toprule',
    line(header),
    '\\midrule',
    ...rows.slice(0, -1).map(line),
    '\\midrule',
    line(last),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

function summaryCsv(summary: Summary): string {
  const header = [
    'combination',
    'patients',
    'region',
    'dice',
    'dice_low',
    'dice_high',
    'hd95_mm',
    'one_empty',
    'sensitivity',
    'volume_error_ml',
    'absolute_volume_error_ml',
    'lesion_dice',
    'lesion_hd95_mm',
  ];
  const rows = summary.combinations.flatMap(({ combination, patients, regions }) =>
    REGIONS.map((region) => {
      const scores = regions[region];
      return [
        combination,
        String(patients),
        region,
        number(scores.dice),
        number(scores.diceInterval.low),
        number(scores.diceInterval.high),
        number(scores.hd95),
        String(scores.oneEmpty),
        scores.sensitivity === null ? '' : number(scores.sensitivity),
        number(scores.volumeErrorMl),
        number(scores.absoluteVolumeErrorMl),
        number(scores.lesionDice),
        number(scores.lesionHd95),
      ];
    }),
  );
  return csv([header, ...rows]);
}

/** RFC 4180. Names that a spreadsheet would take for a formula are kept from it by a leading apostrophe. */
function csv(rows: readonly (readonly string[])[]): string {
  const cell = (value: string) => {
    const safe = /^[=@\t\r]|^[+-](?![\d.])/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${rows.map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(6)));
}
