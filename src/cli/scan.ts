import { type CandidateSummary, describeProblem, type ScanSummary } from '../contract/index.js';
import { MODALITY_TITLES } from '../terms.js';
import { table } from './table.js';

type Found = CandidateSummary['series'][number];

/** Examinations found below a folder: what each series is and why, which ones serve, and what was set aside. */
export function describeScan({ studies, files, ignored, problems }: ScanSummary): string {
  const parts = studies.map(describeCandidate);
  const rest = ignored.map(({ what, count }) => `${count} × ${what}`);
  if (rest.length > 0) parts.push(`Not looked into: ${rest.join(', ')}`);
  for (const { problem, count } of problems)
    parts.push(`${count === 1 ? 'One file' : `${count} files, the first:`}\n${describeProblem(problem)}`);
  const several = studies.length === 1 ? 'one examination' : `${studies.length} examinations, kept apart`;
  return [`${files} files: ${several}`, ...parts].join('\n\n');
}

function describeCandidate(candidate: CandidateSummary, index: number): string {
  const { name, shown, date, description, doubts, remarks, series, choices, suggestions } = candidate;
  const lines = [
    `${index + 1}. ${[name, date && name.includes(date) ? null : date, description].filter(Boolean).join(', ')}  (${shown})`,
  ];
  for (const doubt of doubts) lines.push(`   to be confirmed: ${doubt}`);
  for (const remark of remarks) lines.push(`   note: ${remark}`);
  for (const { sequences, series: ids, why } of candidate.questions) {
    const named = series.filter(({ id }) => ids.includes(id)).map(nameOf);
    lines.push(
      `   in doubt: ${sequences.map((m) => MODALITY_TITLES[m]).join(' and ')}: ${why}: ${named.join(', ')}; choose with ${sequences.map((m) => `--${m}`).join(', ')}`,
    );
  }
  const rejected = new Map(
    Object.values(choices).flatMap((choice) => (choice?.rejected ?? []).map(({ id, why }) => [id, why])),
  );
  const winners = new Set(Object.values(choices).map((choice) => choice?.winner));
  const usable = series.filter(({ setAside }) => setAside === null);
  if (usable.length > 0) {
    const rows = usable.map((one) => [
      one.doubt !== null
        ? 'T1 or T1ce'
        : one.sequence === 'mask' || one.sequence === 'other'
          ? one.sequence
          : MODALITY_TITLES[one.sequence],
      one.id.slice(0, 8),
      one.doubt !== null
        ? 'in doubt'
        : winners.has(one.id)
          ? 'used'
          : (rejected.get(one.id) ?? (one.sequence === 'mask' ? '' : 'not used')),
      ...geometry(one),
      one.description ?? one.shown.split(/[\\/]/).at(-1)!,
      one.reason,
    ]);
    lines.push(indented([['sequence', 'id', '', 'voxels', 'spacing', 'axes', 'series', 'why'], ...rows]));
  }
  const aside = series.filter(({ setAside }) => setAside !== null);
  if (aside.length > 0) {
    const rows = aside.map((one) => [
      'set aside',
      one.id.slice(0, 8),
      ...geometry(one),
      one.description ?? one.shown.split(/[\\/]/).at(-1)!,
      `${one.setAside}${one.mend ? ' (--accept-gaps interpolates)' : ''}`,
    ]);
    lines.push(indented(rows));
  }
  for (const [question, suggestion] of Object.entries(suggestions))
    if (suggestion) lines.push(`   ${question}: ${suggestion.answer ? 'yes' : 'no'}? (${suggestion.source})`);
  return lines.join('\n');
}

function nameOf({ description, shown, id }: Found): string {
  return `${description ?? shown.split(/[\\/]/).at(-1)} (${id.slice(0, 8)})`;
}

function geometry({ grid }: Found): string[] {
  if (!grid) return ['?', '?', '?'];
  return [grid.size.join('×'), `${grid.spacing.map((mm) => mm.toFixed(2)).join('×')} mm`, grid.orientation];
}

function indented(rows: readonly (readonly string[])[]): string {
  return table(rows, rows[0].length).replace(/^/gm, '   ');
}
