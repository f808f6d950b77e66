/** The field's words, in the one order used everywhere: files, tensors, tables. */

/** The four MRI sequences, in the order of tensors and tables (index 0..3). T1ce is T1 after contrast agent. */
export const MODALITIES = ['t1', 't1ce', 't2', 'flair'] as const;
export type Modality = (typeof MODALITIES)[number];

/** The three overlapping tumour regions: whole tumour, tumour core, enhancing tumour. */
export const REGIONS = ['WT', 'TC', 'ET'] as const;
export type Region = (typeof REGIONS)[number];

/** How a sequence is written for people. */
export const MODALITY_TITLES: Record<Modality, string> = { t1: 'T1', t1ce: 'T1ce', t2: 'T2', flair: 'FLAIR' };

/** One value for each region. */
export type PerRegion<T> = Record<Region, T>;

/** One value per region, from its index and name. */
export function perRegion<T>(value: (index: number, region: Region) => T): PerRegion<T> {
  return Object.fromEntries(REGIONS.map((region, r) => [region, value(r, region)])) as PerRegion<T>;
}

type Either<First extends string, Rest extends string> = First | Rest | `${First}+${Rest}`;
/** The fifteen sets of sequences by name: the members joined by +, in MODALITIES order. Used for file names and as a key. */
export type Combination = Either<'t1', Either<'t1ce', Either<'t2', 'flair'>>>;

/** `t1+flair` of at least one sequence. */
export function combinationName(members: Iterable<Modality>): Combination {
  const set = new Set(members);
  return MODALITIES.filter((m) => set.has(m)).join('+') as Combination;
}

/** The sequences in a combination's name, in MODALITIES order. */
export function membersOf(combination: string): Modality[] {
  const names = new Set(combination.split('+'));
  return MODALITIES.filter((m) => names.has(m));
}

/**
 * All non-empty subsets of `available`, largest first and lexicographic within a size
 * (all four; the triples; the pairs; the singles), the order of the paper's reference numbers.
 */
export function allCombinations(available: Iterable<Modality> = MODALITIES): Modality[][] {
  const set = new Set(available);
  const members = MODALITIES.filter((m) => set.has(m));
  const subsets: Modality[][] = [];
  for (let size = members.length; size >= 1; size--) subsets.push(...choose(members, size));
  return subsets;
}

function choose(items: readonly Modality[], size: number): Modality[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => choose(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

/** What is done to a raw examination, in this order; `co-register` once for every sequence that is not the reference. */
export const PREPARATION_STEPS = ['reference', 'co-register', 'atlas', 'skull-strip', 'resample'] as const;
export type PreparationStepName = (typeof PREPARATION_STEPS)[number];

/**
 * The steps of preparation that can be turned off. Without `co-register` and `atlas` the headers' positions are trusted;
 * without `skull-strip` all that is not 0 stays.
 */
export const OPTIONAL_STEPS = ['co-register', 'atlas', 'skull-strip'] as const;
export type OptionalStep = (typeof OPTIONAL_STEPS)[number];

/** Whom a model may have been trained on, and with which tumours. */
export const AGES = ['adults', 'children'] as const;
export const TREATMENTS = ['before', 'after'] as const;
export const TUMOURS = ['glioma', 'metastasis', 'meningioma'] as const;

/** Whom a model was trained on: every kind of patient that was there; null: not known. */
export interface Population {
  readonly age: readonly (typeof AGES)[number][] | null;
  /** Before or after an operation or radiation. */
  readonly treatment: readonly (typeof TREATMENTS)[number][] | null;
  readonly tumours: readonly (typeof TUMOURS)[number][] | null;
}

export const UNKNOWN_POPULATION: Population = { age: null, treatment: null, tumours: null };

/**
 * What the numbers in a label map mean, where all three regions can be told.
 * `brats` (up to 2020): 1 necrosis and non-enhancing core, 2 oedema, 4 enhancing. `brats2021` (2021 to 2023): enhancing is 3.
 * `brats2024`: as 2021, and 4 is the resection cavity, which is no tumour. `msd` (Medical Segmentation Decathlon and
 * nnU-Net): 1 oedema, 2 core, 3 enhancing. `brats2013` (BRATS 2013/15): 3 is non-enhancing core, 4 enhancing.
 * `brats-peds`: 1 enhancing, 2 non-enhancing core, 3 cyst, 4 oedema.
 */
export const LABEL_SCHEMES = ['brats', 'brats2021', 'brats2024', 'msd', 'brats2013', 'brats-peds'] as const;
export type LabelScheme = (typeof LABEL_SCHEMES)[number];

/** What a case is called in files where no name of the user's may stand. */
export const NEUTRAL_NAME = 'case';

/** `the processor`, `the graphics card (webgpu)`. */
export function deviceTitle(device: string): string {
  return device === 'cpu' ? 'the processor' : `the graphics card (${device})`;
}

/** What `--labels` names; `WT=1+2+3,TC=2+3,ET=3` says it label by label. */
export const READING_NAMES: Readonly<Record<string, string>> = {
  brats2020: 'BraTS up to 2020: 1 core, 2 oedema, 4 enhancing',
  brats2021: 'BraTS 2021 to 2023: 1 core, 2 oedema, 3 enhancing',
  brats2024: 'BraTS 2024: 1 core, 2 oedema, 3 enhancing, 4 resection cavity',
  msd: 'MSD and nnU-Net: 1 oedema, 2 core, 3 enhancing',
  brats2013: 'BRATS 2013/15: 1 necrosis, 2 oedema, 3 non-enhancing core, 4 enhancing',
  'brats-peds': 'BraTS-PEDs: 1 enhancing, 2 core, 3 cyst, 4 oedema',
  'hd-glio': 'HD-GLIO: 1 non-enhancing, 2 enhancing; the core is not told',
  binary: 'a binary mask: one label, the whole tumour',
};
