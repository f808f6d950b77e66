import type { Members } from './objectives.js';

/**
 * How the branches' logits become one map (METHOD, region weights):
 * z_{S,r} = Σ_{m∈S} w_{m,r}·(z_{m,r} + b_{m,r}) / Σ_{m∈S} w_{m,r}. All w = 1 and b = 0 is the paper's mean.
 */
export interface Fusion {
  readonly modalityCount: number;
  readonly regionCount: number;
  /** Positive, (modality, region). */
  readonly weights: Float64Array;
  /** Added to the logits before weighting, (modality, region). */
  readonly biases: Float64Array;
}

/** The paper's fusion: the plain mean. */
export function meanFusion(modalityCount: number, regionCount: number): Fusion {
  const size = modalityCount * regionCount;
  return {
    modalityCount,
    regionCount,
    weights: new Float64Array(size).fill(1),
    biases: new Float64Array(size),
  };
}

/** Number of learnable values: logarithms of the weights, then the biases. */
export function fusionLength(modalityCount: number, regionCount: number): number {
  return 2 * modalityCount * regionCount;
}

/** The fusion held at the end of a parameter vector: (log weights, biases), each (modality, region). */
export function readFusion(values: Float32Array, modalityCount: number, regionCount: number): Fusion {
  const size = modalityCount * regionCount;
  return {
    modalityCount,
    regionCount,
    weights: Float64Array.from(values.subarray(0, size), Math.exp),
    biases: Float64Array.from(values.subarray(size, 2 * size)),
  };
}

/** w_{m,r} / Σ_{k∈S} w_{k,r} for every member of S, in the order of `members`. */
export function fusionShares({ weights, regionCount }: Fusion, members: Members, region: number): number[] {
  const own = members.map((m) => weights[m * regionCount + region]);
  const total = own.reduce((sum, weight) => sum + weight, 0);
  return own.map((weight) => weight / total);
}

/**
 * The fused logits of a combination.
 *
 * @param logits per modality (regions, D, H, W), C order; only those of `members` are read.
 */
export function fuse(
  fusion: Fusion,
  members: Members,
  logits: readonly (Float32Array | undefined)[],
): Float32Array {
  const maps = members.map((m) => logits[m]!);
  const fused = new Float32Array(maps[0].length);
  const voxels = fused.length / fusion.regionCount;
  for (let region = 0; region < fusion.regionCount; region++) {
    const shares = fusionShares(fusion, members, region);
    const biases = members.map((m) => fusion.biases[m * fusion.regionCount + region]);
    const constant = shares.reduce((sum, share, i) => sum + share * biases[i], 0);
    for (let v = region * voxels; v < (region + 1) * voxels; v++) {
      let sum = constant;
      for (let i = 0; i < maps.length; i++) sum += shares[i] * maps[i][v];
      fused[v] = sum;
    }
  }
  return fused;
}

/**
 * Adds ∂L/∂z_m = ∂L/∂z_S · scale · share of m to `target`.
 *
 * @param cotangent ∂L/∂z_S, (regions, D, H, W).
 */
export function addBranchCotangent(
  fusion: Fusion,
  members: Members,
  modality: number,
  cotangent: Float32Array,
  scale: number,
  target: Float32Array,
): void {
  const voxels = cotangent.length / fusion.regionCount;
  for (let region = 0; region < fusion.regionCount; region++) {
    const factor = scale * fusionShares(fusion, members, region)[members.indexOf(modality)];
    for (let v = region * voxels; v < (region + 1) * voxels; v++) target[v] += factor * cotangent[v];
  }
}

/**
 * Adds the derivatives by the learnable values, ∂L/∂log w_{m,r} = share·Σ_v c_v (z_m + b_m − z_S) and
 * ∂L/∂b_{m,r} = share·Σ_v c_v, to `gradient` (laid out as for `readFusion`).
 */
export function addFusionGradient(
  fusion: Fusion,
  members: Members,
  logits: readonly (Float32Array | undefined)[],
  fused: Float32Array,
  cotangent: Float32Array,
  scale: number,
  gradient: Float32Array,
): void {
  const { regionCount, modalityCount, biases } = fusion;
  const voxels = fused.length / regionCount;
  for (let region = 0; region < regionCount; region++) {
    const shares = fusionShares(fusion, members, region);
    members.forEach((m, i) => {
      const map = logits[m]!;
      let byLogit = 0;
      let total = 0;
      for (let v = region * voxels; v < (region + 1) * voxels; v++) {
        byLogit += cotangent[v] * (map[v] - fused[v]);
        total += cotangent[v];
      }
      const at = m * regionCount + region;
      gradient[at] += scale * shares[i] * (byLogit + total * biases[at]);
      gradient[modalityCount * regionCount + at] += scale * shares[i] * total;
    });
  }
}
