import { MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';

/** What a file's name says it is, and why, in words. */
export interface Recognition {
  readonly sequence: Modality | 'mask' | 'other';
  readonly reason: string;
  /** 0..1: how far signs agree; ranks recognitions, no measured probability. */
  readonly confidence: number;
}

/** A sequence that stands in a file's name alone. */
const BY_NAME = 0.85;

/** Spellings of each sequence, as one token or several joined (`t1_ce` → `t1ce`). */
const SPELLINGS: Record<Modality, readonly string[]> = {
  t1: ['t1', 't1n', 't1w'],
  t1ce: ['t1ce', 't1c', 't1gd', 't1post', 't1km'],
  t2: ['t2', 't2w'],
  flair: ['flair', 'fla', 't2f'],
};

/** Words that mean a mask wherever they stand in a name, and words that do so only at its end. */
const MASK_WORDS = ['seg', 'dseg', 'segmentation', 'mask', 'brainmask', 'label', 'labels', 'labelmap', 'roi'];
const MASK_ENDINGS = ['tumor', 'tumour', 'lesion', 'gt', 'truth', 'groundtruth', 'pred', 'prediction'];

/** After one of these a sequence names the space that the image was moved to, not the image. */
const SPACE_WORDS = ['to', 'in', 'on', 'space', 'reg', 'registered', 'coreg'];

const IMAGE_ENDING = /\.(nii|nii\.gz|mha|mhd|nrrd|nhdr)$/i;

/** Whether a name ends as one of the image formats that `volume` reads. */
export function isImageName(fileName: string): boolean {
  return IMAGE_ENDING.test(fileName);
}

/** The file name without its image ending. */
export function imageStem(fileName: string): string {
  return fileName.replace(IMAGE_ENDING, '');
}

/**
 * Recognises a sequence from a BraTS- or BIDS-style file name (any case, `-` or `_` between words).
 * The longest spelling wins (`t1_ce` is T1ce, never T1; BIDS `ce-gd_T1w` is T1ce), a spelling at the end of the name
 * wins over those before it, and a name that holds two different sequences elsewhere is `other`: never a guess.
 *
 * Source of the spellings: BraTS 2012-2023 file names; BIDS 1.9 entities `ce-<label>` and suffixes T1w, T2w, FLAIR.
 */
export function recogniseSequence(fileName: string): Recognition {
  const words = imageStem(fileName)
    .toLowerCase()
    .split(/[-_.\s]+/)
    .filter(Boolean);
  const maskWord =
    words.find((word) => MASK_WORDS.includes(word)) ?? MASK_ENDINGS.find((word) => words.at(-1) === word);
  if (maskWord) return { sequence: 'mask', reason: `“${maskWord}” in the name`, confidence: BY_NAME };

  const found = sequencesIn(words);
  const last = found.at(-1);
  if (!last) return { sequence: 'other', reason: 'no sequence in the name', confidence: 0 };
  const contrast = contrastEntity(words);
  const corrected = found.map((match) =>
    match.modality === 't1' && contrast
      ? { ...match, modality: 't1ce' as const, spelling: `${contrast} … ${match.spelling}` }
      : match,
  );
  const decisive = corrected[corrected.length - 1];
  const names = [...new Set(corrected.map((match) => match.modality))];
  if (last.end !== words.length && names.length > 1) {
    const titles = MODALITIES.filter((m) => names.includes(m)).map((m) => MODALITY_TITLES[m]);
    const reason = `several sequences in the name: ${titles.join(', ')}`;
    return { sequence: 'other', reason, confidence: 0 };
  }
  return {
    sequence: decisive.modality,
    reason: `“${decisive.spelling}” in the name`,
    confidence: BY_NAME,
  };
}

interface Match {
  modality: Modality;
  spelling: string;
  /** Index after the last word of the match. */
  end: number;
}

/** Every spelling in the words, two words joined before one. */
function sequencesIn(words: readonly string[]): Match[] {
  const matches: Match[] = [];
  let at = 0;
  while (at < words.length) {
    const match = matchAt(words, at);
    if (match && !SPACE_WORDS.includes(words[at - 1])) matches.push(match);
    at = match ? match.end : at + 1;
  }
  return matches;
}

function matchAt(words: readonly string[], at: number): Match | null {
  for (const length of [2, 1]) {
    if (at + length > words.length) continue;
    const spelling = words.slice(at, at + length).join('');
    const modality = MODALITIES.find((m) => SPELLINGS[m].includes(spelling));
    if (modality) return { modality, spelling: words.slice(at, at + length).join('_'), end: at + length };
  }
  return null;
}

/** BIDS `ce-<agent>`: the words `ce`, agent. */
function contrastEntity(words: readonly string[]): string | null {
  const at = words.indexOf('ce');
  const agent = words[at + 1];
  if (at < 0 || agent === undefined || (at > 0 && words[at - 1] === 't1')) return null;
  return agent === 'none' ? null : `ce-${agent}`;
}
