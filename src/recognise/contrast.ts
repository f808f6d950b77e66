import {
  AFFIRMING,
  AFFIRMING_AFTER,
  AND,
  DENIALS,
  DENYING_AFTER,
  isNoun,
  LONE_DENIALS,
  LONE_NATIVE,
  LONE_WEAK,
  NOT_TREATMENT_OF_CONTRAST,
  TECHNICAL,
  UNCLEAR_LETTERS,
  WEAK_NOUNS,
} from './contrastWords.js';
import { findPhrase, GIVEN, NOT_GIVEN, quoted, without } from './text.js';

/** What words say of a contrast agent. `unclear`: they say both, or a word before “contrast” is not known. */
export interface ContrastSaid {
  readonly said: 'with' | 'without' | 'unclear' | null;
  readonly quote: string;
}

const NOTHING: ContrastSaid = { said: null, quote: '' };
/** So many words before the word for contrast may hold the one that denies it: “before i.v. administration of contrast”. */
const REACH = 4;

/**
 * Whether words say that contrast agent was given. Every word for contrast is read with what stands around it, and one denial is enough:
 * what denies is never taken for what affirms, whatever else stands there.
 */
export function contrastSaid(all: readonly string[]): ContrastSaid {
  const words = without(all, NOT_TREATMENT_OF_CONTRAST);
  const said: ContrastSaid[] = [];
  words.forEach((word, at) => {
    if (word === GIVEN) said.push(affirmed(words, at, at));
    else if (word === NOT_GIVEN) said.push({ said: 'without', quote: quoted([word]) });
    else if (isNoun(word, words[at - 1])) said.push(ofNoun(words, at));
  });
  const lone = said.every((one) => one.said === null) ? loneWord(words) : null;
  if (lone) said.push(lone);
  const kinds = new Set(said.map((one) => one.said).filter(Boolean));
  if (kinds.size === 0) return NOTHING;
  if (kinds.size === 1) return said.find((one) => one.said !== null)!;
  const both = kinds.has('with') && kinds.has('without');
  const first = said.find((one) => one.said === (both ? 'without' : 'unclear')) ?? said[0];
  return { said: 'unclear', quote: first.quote };
}

function affirmed(words: readonly string[], from: number, to: number): ContrastSaid {
  return { said: 'with', quote: quoted(words.slice(from, to + 1)) };
}

function ofNoun(words: readonly string[], at: number): ContrastSaid {
  const noun = words[at];
  const quote = (from: number, to = at) => quoted(words.slice(Math.max(0, from), to + 1));
  if (/^kontrast(siz|suz|los|frei|iton)|^kontrast\p{L}*(frei|los)$/u.test(noun) || /^contrastless/.test(noun))
    return { said: 'without', quote: noun };
  // “kontrastsız” without its last letters.
  if (noun === 'kontrasts') return { said: 'unclear', quote: noun };
  const after = words[at + 1];
  if (after !== undefined && DENYING_AFTER.has(after) && !AFFIRMING.has(noun))
    return { said: 'without', quote: quote(at, at + 1) };
  if (after !== undefined && AFFIRMING_AFTER.has(after)) return affirmed(words, at, at + 1);
  const start = Math.max(0, at - REACH);
  let denied = -1;
  let given = -1;
  for (let n = at - 1; n >= start; n--) {
    if (DENIALS.has(words[n]) && denied < 0) denied = n;
    else if (AFFIRMING.has(words[n]) && given < 0) given = n;
  }
  const before = words[at - 1];
  if (isDenyingLetter(before, noun)) [denied, given] = [at - 1, -1];
  else if (before !== undefined && UNCLEAR_LETTERS.has(before) && !(before === 's' && /^kontrast/.test(noun)))
    return { said: 'unclear', quote: quote(at - 1) };
  if (denied >= 0 && words.slice(denied + 1, at).some((word) => AND.has(word)))
    return { said: 'unclear', quote: quote(denied) };
  if (denied >= 0 && given >= 0) {
    // “pre and post contrast”, “mit und ohne KM”; else the nearer one, unless it is the affirmation: “without post contrast”.
    if (given > denied && given - denied > 2) return affirmed(words, given, at);
    return {
      said: denied > given && denied - given > 2 ? 'without' : 'unclear',
      quote: quote(Math.min(denied, given)),
    };
  }
  if (denied >= 0) return { said: 'without', quote: quote(denied) };
  if (given >= 0) return affirmed(words, given, at);
  if (WEAK_NOUNS.has(noun)) return NOTHING;
  if (before !== undefined && isUnknown(before) && !isNoun(before, words[at - 2]))
    return { said: 'unclear', quote: quote(at - 1) };
  return affirmed(words, at, at);
}

/** A letter that denies before this very word: “s mdc”, “o. KM”, “v. KM”. */
function isDenyingLetter(letter: string | undefined, noun: string): boolean {
  if (letter === 's') return /^(contrast|civ|mdc|ctt?e)/.test(noun);
  return (letter === 'o' || letter === 'v') && noun === 'km';
}

/** A short word that is neither technical nor a word of place: it may deny in a language that is not known here. */
function isUnknown(word: string): boolean {
  return /^\p{L}{2,7}$/u.test(word) && !TECHNICAL.has(word);
}

/** Words that say something of contrast without a word for it: “T1 pre”, “nativ”, “post”. */
function loneWord(words: readonly string[]): ContrastSaid | null {
  const native = findPhrase(words, LONE_NATIVE);
  const post = findPhrase(words, ['post', 'pos', 'c c']);
  if (native && post) return { said: 'unclear', quote: native.words };
  if (native) return { said: 'without', quote: native.words };
  const last = words.at(-1);
  if (last !== undefined && LONE_DENIALS.has(last)) return { said: 'without', quote: last };
  if (post) return { said: 'with', quote: post.words };
  const weak = words.findIndex((word, at) => LONE_WEAK.has(word) && !/^\d+$/.test(words[at - 1] ?? ''));
  if (weak >= 0) return { said: 'with', quote: words[weak] };
  // A lone C behind everything else: “3D Ax BRAVO C”.
  return words.length > 1 && last === 'c' ? { said: 'with', quote: 'C' } : null;
}
