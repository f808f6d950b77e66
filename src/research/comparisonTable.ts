import type { PairedComparison } from '../evaluate/summary.js';

const HEADER = [
  'combination',
  'region',
  'patients',
  'difference',
  'pairs_that_differ',
  'p_value',
  'p_value_holm',
];

/** The comparison of two results as columns of text. */
export function comparisonTable(rows: readonly PairedComparison[]): string {
  const lines = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, c) => Math.max(...lines.map((cells) => cells[c].length)));
  return lines
    .map((cells) => cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))))
    .map((cells) => `${cells.join('  ')}\n`)
    .join('');
}

/** The same as RFC 4180. */
export function comparisonCsv(rows: readonly PairedComparison[]): string {
  return [HEADER, ...rows.map(cellsOf)].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function cellsOf({
  combination,
  region,
  patients,
  difference,
  test,
  adjustedPValue,
}: PairedComparison): string[] {
  return [
    combination,
    region,
    String(patients),
    difference.toFixed(4),
    String(test.pairs),
    test.pValue.toPrecision(3),
    adjustedPValue.toPrecision(3),
  ];
}
