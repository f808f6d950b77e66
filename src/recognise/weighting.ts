import { findPhrase } from './text.js';

export type Weighting = 't1' | 't2' | 'flair';

/** What words say of the weighting. `mixed`: of several; `inversion`: of an inversion whose time alone tells FLAIR from STIR. */
export interface WeightingSaid {
  readonly weighting: Weighting | null;
  readonly mixed: boolean;
  readonly inversion: boolean;
  readonly quotes: readonly string[];
}

const FLAIR = [
  ...[
    'flair…',
    'fla',
    'flr',
    'darkfl…',
    'dark fl…',
    'da fl',
    'dafl',
    'fluid attenuat…',
    'csf suppress…',
    'csf null…',
    'liquorsupp…',
    'liquorunter…',
  ],
  ...['liquor supp…', 'spcir…', 'флаир', 'флэр', '水抑制'],
];
const T1 = ['t1', 'wt1', 't1wi', 'т1'];
/** Techniques that are T1-weighted where nothing else is said. */
const T1_TECHNIQUES = [
  ...[
    'mprage…',
    'memprage…',
    'mp rage',
    'rage',
    'mp2rage…',
    'spgr…',
    'fspgr…',
    'fsgpr…',
    'irfspgr',
    'irspgr',
    'efgre3d',
    'bravo…',
    'tfl3d…',
    'tfl 3d',
    '3d tfl',
    'tfe',
    'vibe…',
  ],
  ...[
    'lava…',
    'thrive…',
    'mdeft',
    'fl3d…',
    '3d fl',
    'quick 3d',
    'quick3d',
    'disco',
    'stagefine',
    'rf spoiled',
    'rssg',
    'tiger',
    'unit1',
  ],
];
const T2 = ['t2', 'wt2', 't2wi', 'т2', 'frfse'];
/** TIRM and other inversions: a FLAIR or a STIR, by the inversion time. */
const INVERSION = ['tirm…', 'tir2d…', 'ir'];

/** Which weighting the words of a name or header say, and which of them say it. */
export function weightingSaid(words: readonly string[]): WeightingSaid {
  const flair = findPhrase(words, FLAIR);
  const t1 = findPhrase(words, T1);
  const t2 = findPhrase(words, T2);
  const inversion = findPhrase(words, INVERSION);
  const technique = flair || t2 ? null : findPhrase(words, T1_TECHNIQUES);
  const of = (weighting: Weighting | null, ...found: (typeof flair)[]): WeightingSaid => ({
    weighting,
    mixed: false,
    inversion: inversion !== null && !flair && weighting !== 't1',
    quotes: [...new Set(found.flatMap((one) => one?.words ?? []))],
  });
  if (t1 && t2)
    return flair ? { ...of(null, t1, t2, flair), mixed: true } : { ...of(null, t1, t2), mixed: true };
  // “T1 FLAIR” is a T1 with an inversion, “T2 FLAIR” is a FLAIR.
  if (t1) return of('t1', flair, t1);
  if (flair) return of('flair', flair, t2);
  if (t2) return of('t2', inversion, t2);
  return technique ? of('t1', technique) : of(null, inversion);
}
