import { MODALITY_TITLES, type Modality } from '../terms.js';
import type { Recognition } from './recognise.js';
import type { AboutSeries } from './study.js';
import {
  findPhrase,
  POST_SOMETHING_ELSE,
  WEIGHTINGS,
  type Weighting,
  WITH_CONTRAST,
  WITHOUT_CONTRAST,
  wordsOf,
} from './words.js';

/** What headers say that tells a sequence. */
export interface SequenceSigns {
  readonly about: AboutSeries;
  readonly sequenceName: string | undefined;
  /** DICOM's Scanning Sequence: SE, IR, GR, EP. */
  readonly scanning: readonly string[];
}

interface WordSigns {
  readonly weighting: Weighting | null;
  readonly contrast: boolean | null;
  readonly quoted: string;
}

/**
 * Recognises a sequence by what headers say: words of the description and protocol in seven languages, echo, repetition and inversion
 * times, and the contrast agent. `other` where they are silent: never a guess.
 *
 * Times: spin echo at 1.5–3 T as in radiology's textbooks (T1: TE ≤ 30 ms with TR ≤ 1200 ms or an inversion at 400–1400 ms; T2: TE ≥ 60 ms,
 * TR ≥ 1500 ms; FLAIR: like T2 with an inversion at 1500–3500 ms).
 */
export function recogniseByHeader({ about, sequenceName, scanning }: SequenceSigns): Recognition {
  const words = wordSigns([about.description, about.protocol]);
  const byTimes = weightingByTimes(about, scanning);
  const fallback = words.weighting ? null : wordSigns([sequenceName]);
  const named = words.weighting ?? fallback?.weighting ?? null;
  const weighting = named ?? byTimes;
  if (!weighting)
    return { sequence: 'other', reason: 'neither words nor times tell the sequence', confidence: 0 };

  const reasons: string[] = [];
  const times = timesText(about);
  let confidence = 0.7;
  if (named) {
    confidence = words.weighting ? 0.85 : 0.75;
    reasons.push(
      words.weighting ? `${words.quoted} in the description` : `${fallback?.quoted} in the sequence’s name`,
    );
    if (byTimes === named) {
      confidence += 0.1;
      reasons.push(times);
    } else if (byTimes) {
      confidence = 0.5;
      reasons.push(`but ${times} would be ${MODALITY_TITLES[byTimes]}`);
    }
  } else reasons.push(times);
  if (weighting !== 't1') return { sequence: weighting, reason: reasons.join('; '), confidence };
  return withContrast(words.contrast ?? fallback?.contrast ?? null, about.contrastAgent, reasons, confidence);
}

/** T1 or T1ce, by words and by the header's contrast agent. */
function withContrast(
  said: boolean | null,
  agent: string | null | undefined,
  reasons: readonly string[],
  confidence: number,
): Recognition {
  const of = (sequence: Modality, reason: string, factor: number): Recognition => ({
    sequence,
    reason: [...reasons, reason].filter(Boolean).join('; '),
    confidence: Math.min(confidence, factor),
  });
  if (said === true) {
    if (agent === null) return of('t1ce', 'though the header names no contrast agent', 0.6);
    return of('t1ce', agent ? 'contrast agent in the header' : '', agent ? 1 : 0.85);
  }
  if (said === false) {
    // Scanners keep the agent in the header of every series of an examination.
    return of('t1', agent ? 'though the header names a contrast agent' : '', agent ? 0.6 : 1);
  }
  if (agent) return of('t1ce', 'contrast agent in the header', 0.75);
  return of(
    't1',
    agent === null ? 'no contrast agent' : 'nothing of a contrast agent',
    agent === null ? 0.85 : 0.75,
  );
}

/** Weighting and contrast agent by the words of texts; the shortest quote that shows them. */
export function wordSigns(texts: readonly (string | undefined)[]): WordSigns {
  const words = texts.flatMap((text) => (text ? wordsOf(text) : []));
  const found = (Object.keys(WEIGHTINGS) as Weighting[]).flatMap((weighting) => {
    const phrase = findPhrase(words, WEIGHTINGS[weighting]);
    return phrase ? [{ weighting, quote: phrase.words }] : [];
  });
  const named = found.map(({ weighting }) => weighting);
  // “T1 FLAIR” is a T1 with an inversion, “T2 FLAIR” is a FLAIR.
  const weighting = named.includes('flair') && named.includes('t1') ? 't1' : (named[0] ?? null);
  const isMixed = named.includes('t1') && named.includes('t2');
  const { contrast, quote } = contrastSigns(words);
  const quotes = [...new Set(found.map((one) => one.quote))];
  if (quote) quotes.push(quote);
  return {
    weighting: isMixed ? null : weighting,
    contrast,
    quoted: `“${quotes.join(' … ')}”`,
  };
}

function contrastSigns(words: readonly string[]): { contrast: boolean | null; quote: string | null } {
  const rest = without(words, POST_SOMETHING_ELSE).rest;
  const denied = without(rest, WITHOUT_CONTRAST);
  const given = findPhrase(denied.rest, WITH_CONTRAST);
  if (denied.quote && given) return { contrast: null, quote: null };
  if (denied.quote) return { contrast: false, quote: denied.quote };
  const quote = given?.words.replace('contrastadded', '+c') ?? null;
  return given ? { contrast: true, quote } : { contrast: null, quote: null };
}

/** The words without every one of these phrases; the first of them as a quote. */
function without(
  words: readonly string[],
  phrases: readonly string[],
): { rest: string[]; quote: string | null } {
  const rest = [...words];
  let quote: string | null = null;
  for (let found = findPhrase(rest, phrases); found; found = findPhrase(rest, phrases)) {
    quote ??= found.words;
    rest.splice(found.at, found.length);
  }
  return { rest, quote };
}

function weightingByTimes(about: AboutSeries, scanning: readonly string[]): Weighting | null {
  const { echoTime: te, repetitionTime: tr, inversionTime: ti } = about;
  if (!te || !tr || scanning.includes('EP')) return null;
  const isGradient = scanning.includes('GR') && !scanning.includes('SE');
  if (te >= 60 && tr >= 1500 && !isGradient)
    return ti && ti >= 1500 && ti <= 3500 ? 'flair' : ti ? null : 't2';
  if (ti && ti >= 400 && ti <= 1400 && te <= 30) return 't1';
  if (isGradient) return te <= 8 && tr >= 5 && tr <= 1200 ? 't1' : null;
  return te <= 30 && tr <= 1200 && !ti ? 't1' : null;
}

function timesText({ echoTime, repetitionTime, inversionTime }: AboutSeries): string {
  const parts = [
    ['TE', echoTime],
    ['TR', repetitionTime],
    ['TI', inversionTime],
  ].flatMap(([name, value]) => (value ? [`${name} ${Math.round(value as number)} ms`] : []));
  return parts.join(', ');
}
