import { QuorumError } from '../errors.js';
import { LABELS } from '../masks/labels.js';
import { REGIONS } from '../terms.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import { Abstention } from './abstention.js';
import { type Fusion, fusedTerm, type MemberBits, subsetSums } from './fusion.js';
import type { ModalityLogits } from './logits.js';
import { reachOf, SliceSampler, type VoxelBox } from './sampler.js';
import { type Bits, bitAt } from './tissue.js';

/**
 * How often each pattern of subsets occurs: `patterns[region][p]` counts the voxels where bit S of p is set exactly when
 * subset S (as MemberBits) finds that region. Volumes of all combinations, their overlaps, and what leaving a modality
 * out changes are sums over this table.
 */
export type PatternCounts = readonly Uint32Array[];

export interface CombinedMasks {
  /** BraTS label maps on the grid, x fastest, one per requested subset, before clean-up. */
  readonly labels: ReadonlyMap<MemberBits, Uint8Array>;
  readonly patterns: PatternCounts;
}

export interface CombineOptions {
  readonly signal?: AbortSignal;
  /** Share done, 0..1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Thresholds any number of combinations on the Case's grid in one pass over its slices: the few logit maps are interpolated
 * slice by slice, then fused (`Fusion`) and thresholded for all subsets at once. Regions are nested: TC only inside WT, ET only inside TC,
 * which equals p_TC := min(p_TC, p_WT), p_ET := min(p_ET, p_TC) before thresholding.
 *
 * @param subsets the combinations whose label maps are wanted; the pattern counts always cover all 2^n − 1.
 * @throws QuorumError CANCELLED.
 */
export async function combine(
  logits: ModalityLogits,
  grid: Grid,
  fusion: Fusion,
  subsets: readonly MemberBits[],
  options: CombineOptions = {},
): Promise<CombinedMasks> {
  const labels = new Map(subsets.map((bits) => [bits, new Uint8Array(voxelCount(grid.size))]));
  const patterns = REGIONS.map(() => new Uint32Array(1 << (1 << logits.maps.length)));
  const reach = reachOf(logits, grid);
  const slicer = new SliceCombiner(logits, fusion, reach);
  for (let k = reach.first[2]; k <= reach.last[2]; k++) {
    if (k % SLICES_PER_BREATH === 0) {
      if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
      options.onProgress?.((k - reach.first[2]) / (reach.last[2] - reach.first[2] + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    slicer.slice(k, grid, labels, patterns);
  }
  return { labels, patterns };
}

const SLICES_PER_BREATH = 8;

/** The pattern (bit S for subset S) of the subsets of `count` modalities that have one of `present`. */
function subsetsWith(present: MemberBits, count: number): number {
  let pattern = 0;
  for (let bits = 1; bits < 1 << count; bits++) if (bits & present) pattern |= 1 << bits;
  return pattern;
}

/** Interpolates, fuses and thresholds one slice at a time. */
class SliceCombiner {
  private readonly count: number;
  private readonly samplers: readonly SliceSampler[];
  private readonly slices: readonly (readonly Float64Array[])[];
  private readonly terms = new Float64Array(4);
  private readonly sums = new Float64Array(16);
  private readonly tissue: readonly Bits[];
  /** Per set of modalities that are not air at a voxel (bits): the pattern of the subsets that have one of them. */
  private readonly notAir: Uint16Array;
  private readonly abstention: Abstention;
  private readonly outsideLogit: number;
  private readonly fusion: Fusion;
  private readonly reach: VoxelBox;

  constructor(logits: ModalityLogits, fusion: Fusion, reach: VoxelBox) {
    this.fusion = fusion;
    this.reach = reach;
    this.count = logits.maps.length;
    this.tissue = logits.maps.map(({ tissue }) => tissue);
    this.notAir = Uint16Array.from({ length: 1 << this.count }, (_, present) =>
      subsetsWith(present, this.count),
    );
    this.abstention = new Abstention(logits, reach);
    this.outsideLogit = logits.outsideLogit;
    this.samplers = logits.maps.map(
      (map) => new SliceSampler(map, logits.lattice, logits.outsideLogit, reach),
    );
    const area =
      Math.max(0, reach.last[0] - reach.first[0] + 1) * Math.max(0, reach.last[1] - reach.first[1] + 1);
    this.slices = logits.maps.map(() => REGIONS.map(() => new Float64Array(area)));
  }

  slice(
    k: number,
    { size }: Grid,
    labels: ReadonlyMap<MemberBits, Uint8Array>,
    patterns: PatternCounts,
  ): void {
    this.samplers.forEach((sampler, m) => REGIONS.forEach((_, r) => sampler.sample(r, k, this.slices[m][r])));
    const { first, last } = this.reach;
    let at = 0;
    for (let j = first[1]; j <= last[1]; j++) {
      let voxel = first[0] + size[0] * (j + size[1] * k);
      for (let i = first[0]; i <= last[0]; i++, at++, voxel++) {
        const present = this.presentAt(voxel);
        if (present === 0) continue;
        const mixed = this.abstention.lookAt(i - first[0], j - first[1], k - first[2]);
        const whole = this.notAir[present] & this.pattern(0, at, mixed);
        if (whole === 0) continue;
        const core = whole & this.pattern(1, at, mixed);
        const enhancing = core === 0 ? 0 : core & this.pattern(2, at, mixed);
        patterns[0][whole]++;
        if (core !== 0) patterns[1][core]++;
        if (enhancing !== 0) patterns[2][enhancing]++;
        for (const [bits, map] of labels) {
          if (enhancing & (1 << bits)) map[voxel] = LABELS.enhancing;
          else if (core & (1 << bits)) map[voxel] = LABELS.core;
          else if (whole & (1 << bits)) map[voxel] = LABELS.oedema;
        }
      }
    }
  }

  /** Which modalities' images are not air at a voxel of the grid, as bits. */
  private presentAt(voxel: number): MemberBits {
    let bits = 0;
    for (let m = 0; m < this.count; m++) bits |= bitAt(this.tissue[m], voxel) << m;
    return bits;
  }

  /** `pattern` where somebody may abstain, at the voxel that `abstention` looks at. */
  private mixedPattern(region: number, at: number): number {
    let pattern = 0;
    for (let bits = 1; bits < 1 << this.count; bits++) {
      const logit = (m: number) => this.slices[m][region][at];
      const share = (m: number) => this.abstention.share(bits, m);
      if (fusedTerm(this.fusion, bits, region, logit, share, this.outsideLogit) > 0) pattern |= 1 << bits;
    }
    return pattern;
  }

  /** Bit S is set when subset S finds the region here: Σ_{m∈S} w (z + b − t) > 0. */
  private pattern(region: number, at: number, mixed: boolean): number {
    if (mixed) return this.mixedPattern(region, at);
    const { weights, biases, thresholdLogit } = this.fusion;
    let any = false;
    for (let m = 0; m < this.count; m++) {
      const term = weights[m][region] * (this.slices[m][region][at] + (biases[m][region] - thresholdLogit));
      this.terms[m] = term;
      if (term > 0) any = true;
    }
    if (!any) return 0;
    subsetSums(this.terms, this.count, this.sums);
    let pattern = 0;
    for (let bits = 1; bits < 1 << this.count; bits++) if (this.sums[bits] > 0) pattern |= 1 << bits;
    return pattern;
  }
}
