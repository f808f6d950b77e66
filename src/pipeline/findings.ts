import type { CaseCombination } from '../contract/results.js';
import { volumesOf } from '../masks/volumes.js';
import { expectationOf } from '../model/expectedDice.js';
import type { ModelDescription } from '../model/schema.js';
import { supports } from '../model/support.js';
import { countEnhancingLesions, type Speck } from '../segment/cleanUp.js';
import type { PatternCounts } from '../segment/combine.js';
import { bitsOf } from '../segment/fusion.js';
import {
  agreementBetween,
  agreementOf,
  aloneOf,
  contributionsOf,
  singleVolumesOf,
} from '../segment/influence.js';
import { logVolumeSpread, volumeRange } from '../segment/volumeRange.js';
import { combinationName, type Modality, perRegion } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';
import { combinationWarnings, missingChecks } from './warnings.js';

/** What was counted in one combination's mask, and what the model says to it. */
export interface FoundMask {
  /** After clean-up, BraTS labels. */
  readonly labels: Uint8Array;
  /** What clean-up removed, or would have. */
  readonly specks: readonly Speck[];
  /** The sequences that it was made of. */
  readonly members: readonly Modality[];
  /**
   * Voxels by the subsets of `present` that hold them, before clean-up, **at this mask's own threshold**. Null where they were
   * counted at another one: ranges, agreement and contributions are then not known.
   */
  readonly patterns: PatternCounts | null;
  /** The threshold is not the model's: ranges and agreement, measured at the model's alone, are not known. */
  readonly isMoved?: boolean;
}

/**
 * Everything that is said about a mask: volumes with their ranges, agreement, contributions, warnings. The one place where
 * these are made, for the window, the terminal and every file.
 *
 * @param present the result's sequences, in the order of the patterns' bits.
 */
export function findingsOf(
  { labels, specks, members, patterns, isMoved = false }: FoundMask,
  present: readonly Modality[],
  grid: Grid,
  { knowledge, cleanUp }: Pick<ModelDescription, 'knowledge' | 'cleanUp'>,
): CaseCombination {
  const mlPerVoxel = voxelVolume(grid.affine) / 1000;
  const name = combinationName(members);
  const volumes = volumesOf(labels, grid);
  const measured = isMoved ? null : patterns;
  const alone = measured && singleVolumesOf(measured, members, present, mlPerVoxel);
  const all = (1 << present.length) - 1;
  const agreement = measured ? agreementOf(measured, members, present) : perRegion(() => null);
  const facts = {
    volumes: perRegion((_, region) => ({
      ml: volumes[region],
      supported: supports(knowledge, name, region),
      range:
        alone &&
        volumeRange(knowledge.volumeRanges, name, region, volumes[region], logVolumeSpread(alone[region])),
      // At another threshold nothing was measured.
      expected:
        measured &&
        expectationOf(knowledge, region, { members, agreement: agreement[region], ml: volumes[region] }),
    })),
    agreement,
    agreementWithAll: patterns
      ? agreementBetween(patterns, bitsOf(members, present), all)
      : perRegion(() => null),
    contributions: patterns && contributionsOf(patterns, members, present, mlPerVoxel),
    enhancingLesions: countEnhancingLesions(labels, grid, cleanUp.minimumMl.ET),
    specks: specks.map(({ region, ml, centroidMm, centroidVoxel }) => ({
      region,
      ml,
      centroidMm: [...centroidMm],
      centroidVoxel: [...centroidVoxel],
    })),
  };
  const together = measured ? aloneOf(measured, members, present) : perRegion(() => null);
  return {
    ...facts,
    warnings: combinationWarnings(members, { ...facts, alone: together }, knowledge),
    notChecked: missingChecks(present, facts, knowledge),
  };
}
