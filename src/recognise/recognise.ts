import { MODALITY_TITLES, type Modality } from '../terms.js';
import type { AboutSeries } from './about.js';
import { ANOTHER_BODY_PART, ASIDE_WORDS, DERIVED, PROTON_DENSITY, SHORT_TI } from './asideWords.js';
import { otherPartIn } from './bodyWords.js';
import { type ContrastSaid, contrastSaid } from './contrast.js';
import { imageTypeSaid, isOtherDerived, partSaid } from './imageTypes.js';
import { type PhysicsSaid, physicsSaid } from './physics.js';
import { findPhrase, wordsOf } from './text.js';
import { type Weighting, type WeightingSaid, weightingSaid } from './weighting.js';

/** A text that tells of a series, and how a reason calls it. The first that says something counts. */
export interface Text {
  readonly text: string;
  readonly where: 'name' | 'folder’s name' | 'description' | 'protocol' | 'sequence’s name';
}

/** All that is known of a series but its voxels and its neighbours. */
export interface Evidence {
  readonly texts: readonly Text[];
  readonly about: AboutSeries;
  /** What an entity of a BIDS name says of contrast agent: it counts before words. */
  readonly contrast?: ContrastSaid;
}

/** What evidence says of one series by itself; of T1 whether contrast agent was given is settled within the examination. */
export interface Judgement {
  readonly weighting: Weighting | null;
  readonly contrast: ContrastSaid['said'];
  /** In words, for the sentence that explains the choice. */
  readonly reason: string;
  readonly contrastReason: string;
  /** 0..1: how far signs agree; ranks, no measured probability. */
  readonly confidence: number;
  /** Why it is none of the four sequences; null when it may be one. */
  readonly aside: string | null;
  /** 0 serves best: a water image before one in phase, a denoised uniform image before the plain one. */
  readonly rank: number;
}

interface Read extends Text {
  readonly words: readonly string[];
}

const BY_WORDS = 0.85;
const CONFIRMED = 0.95;
const BY_PHYSICS = 0.7;
const CONTRADICTED = 0.5;

/** Weighs what texts and physics say of a series. Physics beats words where they contradict. */
export function judge({ texts, about, contrast: entity }: Evidence): Judgement {
  const read = texts.map((one) => ({ ...one, words: wordsOf(one.text) }));
  const physics = physicsSaid(about);
  const said = firstWeighting(read);
  const contrast = entity ? { ...entity, where: 'name' } : firstContrast(read);
  const part = partSaid(
    read.flatMap(({ words }) => words),
    about,
  );
  const verdict = weigh(said, physics, about);
  const aside = asideReason(read, about, said.weighting, verdict.aside, part);
  const weighting = part.isUniform ? 't1' : verdict.weighting;
  const isT1 = weighting === 't1';
  return {
    weighting: aside === null ? weighting : null,
    contrast: isT1 ? contrast.said : null,
    reason: part.isUniform ? 'the uniform image of an MP2RAGE acquisition' : verdict.reason,
    contrastReason: isT1 && contrast.said !== null ? `“${contrast.quote}” in the ${contrast.where}` : '',
    confidence: verdict.confidence,
    aside,
    rank: part.rank,
  };
}

function firstWeighting(read: readonly Read[]): WeightingSaid & { where: string } {
  const nothing = { weighting: null, mixed: false, inversion: false, quotes: [], where: '' };
  let open: (WeightingSaid & { where: string }) | null = null;
  for (const { words, where, text } of read) {
    const said = where === 'sequence’s name' ? bySequenceName(text) : weightingSaid(words);
    if (said.weighting) return { ...said, where, inversion: said.inversion || (open?.inversion ?? false) };
    if (said.mixed || said.inversion) open ??= { ...said, where };
  }
  return open ?? nothing;
}

/** Siemens’ names of sequences; other makers have none that tell. */
function bySequenceName(text: string): WeightingSaid {
  const name = text.replace(/^\*/, '').toLowerCase();
  const of = (weighting: Weighting | null, inversion = false): WeightingSaid => ({
    weighting,
    mixed: false,
    inversion,
    quotes: [text],
  });
  if (/^spcir/.test(name)) return of('flair');
  if (/^(tfl3d|tfl_?3d|mpr)/.test(name)) return of('t1');
  return /^tir/.test(name) ? of(null, true) : weightingSaid(wordsOf(name));
}

function firstContrast(read: readonly Read[]): ContrastSaid & { where: string } {
  for (const { words, where } of read) {
    if (where === 'sequence’s name') continue;
    const said = contrastSaid(words);
    if (said.said !== null) return { ...said, where };
  }
  return { said: null, quote: '', where: '' };
}

interface Verdict {
  readonly weighting: Weighting | null;
  readonly aside: string | null;
  readonly reason: string;
  readonly confidence: number;
}

