import { LABELS } from '../segment/combine.js';
import type { Region } from '../terms.js';

/** Whether a BraTS label belongs to a region; regions are nested. */
export const IN_REGION: Readonly<Record<Region, (label: number) => boolean>> = {
  WT: (label) => label !== 0,
  TC: (label) => label === LABELS.core || label === LABELS.enhancing,
  ET: (label) => label === LABELS.enhancing,
};
