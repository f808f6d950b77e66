import { type CandidateSummary, describeProblem, type ScanSummary } from '../contract/index.js';
import { MODALITY_TITLES } from '../terms.js';
import { table, wrapped } from './table.js';

type Found = CandidateSummary['series'][number];

/**
 * Examinations found below a folder: what each series is and why, which ones serve, and what was set aside.
 *
 * @param width columns of the terminal: what would be longer goes on below; by default every series has one line, for other programs.
 */
export function describeScan(
  { studies, files, ignored, problems }: ScanSummary,
  width = Number.POSITIVE_INFINITY,
): string {
  const parts = studies.map((study, index) => describeCandidate(study, index, width));
  const rest = ignored.map(({ what, count }) => `${count} × ${what}`);
  if (rest.length > 0) parts.push(`Not looked into: ${rest.join(', ')}`);
  for (const { problem, count } of problems)
    parts.push(`${count === 1 ? 'One file' : `${count} files, the first:`}\n${describeProblem(problem)}`);
  const several = studies.length === 1 ? 'one examination' : `${studies.length} examinations, kept apart`;
  return [`${files} files: ${several}`, ...parts].join('\n\n');
}

function describeCandidate(candidate: CandidateSummary, index: number, width: number): string {
  const { name, shown, date, description, doubts, remarks, series, choices, suggestions } = candidate;
  const lines: string[] = [];
  const say = (line: string) => lines.push(wrapped(line, width, '   '));
  say(
    `${index + 1}. ${[name, date && name.includes(date) ? null : date, description].filter(Boolean).join(', ')}  (${shown})`,
  );
  for (const doubt of doubts) say(`   to be confirmed: ${doubt}`);
  for (const remark of remarks) say(`   note: ${remark}`);
  for (const { sequences, series: ids, why } of candidate.questions) {
    const named = series.filter(({ id }) => ids.includes(id)).map(nameOf);
    say(
      `   in doubt: ${sequences.map((m) => MODALITY_TITLES[m]).join(' and ')}: ${why}: ${named.join(', ')}; choose with ${sequences.map((m) => `--${m}`).join(', ')}`,
    );
  }
  const rejected = new Map(
    Object.values(choices).flatMap((choice) => (choice?.rejected ?? []).map(({ id, why }) => [id, why])),
  );
  const winners = new Set(Object.values(choices).map((choice) => choice?.winner));
  const usable = series.filter(({ setAside }) => setAside === null);
  if (usable.length > 0) {
    const rows = usable.map((one) => {
      const [state, why] = stateOf(one, winners, rejected);
      return [
        one.doubt !== null ? 'T1 or T1ce' : titleOf(one),
        one.id.slice(0, 8),
        state,
        ...geometry(one),
        called(one),
        why,
      ];
    });
    lines.push(
      listed([['sequence', 'id', '', 'voxels', 'spacing', 'axes', 'series', 'why'], ...rows], width),
    );
  }
  const aside = series.filter(({ setAside }) => setAside !== null);
  if (aside.length > 0) {
    const rows = aside.map((one) => [
      'set aside',
      one.id.slice(0, 8),
      ...geometry(one),
      called(one),
      `${one.setAside}${one.mend ? ' (--accept-gaps interpolates)' : ''}`,
    ]);
    lines.push(listed(rows, width));
  }
  for (const [question, suggestion] of Object.entries(suggestions))
    if (suggestion) say(`   ${question}: ${suggestion.answer ? 'yes' : 'no'}? (${suggestion.source})`);
  return lines.join('\n');
}

/** Whether a series serves, and why it is what it is, or does not serve. */
function stateOf(
  one: Found,
  winners: ReadonlySet<string | undefined>,
  rejected: ReadonlyMap<string, string>,
): [state: string, why: string] {
  if (one.doubt !== null) return ['in doubt', `${one.reason}; ${one.doubt.replace(/^T1 or T1ce: /, '')}`];
  if (winners.has(one.id)) return ['used', one.reason];
  const why = rejected.get(one.id);
  if (why !== undefined) return ['not used', `${why} (${one.reason})`];
  return [one.sequence === 'mask' ? '' : 'not used', one.reason];
}

function titleOf({ sequence }: Found): string {
  return sequence === 'mask' || sequence === 'other' ? sequence : MODALITY_TITLES[sequence];
}

function called({ description, shown }: Found): string {
  return description ?? shown.split(/[\\/]/).at(-1)!;
}

function nameOf(one: Found): string {
  return `${called(one)} (${one.id.slice(0, 8)})`;
}

function geometry({ grid }: Found): string[] {
  if (!grid) return ['?', '?', '?'];
  return [grid.size.join('×'), `${grid.spacing.map((mm) => mm.toFixed(2)).join('×')} mm`, grid.orientation];
}

/** The rows as a table; where that is wider than the terminal, the last column goes on lines of its own below each row. */
function listed(rows: readonly (readonly string[])[], width: number): string {
  const whole = table(rows, rows[0].length).replace(/^/gm, '   ');
  if (whole.split('\n').every((line) => [...line].length <= width)) return whole;
  const heads = table(
    rows.map((row) => row.slice(0, -1)),
    rows[0].length - 1,
  );
  return heads
    .split('\n')
    .flatMap((line, n) => {
      const why = rows[n].at(-1)!;
      return [`   ${line}`, ...(why === 'why' ? [] : [wrapped(`      ${why}`, width, '      ')])];
    })
    .join('\n');
}