function weigh(said: WeightingSaid & { where: string }, physics: PhysicsSaid, about: AboutSeries): Verdict {
  const { weighting: named, quotes, where } = said;
  const { weighting: measured, times } = physics;
  const words = `“${quotes.join(' … ')}” in the ${where}`;
  const of = (
    weighting: Weighting | null,
    confidence: number,
    reason: string,
    aside: string | null = null,
  ): Verdict => ({
    weighting,
    aside,
    reason,
    confidence,
  });
  const contradicted = (weighting: Weighting | null, aside: string | null = null) =>
    of(
      weighting,
      CONTRADICTED,
      `${times || aside}${weighting ? ` is ${MODALITY_TITLES[weighting]}` : ''}, though ${words}`,
      aside,
    );
  if (named === null) {
    if (physics.aside) return of(null, 0, physics.aside, physics.aside);
    if (said.inversion && !measured)
      return of(null, 0, `${words}: the inversion time that tells FLAIR from STIR is not known`);
    if (measured) return of(measured, BY_PHYSICS, quotes.length > 0 ? `${words}; ${times}` : times);
    if (said.mixed) return of(null, 0, `several sequences in the ${where}: ${quotes.join(', ')}`);
    return of(
      null,
      0,
      times
        ? `no word tells the sequence, and ${times} does not either`
        : 'neither words nor times tell the sequence',
    );
  }
  if (physics.aside && !isTolerated(named, physics, about)) return contradicted(null, physics.aside);
  if (said.inversion && named === 't2' && measured === null)
    return of(null, 0, `${words}: the inversion time that tells FLAIR from STIR is not known`);
  if (named === 't2' && physics.isGradient)
    return contradicted(null, `gradient echo, no T2: ${times || words}`);
  if (named === 'flair' && physics.isGradient && (about.echoTime ?? 99) < 60)
    return contradicted(null, `gradient echo with a short echo time, no FLAIR: ${times}`);
  if (measured === null) return of(named, BY_WORDS, times ? `${words}; ${times}` : words);
  if (measured === named) return of(named, CONFIRMED, `${words}; ${times}`);
  // A FLAIR whose header leaves the inversion time out has a T2's times.
  if (named === 'flair' && measured === 't2') return of('flair', BY_WORDS, `${words}; ${times}`);
  return contradicted(measured);
}

/** Physics that a word may well go with: a T1 FLAIR whose inversion time is not written, a T1 with a large flip angle. */
function isTolerated(
  named: Weighting,
  { aside, isGradient }: PhysicsSaid,
  { echoTime }: AboutSeries,
): boolean {
  if (named !== 't1') return false;
  return (aside?.startsWith(PROTON_DENSITY) ?? false) || (isGradient && (echoTime ?? 0) < 12);
}

function asideReason(
  read: readonly Read[],
  about: AboutSeries,
  named: Weighting | null,
  byPhysics: string | null,
  part: ReturnType<typeof partSaid>,
): string | null {
  const types = about.imageType ?? [];
  const byType = imageTypeSaid(types);
  if (byType) return byType;
  if (part.aside) return part.aside;
  for (const { words, where } of read) {
    if (where === 'sequence’s name') continue;
    const found = wordsAside(words, where, about, named);
    if (found) return found;
  }
  if (byPhysics) return byPhysics;
  for (const { text, where } of read) {
    const other = where === 'sequence’s name' ? null : otherPartIn(text, where === 'name');
    if (other) return `${ANOTHER_BODY_PART}: “${other}” in the ${where}`;
  }
  const bySequence = read.find(({ where }) => where === 'sequence’s name');
  if (bySequence && /^\*?(ep[_\d]|epfid|ep2d|ep3d)/i.test(bySequence.text))
    return `echo-planar imaging: “${bySequence.text}” as the sequence’s name`;
  if (isOtherDerived(types)) return DERIVED;
  return null;
}

function wordsAside(
  words: readonly string[],
  where: string,
  about: AboutSeries,
  named: Weighting | null,
): string | null {
  const own = weightingSaid(words).weighting ?? named;
  for (const { why, words: phrases, unless = [] } of ASIDE_WORDS) {
    const found = findPhrase(words, phrases);
    if (!found || (own !== null && unless.includes(own))) continue;
    if (why === PROTON_DENSITY && own === 't2') {
      const echo = echoOf(words, about);
      if (echo === 't2') continue;
      if (echo === null)
        return `${PROTON_DENSITY} and T2 in one name, and nothing tells which echo this is: “${found.words}” in the ${where}`;
    }
    if (why === SHORT_TI && (about.inversionTime ?? 0) >= 1300) continue;
    const times = why === SHORT_TI && about.inversionTime ? `, TI ${Math.round(about.inversionTime)} ms` : '';
    return `${why}: “${found.words}” in the ${where}${times}`;
  }
  const bValue = words.find((word) => /^b\d{2,4}$/.test(word));
  if (bValue) return `diffusion: “${bValue}” in the ${where}`;
  // Suffixes of dcm2niix.
  const last = words.at(-1) ?? '';
  if (where === 'name' && /^(ph|real|imaginary)$/.test(last))
    return `phase or other part of the signal: “${last}” in the name`;
  return null;
}

/** Which echo of a proton density and T2 acquisition a series is. */
function echoOf(words: readonly string[], { echoTime, echoNumber }: AboutSeries): 'pd' | 't2' | null {
  if (echoTime) return echoTime >= 60 ? 't2' : 'pd';
  const number = echoNumber ?? Number(words.find((word) => /^e[12]$/.test(word))?.slice(1) ?? Number.NaN);
  if (number === 1) return 'pd';
  return number === 2 ? 't2' : null;
}

/** The sequence of a judgement by itself: T1 is T1ce where words say so. */
export function sequenceOf({ weighting, contrast }: Judgement): Modality | 'other' {
  if (weighting === 't1' && contrast === 'with') return 't1ce';
  return weighting ?? 'other';
}
