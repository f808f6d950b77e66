import type { DatasetFindings } from '../../src/contract/research.js';
import { type Combination, combinationName } from '../../src/terms.js';

export type DatasetRow = DatasetFindings['cases'][number] & { readonly dataset: string };

export function rowsOf(findings: readonly DatasetFindings[]): DatasetRow[] {
  return findings.flatMap(({ name, cases }) => cases.map((row) => ({ ...row, dataset: name })));
}

/** Cases with this text in name, patient or what is wrong, and with something wrong where only those are asked for. */
export function filtered(rows: readonly DatasetRow[], text: string, onlyProblems: boolean): DatasetRow[] {
  const wanted = text.trim().toLowerCase();
  return rows.filter(({ name, patient, problems }) => {
    if (onlyProblems && problems.length === 0) return false;
    const words = [name, patient ?? '', ...problems.map(({ code }) => code)].join(' ').toLowerCase();
    return words.includes(wanted);
  });
}

export interface SequenceSet {
  readonly combination: Combination;
  readonly cases: number;
}

/** How many cases have exactly these sequences (UpSet plot: Lex et al. 2014), the most frequent first. */
export function sequenceSets(rows: readonly DatasetRow[]): SequenceSet[] {
  const counts = new Map<Combination, number>();
  for (const { sequences } of rows) {
    if (sequences.length === 0) continue;
    const name = combinationName(sequences);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([combination, cases]) => ({ combination, cases }))
    .sort((a, b) => b.cases - a.cases || a.combination.localeCompare(b.combination));
}
