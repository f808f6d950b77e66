import type { Tensor3 } from '../engine/engine.js';
import { OUTSIDE_LOGIT } from '../model/template.js';
import type { Members } from './objectives.js';

/**
 * How the branches' logits become one map (docs/method.md, "Region weights"):
 * z_{S,r} = Σ_{m∈S} w_{m,r}·(z_{m,r} + b_{m,r}) / Σ_{m∈S} w_{m,r}. All w = 1 and b = 0 is the paper's mean. As in use
 * (`segment/fusion.ts`), a member that is blind at a voxel where another is not is left out of both sums there.
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

/** Who sees what: bit m of a voxel is set where modality m's input is not 0. In C order, as the inputs. */
export type SeenBits = Uint8Array;

/**
 * @param inputs per modality the volume that the network sees (one channel or several), or null where there is none.
 */
export function seenBy(inputs: readonly (Tensor3 | null)[]): SeenBits {
  const [depth, height, width] = inputs.find((input) => input !== null)?.shape ?? [0, 0, 0];
  const seen = new Uint8Array(depth * height * width);
  inputs.forEach((input, m) => {
    if (!input) return;
    const { data } = input;
    for (let at = 0; at < data.length; at++) if (data[at] !== 0) seen[at % seen.length] |= 1 << m;
  });
  return seen;
}

/** Members as bits. */
const bitsOf = (members: Members): number => members.reduce((bits, m) => bits | (1 << m), 0);

/**
 * w_{m,r} / Σ_{k∈S} w_{k,r} for every set of members that see a voxel: `shares[seen & S][i]` of the i-th member, 0 for one
 * that abstains (`segment/fusion.ts`: a member that is blind where another is not).
 */
function sharesBySeen({ weights, regionCount }: Fusion, members: Members, region: number): Float64Array[] {
  const shares: Float64Array[] = [];
  const all = bitsOf(members);
  for (let seen = 0; seen <= all; seen++) {
    const own = members.map((m) => (seen & (1 << m) ? weights[m * regionCount + region] : 0));
    const total = own.reduce((sum, weight) => sum + weight, 0);
    shares.push(Float64Array.from(own, (weight) => (total === 0 ? 0 : weight / total)));
  }
  return shares;
}

/**
 * The fused logits of a combination; `OUTSIDE_LOGIT` where no member sees anything.
 *
 * @param logits per modality (regions, D, H, W), C order; only those of `members` are read.
 */
export function fuse(
  fusion: Fusion,
  members: Members,
  logits: readonly (Float32Array | undefined)[],
  seen: SeenBits,
): Float32Array {
  const maps = members.map((m) => logits[m]!);
  const fused = new Float32Array(maps[0].length);
  const voxels = fused.length / fusion.regionCount;
  const all = bitsOf(members);
  for (let region = 0; region < fusion.regionCount; region++) {
    const biases = members.map((m) => fusion.biases[m * fusion.regionCount + region]);
    const sharesOf = sharesBySeen(fusion, members, region);
    const constants = sharesOf.map((shares) => shares.reduce((sum, share, i) => sum + share * biases[i], 0));
    constants[0] = OUTSIDE_LOGIT;
    const start = region * voxels;
    for (let v = 0; v < voxels; v++) {
      const seeing = seen[v] & all;
      const shares = sharesOf[seeing];
      let sum = constants[seeing];
      for (let i = 0; i < maps.length; i++) sum += shares[i] * maps[i][start + v];
      fused[start + v] = sum;
    }
  }
  return fused;
}

/**
 * Adds ∂L/∂z_m = ∂L/∂z_S · scale · share of m to `target`; nothing where m is blind.
 *
 * @param cotangent ∂L/∂z_S, (regions, D, H, W).
 */
export function addBranchCotangent(
  fusion: Fusion,
  members: Members,
  modality: number,
  seen: SeenBits,
  cotangent: Float32Array,
  scale: number,
  target: Float32Array,
): void {
  const voxels = cotangent.length / fusion.regionCount;
  const all = bitsOf(members);
  const own = members.indexOf(modality);
  for (let region = 0; region < fusion.regionCount; region++) {
    const factors = sharesBySeen(fusion, members, region).map((shares) => scale * shares[own]);
    const start = region * voxels;
    for (let v = 0; v < voxels; v++) target[start + v] += factors[seen[v] & all] * cotangent[start + v];
  }
}

/**
 * Adds the derivatives by the learnable values, ∂L/∂log w_{m,r} = Σ_v share·c_v (z_m + b_m − z_S) and
 * ∂L/∂b_{m,r} = Σ_v share·c_v, to `gradient` (laid out as for `readFusion`).
 */
export function addFusionGradient(
  fusion: Fusion,
  members: Members,
  logits: readonly (Float32Array | undefined)[],
  seen: SeenBits,
  fused: Float32Array,
  cotangent: Float32Array,
  scale: number,
  gradient: Float32Array,
): void {
  const { regionCount, modalityCount, biases } = fusion;
  const voxels = fused.length / regionCount;
  const all = bitsOf(members);
  for (let region = 0; region < regionCount; region++) {
    const sharesOf = sharesBySeen(fusion, members, region);
    const start = region * voxels;
    members.forEach((m, i) => {
      const map = logits[m]!;
      const shares = Float64Array.from(sharesOf, (own) => own[i]);
      let byLogit = 0;
      let total = 0;
      for (let v = 0; v < voxels; v++) {
        const part = shares[seen[v] & all] * cotangent[start + v];
        byLogit += part * (map[start + v] - fused[start + v]);
        total += part;
      }
      const at = m * regionCount + region;
      gradient[at] += scale * (byLogit + total * biases[at]);
      gradient[modalityCount * regionCount + at] += scale * total;
    });
  }
}
