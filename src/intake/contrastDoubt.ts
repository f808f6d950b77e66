import { SUBTRACTION } from '../recognise/asideWords.js';
import { contrastSaid } from '../recognise/contrast.js';
import { findPhrase, wordsOf } from '../recognise/text.js';
import type { Modality } from '../terms.js';
import type { FoundSeries, Question, StudyCandidate } from './candidate.js';
import { byTime, hasTime, minutesBetween, timeOf } from './seriesTimes.js';

/** What is known of an examination besides its series. */
export type Examination = Pick<StudyCandidate, 'texts'>;

/** A T1, and what is known so far of whether it is before or after contrast agent. */
export interface T1State {
  readonly one: FoundSeries;
  contrast: 'with' | 'without' | null;
  reason: string;
  confidence: number;
  /** Of several of one name, between the one before and the one after contrast agent. */
  isBetween?: boolean;
}

/** Two T1 further apart in time hold an injection between them rather than one attempt twice. */
export const REPEATED_MINUTES = 3;

/** Why it is not settled whether a T1 is before or after contrast agent; null where nothing speaks for an agent. */
export function doubtOf(
  state: T1State,
  states: readonly T1State[],
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

/** What says that contrast agent was given in this examination; null when nothing does. */
export function agentWasGiven(series: readonly FoundSeries[], { texts }: Examination): string | null {
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
