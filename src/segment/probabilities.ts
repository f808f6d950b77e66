import { REGIONS, type Region } from '../terms.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import { Abstention } from './abstention.js';
import { type Fusion, type MemberBits, membersOfBits } from './fusion.js';
import type { LogitMap, ModalityLogits } from './logits.js';
import { PointSampler, reachOf, SliceSampler } from './sampler.js';
import { bitAt } from './tissue.js';

/** Maps on the Case's grid, x fastest, values 0..1. */
export interface ProbabilityMaps {
  /** Fused probability of the combination, nested: p_TC := min(p_TC, p_WT), p_ET := min(p_ET, p_TC). */
  readonly fused: Record<Region, Float32Array>;
  /** Standard deviation over the members' own probabilities: where the sequences disagree. */
  readonly spread: Record<Region, Float32Array>;
}

/**
 * Probability of each region for one combination, and per voxel how far its members' own probabilities spread (of those that
 * see something there). Where every member's image is air both are 0.
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
  eachVoxel(logits, grid, fusion, members, [0, 1, 2], (r, voxel, probability, spread) => {
    const above = r === 0 ? 1 : maps.fused[REGIONS[r - 1]][voxel];
    maps.fused[REGIONS[r]][voxel] = Math.min(probability, above);
    maps.spread[REGIONS[r]][voxel] = spread;
  });
  return maps;
}

/** One of the maps that `probabilityMaps` gives, without the time and memory of the others. */
export function probabilityMap(
  logits: ModalityLogits,
  grid: Grid,
  fusion: Fusion,
  members: MemberBits,
  region: Region,
  kind: keyof ProbabilityMaps,
): Float32Array {
  const data = new Float32Array(voxelCount(grid.size));
  const at = REGIONS.indexOf(region);
  // A region is nested in those before it.
  const regions = kind === 'spread' ? [at] : [0, 1, 2].slice(0, at + 1);
  eachVoxel(logits, grid, fusion, members, regions, (r, voxel, probability, spread) => {
    if (kind === 'spread') data[voxel] = spread;
    else data[voxel] = r === 0 ? probability : Math.min(probability, data[voxel]);
  });
  return data;
}

/** Every voxel where one of the members sees something, slice by slice, and in each slice region by region. */
function eachVoxel(
  logits: ModalityLogits,
  grid: Grid,
  fusion: Fusion,
  members: MemberBits,
  regions: readonly number[],
  take: (region: number, voxel: number, probability: number, spread: number) => void,
): void {
  const { maps: chosen, weights, biases } = membersAlone(logits, fusion, members);
  const reach = reachOf({ ...logits, maps: chosen }, grid);
  const samplers = chosen.map((map) => new SliceSampler(map, logits.lattice, logits.outsideLogit, reach));
  const abstention = new Abstention({ ...logits, maps: chosen }, reach);
  const width = Math.max(0, reach.last[0] - reach.first[0] + 1);
  const area = width * Math.max(0, reach.last[1] - reach.first[1] + 1);
  const slices = samplers.map(() => new Float64Array(area));
  const fuse = fuser(abstention, logits.outsideLogit, chosen.length);
  for (let k = reach.first[2]; k <= reach.last[2]; k++) {
    for (const r of regions) {
      samplers.forEach((sampler, m) => sampler.sample(r, k, slices[m]));
      for (let at = 0; at < area; at++) {
        const [i, j] = [at % width, Math.floor(at / width)];
        const voxel = reach.first[0] + i + grid.size[0] * (reach.first[1] + j + grid.size[1] * k);
        if (isAir(chosen, voxel)) continue;
        const mixed = abstention.lookAt(i, j, k - reach.first[2]);
        const { probability, spread } = fuse(
          mixed,
          (m) => weights[m][r],
          (m) => biases[m][r],
          (m) => slices[m][at],
        );
        take(r, voxel, probability, spread);
      }
    }
  }
}

/** The nested probabilities of one combination at one voxel (i, j, k) of the grid: as `probabilityMaps` gives them there. */
export function probabilitiesAt(
  logits: ModalityLogits,
  grid: Grid,
  fusion: Fusion,
  members: MemberBits,
  [i, j, k]: readonly [number, number, number],
): Record<Region, number> {
  const { maps, weights, biases } = membersAlone(logits, fusion, members);
  const air = isAir(maps, i + grid.size[0] * (j + grid.size[1] * k));
  const reach = { first: [i, j, k], last: [i, j, k] } as const;
  const samplers = maps.map((map) => new PointSampler(map, logits.lattice, logits.outsideLogit, reach));
  const abstention = new Abstention({ ...logits, maps }, reach);
  const mixed = abstention.lookAt(0, 0, 0);
  const fuse = fuser(abstention, logits.outsideLogit, maps.length);
  let above = 1;
  const entries = REGIONS.map((region, r) => {
    const { probability } = fuse(
      mixed,
      (m) => weights[m][r],
      (m) => biases[m][r],
      (m) => samplers[m].at(r, 0, 0, 0),
    );
    above = Math.min(above, air ? 0 : probability);
    return [region, above];
  });
  return Object.fromEntries(entries) as Record<Region, number>;
}

function membersAlone({ maps }: ModalityLogits, { weights, biases }: Fusion, members: MemberBits) {
  return {
    maps: membersOfBits(members, maps),
    weights: membersOfBits(members, weights),
    biases: membersOfBits(members, biases),
  };
}

/** Whether all these images are air at a voxel of the Case's grid. */
function isAir(maps: readonly LogitMap[], voxel: number): boolean {
  for (const { tissue } of maps) if (bitAt(tissue, voxel) !== 0) return false;
  return true;
}

/** A share that is 1 but for rounding. */
const ALTOGETHER = 1 - 1e-9;

type OfMember = (member: number) => number;

/** `Fusion`'s weighted mean through a sigmoid, and the spread of the members' own sigmoids, at the voxel that `abstention` looks at. */
function fuser(abstention: Abstention, outsideLogit: number, count: number) {
  const all = (1 << count) - 1;
  return (mixed: boolean, weight: OfMember, bias: OfMember, logit: OfMember) => {
    let fused = 0;
    let total = 0;
    let mean = 0;
    let squares = 0;
    let seeing = 0;
    for (let m = 0; m < count; m++) {
      const abstains = mixed ? abstention.share(all, m) : 0;
      if (abstains > ALTOGETHER) continue;
      const sum = logit(m) + bias(m) - abstains * (outsideLogit + bias(m));
      const own = sigmoid(sum / (1 - abstains));
      fused += weight(m) * sum;
      total += weight(m) * (1 - abstains);
      mean += own;
      squares += own * own;
      seeing += 1;
    }
    mean /= seeing;
    return {
      probability: sigmoid(fused / total),
      spread: Math.sqrt(Math.max(0, squares / seeing - mean * mean)),
    };
  };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
