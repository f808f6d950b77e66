import { wordsOf } from '../recognise/text.js';
import type { FoundSeries } from './candidate.js';
import { agentWasGiven, doubtOf, type Examination, REPEATED_MINUTES, type T1State } from './contrastDoubt.js';
import { byTime, hasTime, minutesBetween, nameOf } from './seriesTimes.js';

/**
 * Settles of every T1 of an examination whether it was taken before or after contrast agent: by its own words; the time of injection; the
 * header's agent where not every series carries it; the order among those that are settled; of two of one name the earlier is the one
 * before. What stays open is in doubt, and serves as nothing.
 */
export function settleContrast(series: readonly FoundSeries[], examination: Examination): FoundSeries[] {
  const t1 = series.filter((one) => isOpenT1(one)).sort(byTime);
  const states = [...t1.map((one) => byItself(one, series)), ...series.flatMap(saidByUser)];
  states.sort((a, b) => byTime(a.one, b.one));
  byOrder(states);
  if (states.some(({ contrast }) => contrast === null)) byNames(states, agentWasGiven(series, examination));
  byOrder(states);
  const settled = new Map(
    states
      .filter(({ one }) => !one.chosen)
      .map((state) => [state.one.id, concluded(state, states, series, examination)]),
  );
  return series.map((one) => settled.get(one.id) ?? one);
}

/** A T1 by itself; one with a missing slice, too: its time tells of the others. */
export function isOpenT1({ chosen, judgement }: FoundSeries): boolean {
  return !chosen && judgement?.weighting === 't1';
}

function saidByUser(one: FoundSeries): T1State[] {
  const { chosen, sequence, reason } = one;
  if (!chosen || (sequence !== 't1' && sequence !== 't1ce')) return [];
  return [{ one, contrast: sequence === 't1ce' ? 'with' : 'without', reason, confidence: 1 }];
}

function byItself(one: FoundSeries, series: readonly FoundSeries[]): T1State {
  const { contrast, contrastReason } = one.judgement!;
  const { contrastAgent: agent, injected, acquired } = one.about;
  const of = (said: T1State['contrast'], reason: string, confidence: number): T1State => ({
    one,
    contrast: said,
    reason,
    confidence,
  });
  if (contrast === 'with') {
    const confirmed = agent
      ? '; contrast agent in the header'
      : agent === null
        ? '; though the header names no contrast agent'
        : '';
    return of('with', `${contrastReason}${confirmed}`, agent === null ? 0.6 : agent ? 1 : 0.85);
  }
  // Scanners keep the agent in the header of every series of an examination.
  if (contrast === 'without')
    return of(
      'without',
      `${contrastReason}${agent ? '; though the header names a contrast agent' : ''}`,
      agent ? 0.7 : 1,
    );
  if (contrast === 'unclear') return of(null, `${contrastReason} may mean before or after`, 0);
  if (injected && acquired?.includes('T')) {
    const after = acquired > injected;
    return of(
      after ? 'with' : 'without',
      `acquired ${after ? 'after' : 'before'} the injection at ${injected.slice(11, 16)}`,
      0.9,
    );
  }
  const said = agentTells(one, series);
  if (said)
    return of(
      said,
      said === 'with'
        ? 'contrast agent in the header'
        : 'no contrast agent in the header, but in later series',
      0.75,
    );
  return of(null, '', 0);
}

/** The agent in the header tells where the series that carry it are the later ones. */
function agentTells(one: FoundSeries, series: readonly FoundSeries[]): 'with' | 'without' | null {
  const mr = series.filter(
    ({ source, setAside }) =>
      source.kind === 'file' || (source.volume.first.modality === 'MR' && !isReport(setAside)),
  );
  const carrying = mr.filter(({ about }) => about.contrastAgent);
  const free = mr.filter(({ about }) => !about.contrastAgent);
  if (carrying.length === 0 || free.length === 0) return null;
  const first = carrying.reduce((early, other) => (byTime(other, early) < 0 ? other : early));
  // A series without the agent among or after those with it: the field is not kept with care.
  if (one.about.contrastAgent) return free.some((other) => byTime(other, one) < 0) ? 'with' : null;
  return byTime(one, first) < 0 ? 'without' : null;
}

function isReport(setAside: string | null): boolean {
  return setAside !== null && /screenshot|report|localiser/.test(setAside);
}

