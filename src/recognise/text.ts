/** What is written as a sign and not as a word: contrast given, not given. As words that no text holds. */
export const GIVEN = 'contrastgiven';
export const NOT_GIVEN = 'contrastnotgiven';

/** Letters that Unicode does not take apart into a base and a mark. */
const LETTERS: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ς: 'σ',
};

/** Written with a capital inside, and one word. */
const ONE_WORD: ReadonlySet<string> = new Set([
  'prohance',
  'multihance',
  'omniscan',
  'rsfmri',
  'minip',
  'colfa',
  'fatsat',
  'posdisp',
]);

const AGENT = '(?:c|ctt?e|ce|cm|g|gd|gad|gado|k|km|mc|mdc|civ|pdc|contrast\\w*|kontrast\\w*|inj\\w*)';
const SIGNS: readonly (readonly [RegExp, string])[] = [
  // Scripts without spaces.
  [/(不|无|無|未|非)(增强|增強|増強)|平扫|平掃|造影前|単純|非造影|조영전|조영 전|비조영/g, ` ${NOT_GIVEN} `],
  [/增强|增強|増強|造影後?|造影|조영 ?후|조영/g, ` ${GIVEN} `],
  [/к\s*\/\s*у/g, ' ку '],
  // What an anonymiser or a pipeline adds behind a colon.
  [/:\s*processed\w*/g, ' '],
  // “Status post” is no “sin”.
  [/(?<![a-z0-9])s\s*\/\s*p(?![a-z0-9])/g, ' status postop '],
  // Two readings at once: with and without.
  [
    /(?<![a-z0-9])(c\s*\/\s*s|s\s*\/\s*c\s*\/\s*c|w\s*\/\s*(?:&|\+|and|,)?\s*w\s*\/?\s*o|w\s*(?:&|\+|and)\s*w\s*\/?\s*o|\+\s*\/\s*-|±)(?![a-z0-9])/g,
    ` ${GIVEN} ${NOT_GIVEN} `,
  ],
  [new RegExp(`(?<![a-z0-9])${AGENT}\\s*\\(\\s*[-−–]\\s*\\)`, 'g'), ` ${NOT_GIVEN} `],
  [new RegExp(`(?<![a-z0-9])${AGENT}\\s*\\(\\s*\\+\\s*\\)`, 'g'), ` ${GIVEN} `],
  [/(?<![a-z0-9])w\s*\/\s*o(?![a-z])/g, ' without '],
  [/(?<![a-z0-9])w\s*\//g, ' with '],
  [new RegExp(`(?<![a-z0-9])s\\s*/\\s*${AGENT}(?![a-z0-9])`, 'g'), ` ${NOT_GIVEN} `],
  [new RegExp(`(?<![a-z0-9])c\\s*/\\s*${AGENT}(?![a-z0-9])`, 'g'), ` ${GIVEN} `],
  [/(?<![a-z0-9])s\s*\//g, ' sin '],
  [new RegExp(`\\+\\s*${AGENT}(?![a-z0-9])`, 'g'), ` ${GIVEN} `],
  [/(?<![a-z0-9])(c|gd|gad|gado|km)\s*\+/g, ` ${GIVEN} `],
  [/(?<=t1w?i?)\s*\+(?=$|[\s_.)])/g, ` ${GIVEN} `],
  [/(?<=t1.*)\+\s*$/g, ` ${GIVEN} `],
  [/(?<![a-z0-9])w[\s_]+con(?![a-z])/g, ` ${GIVEN} `],
  // Letters that a file name does not hold: après, después, após, pós, nélkül, fără.
  [/(?<![a-z])(apr|despu|ap)[\s_]+s(?![a-z])/g, ' apos '],
  [/(?<![a-z0-9])p[\s_]+s(?![a-z0-9])/g, ' pos '],
  [/(?<![a-z])n[\s_]+lk[\s_]+l(?![a-z])/g, ' nelkul '],
  [/(?<![a-z])f[\s_]+r[\s_]+(?=contrast)/g, ' fara '],
  [/(?<![a-z0-9])(?:gd|gad|gado|km|iv|mdc|civ)[-−–](?=$|[\s_)\],;])/g, ` ${NOT_GIVEN} `],
  [/^\s*\+\s+(?=.*t1)/g, ` ${GIVEN} `],
  // “ -C” is a minus, “T1-C” a hyphen.
  [/(?<=\s|^|_)[-−–]\s?(?:c|gd|gad|gado|km)(?![a-z0-9])/g, ` ${NOT_GIVEN} `],
  [/(?<![a-z0-9])c\s*-(?=$|\s*[)_.,;/]|\s*$)/g, ` ${NOT_GIVEN} `],
  // Letters with points between them are one word: i.v., K.M., m.d.c.
  [/(?<![a-z0-9])([a-z])\.([a-z])\.(?:([a-z])\.)?/g, ' $1$2$3 '],
  [/(?<=[tr]2w?)\*/g, 'star '],
];

/**
 * A text as words: lower case, without accents, glued words taken apart (`mprageGD`, `T2FLAIR`, `3Dgado`, `postcontrast`), signs of
 * contrast (`+C`, `s/c`, `w/o`) as words.
 */
