import type { RegionRow, ReportFacts } from './facts.js';

const COLUMNS = [
  'case',
  'mask',
  'region',
  'volume_ml',
  'longest_diameter_mm',
  'perpendicular_diameter_mm',
  'supported',
  'note',
  'range_lower_ml',
  'range_upper_ml',
  'agreement',
  'edited_by_hand',
  'added_by_hand_ml',
  'removed_by_hand_ml',
  'warnings',
  'sequences_used',
  'threshold',
  'model',
  'model_version',
  'model_hash',
  'engine',
  'device',
  'quorum_version',
  'created_at',
] as const;

/**
 * One line per mask and region, numbers with at most three decimals (RFC 4180: CRLF, quotes doubled). Cells that a spreadsheet would take for a formula get a leading
 * apostrophe. Answers to the questions have a column each (`adult`, `treated`, `glioma`); the last column is the notice.
 */
export function reportCsv(facts: ReportFacts): string {
  const questions = facts.answers.map(({ key }) => key);
  const asked = facts.examination;
  const header = [...COLUMNS, ...(asked ? ['patient_id', 'examination_date'] : []), ...questions, 'notice'];
  const lines = facts.rows.map((row) => [
    ...cellsOf(row, facts),
    ...(asked ? [asked.patient, asked.date] : []),
    ...facts.answers.map(({ answer }) => answer),
    facts.notice,
  ]);
  return csvText([header, ...lines]);
}

/** RFC 4180: CRLF, quotes doubled. Cells that a spreadsheet would take for a formula get a leading apostrophe. */
export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

function cellsOf(row: RegionRow, facts: ReportFacts): (string | number | null)[] {
  const used = facts.sequences.filter(({ used }) => used).map(({ title }) => title);
  return [
    facts.caseName,
    row.mask,
    row.region,
    row.ml,
    row.diameters?.longestMm ?? null,
    row.diameters?.perpendicularMm ?? null,
    row.supported ? 'yes' : 'no',
    row.note,
    row.rangeMl?.lower ?? null,
    row.rangeMl?.upper ?? null,
    row.agreement,
    row.byHand ? 'yes' : 'no',
    row.byHand?.addedMl ?? null,
    row.byHand?.removedMl ?? null,
    facts.warningCodes.join(' '),
    used.join(' + '),
    facts.threshold,
    facts.model.name,
    facts.model.version,
    facts.model.hash,
    facts.engine.name,
    facts.engine.device,
    facts.quorumVersion,
    facts.createdAt,
  ];
}

function quote(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(Number(cell.toFixed(3)));
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
