import type { Cohort, CohortCase } from '../contract/cohort.js';

/**
 * A cohort with what was found now: cases that are known by their images keep their state and results wherever their files lie now,
 * new ones are added at the end, and those that are not there any more stay with their results.
 */
export function mergeCases(cohort: Cohort, found: readonly CohortCase[]): Cohort {
  const left = [...found];
  const take = (one: CohortCase) => {
    const byName = left.findIndex(({ mark, name }) => mark === one.mark && name === one.name);
    const at = byName >= 0 ? byName : left.findIndex(({ mark }) => mark === one.mark);
    return at < 0 ? null : left.splice(at, 1)[0];
  };
  /** The same place, with other images than before. */
  const takeChanged = ({ name, source }: CohortCase) => {
    const place = JSON.stringify(source?.paths);
    const at = left.findIndex(
      (now) => source !== null && now.name === name && JSON.stringify(now.source?.paths) === place,
    );
    return at < 0 ? null : left.splice(at, 1)[0];
  };
  const isNeutral = cohort.options.neutralNames;
  const known = cohort.cases.map((one) => {
    const now = take(one) ?? takeChanged(one);
    if (!now) return one;
    const { date, sequences, doubts, suggestions, isDicom, mark } = now;
    const source = isNeutral ? null : now.source;
    const about = { ...one, date, sequences, doubts, suggestions, isDicom, source, mark };
    // Other images: what was found in those before is not theirs.
    return mark === one.mark
      ? about
      : { ...about, state: now.state, problem: now.problem, result: null, reader: null };
  });
  const taken = new Set(known.map(({ name }) => name));
  const added = left.map((one) => {
    const name = freeName(isNeutral ? 'case' : one.name, taken, isNeutral);
    taken.add(name);
    return { ...one, name, source: isNeutral ? null : one.source };
  });
  return { ...cohort, cases: [...known, ...added] };
}

function freeName(name: string, taken: ReadonlySet<string>, isNumbered: boolean): string {
  if (!isNumbered && !taken.has(name)) return name;
  const numbered = (n: number) => (isNumbered ? `${name}-${String(n).padStart(3, '0')}` : `${name}-${n}`);
  let n = isNumbered ? taken.size + 1 : 2;
  while (taken.has(numbered(n))) n++;
  return numbered(n);
}
