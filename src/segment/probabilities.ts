import { REGIONS, type Region } from '../terms.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import { type Fusion, type MemberBits, membersOf } from './fusion.js';
import type { ModalityLogits } from './logits.js';
import { reachOf, SliceSampler } from './sampler.js';

/** Maps on the Case's grid, x fastest, values 0..1. */
export interface ProbabilityMaps {
  /** Fused probability of the combination, nested: p_TC := min(p_TC, p_WT), p_ET := min(p_ET, p_TC). */
  readonly fused: Record<Region, Float32Array>;
  /** Standard deviation over the members' own probabilities: where the sequences disagree. */
  readonly spread: Record<Region, Float32Array>;
}

/**
 * Probability of each region for one combination, and per voxel how far its members' own probabilities spread.
 * Outside the boxes of all members both are 0.
 */
export function probabilityMaps(
  logits: ModalityLogits,
  grid: Grid,
  fusion: Fusion,
  members: MemberBits,
): ProbabilityMaps {
  const empty = () =>
    Object.fromEntries(REGIONS.map((r) => [r, new Float32Array(voxelCount(grid.size))])) as Record<
      Region,
      Float32Array
    >;
  const maps = { fused: empty(), spread: empty() };
  const chosen = membersOf(members, [0, 1, 2, 3].slice(0, logits.maps.length));
  const subset = { ...logits, maps: chosen.map((m) => logits.maps[m]) };
  const reach = reachOf(subset, grid);
  const samplers = subset.maps.map(
    (map) => new SliceSampler(map, logits.lattice, logits.outsideLogit, reach),
  );
  const width = Math.max(0, reach.last[0] - reach.first[0] + 1);
  const area = width * Math.max(0, reach.last[1] - reach.first[1] + 1);
  const slices = samplers.map(() => new Float64Array(area));
  for (let k = reach.first[2]; k <= reach.last[2]; k++) {
    REGIONS.forEach((region, r) => {
      samplers.forEach((sampler, m) => sampler.sample(r, k, slices[m]));
      const above = r === 0 ? null : maps.fused[REGIONS[r - 1]];
      const weights = chosen.map((m) => fusion.weights[m][r]);
      const biases = chosen.map((m) => fusion.biases[m][r]);
      const fuse = fuser(weights, biases);
      for (let at = 0; at < area; at++) {
        const voxel =
          reach.first[0] +
          (at % width) +
          grid.size[0] * (reach.first[1] + Math.floor(at / width) + grid.size[1] * k);
        const { probability, spread } = fuse(slices, at);
        maps.fused[region][voxel] = above ? Math.min(probability, above[voxel]) : probability;
        maps.spread[region][voxel] = spread;
      }
    });
  }
  return maps;
}

/** Weighted mean of the logits through a sigmoid, and the spread of the members' own sigmoids, at one place of a slice. */
function fuser(weights: readonly number[], biases: readonly number[]) {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return (slices: readonly Float64Array[], at: number): { probability: number; spread: number } => {
    let fused = 0;
    let mean = 0;
    let squares = 0;
    for (let m = 0; m < weights.length; m++) {
      const logit = slices[m][at] + biases[m];
      const own = sigmoid(logit);
      fused += weights[m] * logit;
      mean += own;
      squares += own * own;
    }
    mean /= weights.length;
    return {
      probability: sigmoid(fused / total),
      spread: Math.sqrt(Math.max(0, squares / weights.length - mean * mean)),
    };
  };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
