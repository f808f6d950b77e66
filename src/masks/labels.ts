import type { PerRegion, Region } from '../terms.js';

/** BraTS labels: 1 non-enhancing core (necrosis or non-enhancing tumour), 2 oedema or infiltration, 4 enhancing tumour. */
export const LABELS = { core: 1, oedema: 2, enhancing: 4 } as const;

/** The BraTS labels whose voxels make up each region; the regions are nested, the outermost first. */
export const REGION_MEMBERS: Readonly<Record<Region, readonly number[]>> = {
  WT: [LABELS.core, LABELS.oedema, LABELS.enhancing],
  TC: [LABELS.core, LABELS.enhancing],
  ET: [LABELS.enhancing],
};

/** For a label value: 1 when it belongs to the region, else 0. */
export function regionTable(region: Region): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, label) => (isInRegion(label, region) ? 1 : 0));
}

/** Whether a BraTS label belongs to a region. */
export function isInRegion(label: number, region: Region): boolean {
  return REGION_MEMBERS[region].includes(label);
}

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

/** The labels that are guesses: those whose region the sequences do not support. */
export function guessedLabels(supported: PerRegion<boolean>): (keyof typeof LABELS)[] {
  const names = Object.keys(LABELS) as (keyof typeof LABELS)[];
  return names.filter((label) => !supported[REGION_OF_LABEL[label]]);
}

/** BraTS labels as the scheme numbers them. */
export function inScheme(labels: Uint8Array, scheme: Scheme): Uint8Array {
  if (scheme === 'brats') return labels;
  return labels.map((label) => (label === LABELS.enhancing ? LABEL_VALUES.consecutive.enhancing : label));
}
