import type { AboutSeries } from './about.js';
import type { ContrastSaid } from './contrast.js';
import { type Judgement, judge, type Text } from './recognise.js';
import { wordsOf } from './text.js';
import { weightingSaid } from './weighting.js';

/** An image file by what lies around its voxels. */
export interface NamedFile {
  /** Its name without the image ending. */
  readonly stem: string;
  /** So many words at its beginning all files of its folder share: they tell of the patient, not of the sequence. */
  readonly shared: number;
  /** The folder that is named for the one image in it. */
  readonly folder: string | null;
  readonly about: AboutSeries;
}

/** Words that mean a mask wherever they stand in a name, and words that do so only at its end. */
const MASK_WORDS = /^(seg|segs|dseg|segmentations?|masks?|brainmask|labels?|labelmap|roi\d*|bet_mask)$/;
const MASK_ENDINGS =
  /^(tumou?r|lesions?|gt|truth|groundtruth|pred|prediction|maske|masque|mascara|maschera)$/;

/**
 * After one of these a sequence names the space that the image was moved to, not the image: `space-T1w`, `flair_to_t1`, `flair2t1`; but
 * `SPACE_FLAIR` is an acquisition, and `T2FLAIR` a FLAIR.
 */
const SPACE =
  /(?<=[-_.\s])(?:(?:to|in|on|reg|registered|coreg)[-_.\s]?|space-)(t1ce|t1c|t1gd|t1w?|t2w?|flair|mni\w*)(?=[-_.\s]|$)|(?<=[a-z])2(t1ce|t1c|t1gd|t1w?|t2w?|mni\w*)(?=[-_.\s]|$)|(?<=[a-su-z])2flair(?=[-_.\s]|$)/gi;
const BIDS = /^sub-[a-z0-9]+/i;
const SEPARATOR = /[-_.\s]+/;

/** Words of a name, as it was written. */
function partsOf(stem: string): string[] {
  return stem.split(SEPARATOR).filter(Boolean);
}

/** How many words at their beginning all names share, up to the first that tells a sequence; 0 for a single name. */
export function sharedWords(stems: readonly string[]): number {
  if (stems.length < 2 || stems.some((stem) => BIDS.test(stem))) return 0;
  const all = stems.map(partsOf);
  const shortest = Math.min(...all.map((parts) => parts.length)) - 1;
  let shared = 0;
  while (
    shared < shortest &&
    all.every((parts) => parts[shared] === all[0][shared]) &&
    !tellsSequence(all[0][shared])
  )
    shared++;
  return shared;
}

function tellsSequence(word: string): boolean {
  const { weighting, mixed, inversion } = weightingSaid(wordsOf(word));
  return weighting !== null || mixed || inversion;
}

/** What name, sidecar and folder of an image file say; `mask` where its name does. */
export function judgeFile({ stem, shared, folder, about }: NamedFile): Judgement | 'mask' {
  const name = BIDS.test(stem) ? bidsName(stem) : plainName(stem, shared);
  const words = wordsOf(name.text);
  if (words.some((word) => MASK_WORDS.test(word)) || MASK_ENDINGS.test(words.at(-1) ?? '')) return 'mask';
  const texts: Text[] = [{ text: name.text, where: 'name' }];
  if (about.description) texts.push({ text: about.description, where: 'description' });
  if (about.protocol) texts.push({ text: about.protocol, where: 'protocol' });
  if (about.sequenceName) texts.push({ text: about.sequenceName, where: 'sequence’s name' });
  if (folder !== null) texts.push({ text: folder, where: 'folder’s name' });
  const known = { ...about, ...(name.echo === undefined ? {} : { echoNumber: name.echo }) };
  return judge({ texts, about: known, ...(name.contrast ? { contrast: name.contrast } : {}) });
}

interface NameSigns {
  readonly text: string;
  readonly contrast?: ContrastSaid;
  readonly echo?: number;
}

function plainName(stem: string, shared: number): NameSigns {
  const own = stem.replace(new RegExp(`^(?:[^-_.\\s]+[-_.\\s]+){${shared}}`), '');
  const text = ` ${own}`.replace(SPACE, '').trim();
  const parts = partsOf(text);
  // Where a name holds several sequences, one at its end says what the image is.
  const last = parts.at(-1) ?? '';
  if (weightingSaid(wordsOf(text)).mixed && tellsSequence(last)) return { text: last };
  return { text };
}

/** Entities of BIDS that say nothing of the sequence, and those that do (BIDS 1.10). */
function bidsName(stem: string): NameSigns {
  const parts = stem.split('_');
  const entities = new Map(
    parts.flatMap((part) =>
      part.includes('-')
        ? [[part.slice(0, part.indexOf('-')), part.slice(part.indexOf('-') + 1)] as const]
        : [],
    ),
  );
  const rest = parts.filter(
    (part) => !/^(sub|ses|space|run|res|den|hemi|split|chunk|ce|echo|part|dir|mt|flip)-/i.test(part),
  );
  const agent = entities.get('ce');
  const text = [...rest, entities.get('part') === 'phase' ? 'part phase' : ''].join(' ').trim();
  return {
    text: text.replace(
      /(^|\s)(acq|rec|desc|inv|label)-/g,
      (_, before, key) => `${before}${key === 'inv' ? 'inv ' : key === 'label' ? 'label ' : ''}`,
    ),
    ...(agent === undefined
      ? {}
      : {
          contrast: {
            said: /^(none|no|pre|without)$/i.test(agent) ? ('without' as const) : ('with' as const),
            quote: `ce-${agent}`,
          },
        }),
    ...(entities.has('echo') ? { echo: Number(entities.get('echo')) } : {}),
  };
}
