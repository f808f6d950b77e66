import { SUBTRACTION } from '../recognise/asideWords.js';
import { contrastSaid } from '../recognise/contrast.js';
import { findPhrase, wordsOf } from '../recognise/text.js';
import type { Modality } from '../terms.js';
import type { FoundSeries, Question, StudyCandidate } from './candidate.js';
import { byTime, hasTime, minutesBetween, nameOf, timeOf } from './seriesTimes.js';

/** What is known of an examination besides its series. */
export type Examination = Pick<StudyCandidate, 'texts'>;

interface Open {
  readonly one: FoundSeries;
  contrast: 'with' | 'without' | null;
  reason: string;
  confidence: number;
  /** Of several of one name, between the one before and the one after contrast agent. */
  isBetween?: boolean;
}

/** Two T1 further apart in time hold an injection between them rather than one attempt twice. */
const REPEATED_MINUTES = 3;

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

/** What the user is asked: only for sequences that no series serves without doubt. */
export function questionsOf(series: readonly FoundSeries[]): Question[] {
  const open = series.filter(({ doubt, setAside, chosen }) => doubt !== null && setAside === null && !chosen);
  // Who says which one is T1 has looked at the others.
  const isSaid = series.some(({ chosen, sequence }) => chosen && (sequence === 't1' || sequence === 't1ce'));
  if (open.length === 0 || isSaid) return [];
  const serves = (modality: Modality) =>
    series.some((one) => one.sequence === modality && one.setAside === null && one.doubt === null);
  const sequences = (['t1', 't1ce'] as const).filter((modality) => !serves(modality));
  if (sequences.length === 0) return [];
  return [{ sequences, series: open.map(({ id }) => id), why: open[0].doubt!.replace(/^T1 or T1ce: /, '') }];
}

function saidByUser(one: FoundSeries): Open[] {
  const { chosen, sequence, reason } = one;
  if (!chosen || (sequence !== 't1' && sequence !== 't1ce')) return [];
  return [{ one, contrast: sequence === 't1ce' ? 'with' : 'without', reason, confidence: 1 }];
}

function byItself(one: FoundSeries, series: readonly FoundSeries[]): Open {
  const { contrast, contrastReason } = one.judgement!;
  const { contrastAgent: agent, injected, acquired } = one.about;
  const of = (said: Open['contrast'], reason: string, confidence: number): Open => ({
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
function byOrder(states: readonly Open[]): void {
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
function byNames(states: readonly Open[], given: string | null): void {
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

/** What says that contrast agent was given in this examination; null when nothing does. */
function agentWasGiven(series: readonly FoundSeries[], { texts }: Examination): string | null {
  for (const text of texts) {
    const { said } = contrastSaid(wordsOf(text));
    if (said === 'with' || said === 'unclear') return 'the examination is called one with contrast agent';
  }
  if (series.some(({ about }) => about.contrastAgent)) return 'headers name a contrast agent';
  if (series.some(({ about }) => contrastSaid(wordsOf(about.description ?? '')).said === 'with'))
    return 'other series are named as after contrast agent';
  return series.some(isSubtraction) ? 'there is a subtraction' : null;
}

/** The examination is called one without contrast agent, and nothing in it contradicts that. */
function isWithoutAgent(series: readonly FoundSeries[], examination: Examination): boolean {
  const denied = examination.texts.some((text) => contrastSaid(wordsOf(text)).said === 'without');
  return denied && agentWasGiven(series, examination) === null;
}

function isSubtraction({ about, setAside }: FoundSeries): boolean {
  if (setAside === null) return false;
  const isType = about.imageType?.some((type) => /^SUB(TRACT\w*)?$/.test(type)) ?? false;
  return isType || findPhrase(wordsOf(about.description ?? ''), SUBTRACTION) !== null;
}

/** The series as it is settled, or in doubt. */
function concluded(
  state: Open,
  states: readonly Open[],
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

/** Why it is not settled whether a T1 is before or after contrast agent; null where nothing speaks for an agent. */
function doubtOf(
  state: Open,
  states: readonly Open[],
  series: readonly FoundSeries[],
  examination: Examination,
): string | null {
  const { one, reason } = state;
  if (one.judgement!.contrast === 'unclear') return `T1 or T1ce: ${reason}`;
  if (isWithoutAgent(series, examination)) return null;
  const others = states.filter((other) => other !== state);
  const given = agentWasGiven(series, examination);
  const open = others.filter(({ contrast }) => contrast === null);
  if (open.some((other) => canDiffer(one, other.one)))
    return `T1 or T1ce: ${open.length + 1} T1 series${given ? `, ${given},` : ''} and nothing tells which is after contrast agent`;
  const before = others.some(
    ({ contrast, one: other }) => contrast === 'without' && hasTime(one) && byTime(other, one) < 0,
  );
  if (before)
    return 'T1 or T1ce: acquired after a T1 without contrast agent, and nothing says whether an agent was given between them';
  const after = others.some(({ contrast }) => contrast === 'with');
  if (given && !after && one.judgement!.contrast === null && one.source.kind === 'dicom')
    return one.about.contrastAgent
      ? 'T1 or T1ce: the agent stands in the header of every series'
      : `T1 or T1ce: ${given}, and nothing says of this one series whether it is before or after`;
  return null;
}

/** Not two parts of one attempt: water and in-phase image of one acquisition are both before or both after. */
function canDiffer(one: FoundSeries, other: FoundSeries): boolean {
  // Phases in one file: which of them follows the agent their common time does not tell.
  if (isOneFile(one, other) && timeOf(one.about) === timeOf(other.about))
    return one.judgement?.rank === other.judgement?.rank;
  if (hasTime(one) && hasTime(other)) return minutesBetween(one, other) >= REPEATED_MINUTES;
  return one.judgement?.rank === other.judgement?.rank;
}

function isOneFile({ source: a }: FoundSeries, { source: b }: FoundSeries): boolean {
  return a.kind === 'dicom' && b.kind === 'dicom' && a.volume.first === b.volume.first;
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