/** Before one that is before, and after one that is after. */
function byOrder(states: readonly T1State[]): void {
  const timed = states.filter(({ one }) => hasTime(one));
  const after = timed.filter(({ contrast }) => contrast === 'with').sort((a, b) => byTime(a.one, b.one))[0];
  const before = timed
    .filter(({ contrast }) => contrast === 'without')
    .sort((a, b) => byTime(b.one, a.one))[0];
  if (after && before && byTime(before.one, after.one) > 0) return;
  for (const state of timed) {
    if (state.contrast !== null || state.isBetween) continue;
    const own = state.reason ? `${state.reason}, but ` : '';
    if (after && byTime(state.one, after.one) < 0) {
      Object.assign(state, {
        contrast: 'without',
        confidence: 0.75,
        reason: `${own}acquired before the T1 after contrast agent ${nameOf(after.one)}`,
      });
    } else if (before && byTime(state.one, before.one) < 0) {
      Object.assign(state, {
        contrast: 'without',
        confidence: 0.75,
        reason: `${own}acquired before the T1 ${nameOf(before.one)}, which is without contrast agent`,
      });
    } else if (after && byTime(state.one, after.one) > 0) {
      Object.assign(state, {
        contrast: 'with',
        confidence: 0.7,
        reason: `${own}acquired after the T1 after contrast agent ${nameOf(after.one)}`,
      });
    }
  }
}

/**
 * Of two of one name the earlier is the one before contrast agent, where something says that one was given; of more the first and the last
 * are, and what lies between them stays open.
 */
function byNames(states: readonly T1State[], given: string | null): void {
  const open = states.filter(({ contrast, one }) => contrast === null && hasTime(one));
  if (given === null) return;
  for (const first of open) {
    if (first.contrast !== null || first.isBetween) continue;
    const twins = open.filter((other) => other !== first && isTwin(first.one, other.one));
    const last = twins.at(-1);
    if (!last || last.contrast !== null || minutesBetween(first.one, last.one) < REPEATED_MINUTES) continue;
    const times = twins.length === 1 ? 'twice' : `${twins.length + 1} times`;
    const twice = `the same name ${times}, ${Math.round(minutesBetween(first.one, last.one))} minutes apart, and ${given}`;
    Object.assign(first, {
      contrast: 'without',
      confidence: 0.65,
      reason: `${twice}: the earliest is the one before`,
    });
    Object.assign(last, {
      contrast: 'with',
      confidence: 0.65,
      reason: `${twice}: the latest is the one after`,
    });
    for (const one of twins.slice(0, -1)) one.isBetween = true;
  }
  // One that is known to be before, and a later one of which nothing is said.
  const before = states.filter(({ contrast }) => contrast === 'without').at(-1);
  for (const state of open) {
    if (state.contrast !== null || state.isBetween) continue;
    if (!before || byTime(state.one, before.one) <= 0) continue;
    if (minutesBetween(before.one, state.one) < REPEATED_MINUTES) continue;
    Object.assign(state, {
      contrast: 'with',
      confidence: 0.6,
      reason: `acquired ${Math.round(minutesBetween(before.one, state.one))} minutes after the T1 without contrast agent ${nameOf(before.one)}, and ${given}`,
    });
  }
}

/** The series as it is settled, or in doubt. */
function concluded(
  state: T1State,
  states: readonly T1State[],
  series: readonly FoundSeries[],
  examination: Examination,
): FoundSeries {
  const { one, contrast, reason, confidence } = state;
  const judgement = one.judgement!;
  const sure = Math.min(judgement.confidence, confidence || 1);
  if (contrast !== null)
    return {
      ...one,
      doubt: null,
      sequence: contrast === 'with' ? 't1ce' : 't1',
      confidence: sure,
      reason: joined(judgement.reason, reason),
    };
  const doubt = doubtOf(state, states, series, examination);
  const silent =
    one.about.contrastAgent === null ? 'no contrast agent in the header' : 'nothing of a contrast agent';
  return {
    ...one,
    doubt,
    sequence: 't1',
    confidence: doubt ? 0.4 : Math.min(judgement.confidence, 0.85),
    reason: joined(judgement.reason, reason || silent),
  };
}

/** Equal names, and not two parts of one acquisition. */
function isTwin(one: FoundSeries, other: FoundSeries): boolean {
  const name = ({ about }: FoundSeries) => wordsOf(about.description ?? about.protocol ?? '').join(' ');
  return name(one) === name(other) && name(one) !== '' && one.judgement?.rank === other.judgement?.rank;
}

/** Reasons as one. */
export function joined(...parts: readonly string[]): string {
  return parts.filter(Boolean).join('; ');
}
