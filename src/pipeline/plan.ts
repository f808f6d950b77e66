import { editSupports } from '../contract/edits.js';
import type { ExportOptions } from '../contract/exports.js';
import type { ModelDescription } from '../model/schema.js';
import { supports } from '../model/support.js';
import { isGiven, regionInFileName } from '../numbers.js';
import {
  allCombinations,
  type Combination,
  combinationName,
  type Modality,
  type PerRegion,
  perRegion,
  type Region,
} from '../terms.js';
import type { EditedMask, PlannedCase, SourceImage } from './subject.js';

/** What will be written of a case: known before anything is computed, so that a target that is taken is refused at once. */
export interface Plan extends PlannedCase {
  readonly options: ExportOptions;
  /** Further combinations, each once, in the order of all combinations. */
  readonly further: readonly Combination[];
  /** Whether the sequences of the result's mask support each region. */
  readonly supported: PerRegion<boolean>;
  /** Regions that get numbers and files of their own. */
  readonly given: PerRegion<boolean>;
  /** Series that lie elsewhere than the masks. */
  readonly placed: readonly SourceImage[];
}

/** @param edited the mask that takes the place of the combination's, or null. */
export function planOf(
  { name, sources, reference }: PlannedCase,
  options: ExportOptions,
  { knowledge }: Pick<ModelDescription, 'knowledge'>,
  edited: Pick<EditedMask, 'state'> | null,
): Plan {
  const supported = perRegion((_, region) =>
    edited
      ? editSupports(edited.state, (combination) => supports(knowledge, combination, region))
      : supports(knowledge, options.combination, region),
  );
  const wanted = new Set(options.combinations);
  return {
    name,
    sources,
    reference: sources.some(({ modality }) => modality === reference)
      ? reference
      : firstOf(sources, reference),
    placed: sources.filter(({ toCase }) => toCase !== undefined),
    options,
    further: allCombinations()
      .map(combinationName)
      .filter((one) => wanted.has(one)),
    supported,
    given: perRegion((_, region) => isGiven(supported[region], options.unsupported)),
  };
}

/** Where the reference itself is not in use, the first series that is. */
function firstOf(sources: PlannedCase['sources'], reference: Modality | null): Modality | null {
  return reference && sources[0].modality;
}

type Names = Pick<Plan, 'name' | 'supported'>;

/** Names of the files of a case, relative to its output folder. */
export const FILES = {
  /** On the grid of an input: of the one that all share, or of the series that the others were aligned to. */
  segmentation: (name: string) => `${name}_seg.nii.gz`,
  /** On the grid of the prepared images, where there are any. */
  onPrepared: (name: string) => `prepared/${name}_seg.nii.gz`,
  combination: (combination: Combination) => `combinations/${combination}.nii.gz`,
  native: (modality: Modality) => `native/${modality}_seg.nii.gz`,
  picture: (name: string) => `${name}_picture.png`,
  csv: (name: string) => `${name}_volumes.csv`,
  report: (name: string) => `${name}_report.html`,
  probability: (plan: Names, region: Region) => `${plan.name}_probability_${inName(plan, region)}.nii.gz`,
  spread: (plan: Names, region: Region) => `${plan.name}_spread_${inName(plan, region)}.nii.gz`,
  stl: (plan: Names, region: Region) => `${plan.name}_${inName(plan, region)}.stl`,
  dicomSeg: (modality: Modality) => `dicom/${modality}_seg.dcm`,
  rtstruct: (modality: Modality) => `dicom/${modality}_rtstruct.dcm`,
  capture: (modality: Modality, n: number) =>
    `dicom/${modality}_outlines/${String(n + 1).padStart(4, '0')}.dcm`,
} as const;

const inName = ({ supported }: Names, region: Region) => regionInFileName(region, supported[region]);
