import type { Modality } from '../terms.js';
import { IMAGE_ENDINGS } from '../volume/imageFile.js';
import { judgeFile } from './fileName.js';
import { sequenceOf } from './recognise.js';

/** What a file's name says it is, and why, in words. */
export interface Recognition {
  readonly sequence: Modality | 'mask' | 'other';
  readonly reason: string;
  /** 0..1: how far signs agree; ranks recognitions, no measured probability. */
  readonly confidence: number;
  /** The name says something, yet not which sequence: it is set aside by it, or leaves T1 and T1ce open. */
  readonly isOpen?: true;
}

const IMAGE_ENDING = new RegExp(
  `(${IMAGE_ENDINGS.map((ending) => ending.replaceAll('.', '\\.')).join('|')})$`,
  'i',
);

/** Whether a name ends as one of the image formats that `volume` reads. */
export function isImageName(fileName: string): boolean {
  return IMAGE_ENDING.test(fileName);
}

/** The file name without its image ending. */
export function imageStem(fileName: string): string {
  return fileName.replace(IMAGE_ENDING, '');
}

/** What a file's name says by itself: BraTS, BIDS, dcm2niix, or plain words. `other` where it leaves anything open. */
export function recogniseSequence(fileName: string): Recognition {
  const judged = judgeFile({ stem: imageStem(fileName), shared: 0, folder: null, about: {} });
  if (judged === 'mask')
    return { sequence: 'mask', reason: 'a word for a mask in the name', confidence: 0.85 };
  const { aside, reason, contrastReason, confidence, contrast } = judged;
  const isOpen = aside !== null || contrast === 'unclear';
  return {
    sequence: isOpen ? 'other' : sequenceOf(judged),
    reason: aside ?? [reason, contrastReason].filter(Boolean).join('; '),
    confidence: isOpen ? 0 : confidence,
    ...(isOpen ? { isOpen } : {}),
  };
}