export function wordsOf(text: string): string[] {
  let plain = text
    .normalize('NFC')
    .replace(/[\p{L}\p{N}]+/gu, (word) =>
      ONE_WORD.has(word.toLowerCase()) ? word : word.replace(/(\p{Ll}{2,}|\d\p{Ll})(?=\p{Lu})/gu, '$1 '),
    )
    .toLowerCase()
    .replace(/[łøđðßæœıς]/g, (letter) => LETTERS[letter])
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .normalize('NFC');
  for (const [sign, word] of SIGNS) plain = plain.replace(sign, word);
  const words = plain
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .flatMap(unglued);
  // File names have `w_o_contrast` for w/o.
  return words.flatMap((word, at) => {
    if (word === 'w' && words[at + 1] === 'o') return ['without'];
    return word === 'o' && words[at - 1] === 'w' ? [] : [word];
  });
}

/** As a person would read them: signs as they are usually written. */
export function quoted(words: readonly string[]): string {
  return words.join(' ').replaceAll(NOT_GIVEN, 'C−').replaceAll(GIVEN, '+C');
}

const BEFORE_WEIGHTING =
  /^(?:[23]d|[sewornm]|axt?|axi|axl|oax|osag|ocor|obl|sag|cor|kor|tra|trans|tse|fse|se|ir|gd|post|pre|ce|km|mr|me|brain|head|fs|my|pd)$/;
const STEMS =
  'flair|mprage|bravo|fspgr|spgr|stir|dwi|vibe|space|cube|tfe|ffe|tirm|mp2rage|swi|gre|tse|fse|lava|thrive';
const BEFORE_STEM = '[23]d|[sewo]|ax|oax|osag|ocor|obl|sag|cor|tra|ir|ef|post|pre|me|rs|f|bal|b';
const GLUED_STEM = new RegExp(`^(?:(${BEFORE_STEM}))?(${STEMS})(.+)?$`);
const CONTRAST_PREFIX =
  /^(post|pos|pre|prae|non|no|without|with|wo|mit|ohne|nach|vor|sin|senza|sans|avec|bez|utan)(contrast\p{L}*|kontrast\p{L}*|gad\p{L}*|gd|km|ce|mdc|inj\p{L}*|enhanc\p{L}*)$/u;

/** Words that were written as one. */
function unglued(word: string): string[] {
  if (word.length < 3) return [word];
  // HD-GLIO and LUMIERE call T1 after contrast agent CT1.
  if (/^k?ct1w?$/.test(word)) return ['t1', GIVEN];
  const weighting = word.match(/^(.*?)(t1|t2)(wi|w)?(?![0-9])(.*)$/);
  if (weighting && (weighting[1] === '' || BEFORE_WEIGHTING.test(weighting[1]))) {
    const [, before, name, , after] = weighting;
    const rest = afterWeighting(name, after);
    return [...(before.length > 1 ? unglued(before) : []), name, ...rest];
  }
  const contrast = word.match(CONTRAST_PREFIX);
  if (contrast) return [contrast[1], contrast[2]];
  const short = word.match(/^([mnov])(km)$/);
  if (short) return [{ m: 'mit', n: 'nach', o: 'ohne', v: 'vor' }[short[1]]!, short[2]];
  const stem = word.match(GLUED_STEM);
  if (stem && (stem[1] || stem[3])) {
    const [, before, name, after] = stem;
    if (WHOLE.has(word)) return [word];
    return [...(before && before.length > 1 ? [before] : []), name, ...(after ? unglued(after) : [])];
  }
  const dimension = word.match(/^([23]d)(\p{L}{2,}.*)$/u);
  return dimension ? [dimension[1], ...unglued(dimension[2])] : [word];
}

/** Words that hold another and mean something else. */
const WHOLE: ReadonlySet<string> = new Set([
  'mprages',
  'swip',
  'bffe',
  'btfe',
  'spaced',
  'cubes',
  'fspgr',
  'tsee',
  'efgre3d',
]);

/** What stands directly behind T1 or T2: `t1c`, `t1n` and `t2f` as BraTS has it, `t2s` for T2*. */
function afterWeighting(name: string, after: string): string[] {
  if (after === '') return [];
  if (name === 't1' && (after === 'c' || after === 'ca')) return [GIVEN];
  if (name === 't1' && after === 'n') return [NOT_GIVEN];
  if (name === 't1' && after === 'g') return ['gd'];
  if (name === 't2' && (after === 'f' || after === 'fl')) return ['flair'];
  if (name === 't2' && after === 's') return ['star'];
  return unglued(after);
}

/** Phrases taken apart, once a list. */
const taken = new WeakMap<readonly string[], string[][]>();

/** The place of a phrase in the words. */
export interface Found {
  readonly at: number;
  readonly length: number;
  readonly words: string;
}

/** The first of the phrases that stands in the words; a phrase is words with spaces, `…` at a word's end stands for any ending. */
export function findPhrase(words: readonly string[], phrases: readonly string[]): Found | null {
  let lists = taken.get(phrases);
  if (!lists) {
    lists = phrases.map((phrase) => phrase.split(' '));
    taken.set(phrases, lists);
  }
  for (const parts of lists) {
    for (let at = 0; at + parts.length <= words.length; at++) {
      if (parts.every((part, i) => matches(words[at + i], part)))
        return { at, length: parts.length, words: quoted(words.slice(at, at + parts.length)) };
    }
  }
  return null;
}

function matches(word: string, part: string): boolean {
  return part.endsWith('…') ? word.startsWith(part.slice(0, -1)) : word === part;
}

/** The words without every one of these phrases. */
export function without(words: readonly string[], phrases: readonly string[]): string[] {
  const rest = [...words];
  for (let found = findPhrase(rest, phrases); found; found = findPhrase(rest, phrases))
    rest.splice(found.at, found.length);
  return rest;
}
