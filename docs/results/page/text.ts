/** Markdown tables and numbers. */
import { MODALITIES, MODALITY_TITLES, membersOf, REGIONS, type Region } from '../../../src/terms.js';

/** A Markdown table; columns of numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(header),
    line(header.map((_, i) => (rows.every((row) => /^[\d+−–]/.test(row[i])) ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

export const number = (value: number | null, digits = 3) => value?.toFixed(digits) ?? '–';
export const percent = (share: number) => `${Math.round(100 * share)} %`;
export const signed = (value: number, digits = 3) =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

/** WT / TC / ET. */
export function triple(values: Readonly<Record<Region, number | null>>, digits = 3): string {
  return REGIONS.map((region) => number(values[region], digits)).join(' / ');
}

/** `T1 + FLAIR`. */
export function titlesOf(combination: string): string {
  const members = membersOf(combination);
  if (members.length === MODALITIES.length) return 'all four';
  return members.map((m) => MODALITY_TITLES[m]).join(' + ');
}

/** Said where a log is missing. */
export const notMeasured = (what: string) => `**Not measured yet**: ${what}.`;
