import { LABELS } from '../segment/combine.js';
import type { Region } from '../terms.js';

/** Label values per scheme; BraTS 2023 numbers enhancing tumour 3. */
export const LABEL_VALUES = {
  brats: { core: 1, oedema: 2, enhancing: 4 },
  consecutive: { core: 1, oedema: 2, enhancing: 3 },
} as const;
export type Scheme = keyof typeof LABEL_VALUES;

/** The region that each label is a part of by itself. */
export const REGION_OF_LABEL = { core: 'TC', oedema: 'WT', enhancing: 'ET' } as const satisfies Record<
  string,
  Region
>;

/** BraTS labels as the scheme numbers them. */
export function inScheme(labels: Uint8Array, scheme: Scheme): Uint8Array {
  if (scheme === 'brats') return labels;
  return labels.map((label) => (label === LABELS.enhancing ? LABEL_VALUES.consecutive.enhancing : label));
}
