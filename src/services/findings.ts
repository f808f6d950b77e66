import type { ModelDescription } from '../model/schema.js';
import { countEnhancingLesions, volumesOf } from '../segment/cleanUp.js';
import type { PatternCounts } from '../segment/combine.js';
import { agreementOf, contributionsOf, perRegion, singleVolumesOf } from '../segment/influence.js';
import { logVolumeSpread, volumeRange } from '../segment/volumeRange.js';
import { combinationName, type Modality, REGIONS } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';
import type { CaseCombination, Warning } from './contract/results.js';

/** What is said about one combination's mask, in the app as on the command line. */
export type Findings = Pick<
  CaseCombination,
  'volumes' | 'agreement' | 'contributions' | 'enhancingLesions' | 'warnings'
>;

/** From this many separate enhancing lesions on, metastases must be thought of, unless the model knows better. */
const SEVERAL_LESIONS = 3;

/**
 * Volumes with their ranges, agreement, contributions and warnings of a mask.
 *
 * @param labels the combination's mask after clean-up, BraTS labels.
 * @param patterns of all subsets of `present`, before clean-up.
 */
export function findingsOf(
  labels: Uint8Array,
  patterns: PatternCounts,
  members: readonly Modality[],
  present: readonly Modality[],
  grid: Grid,
  { knowledge, cleanUp }: Pick<ModelDescription, 'knowledge' | 'cleanUp'>,
): Findings {
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  const name = combinationName(members);
  const volumes = volumesOf(labels, grid);
  const alone = singleVolumesOf(patterns, members, present, mlPerVoxel);
  const facts = {
    volumes: perRegion((_, region) => ({
      ml: volumes[region],
      supported: knowledge.combinations[name][region].supported,
      range: volumeRange(
        knowledge.volumeRanges,
        name,
        region,
        volumes[region],
        logVolumeSpread(alone[region]),
      ),
    })),
    agreement: agreementOf(patterns, members, present),
    contributions: contributionsOf(patterns, members, present, mlPerVoxel),
    enhancingLesions: countEnhancingLesions(labels, grid, cleanUp.minimumMl.ET),
  };
  return { ...facts, warnings: warningsOf(members, facts, knowledge) };
}

function warningsOf(
  members: readonly Modality[],
  { volumes, agreement, enhancingLesions }: Omit<Findings, 'warnings'>,
  { agreementFlags, inputChecks }: ModelDescription['knowledge'],
): Warning[] {
  const warnings: Warning[] = [];
  if (volumes.WT.ml === 0) warnings.push({ code: 'EMPTY_RESULT', sequences: [...members] });
  const several = inputChecks?.lesions?.atLeast ?? SEVERAL_LESIONS;
  if (enhancingLesions >= several && volumes.ET.supported)
    warnings.push({ code: 'SEVERAL_ENHANCING_LESIONS', lesions: enhancingLesions });
  for (const region of REGIONS)
    if (!volumes[region].supported) warnings.push({ code: 'REGION_NOT_SUPPORTED', region });
  for (const region of REGIONS) {
    const flag = agreementFlags?.[region];
    const dice = agreement[region];
    if (!flag || dice === null || dice >= flag.below) continue;
    if (volumes[region].supported && volumes[region].ml > 0)
      warnings.push({ code: 'LOW_AGREEMENT', region, dice });
  }
  return warnings;
}
