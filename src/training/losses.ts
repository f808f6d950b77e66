/** What is minimised, and the name it has in options and logs. */
export type LossName = 'dice' | 'dice+cross-entropy';

/** A loss and its derivative by the fused logits. */
export interface LossValue {
  readonly value: number;
  /** ∂loss/∂logits, (regions, D, H, W), C order; 0 where nothing is known. */
  readonly cotangent: Float32Array;
}

/** What a sample is compared with. */
export interface Target {
  /** 0 or 1, (regions, D, H, W), C order; regions overlap (WT ⊇ TC ⊇ ET). */
  readonly regions: Uint8Array;
  /** 1 where the loss counts: in tissue, where the truth is known, (D, H, W). Null: everywhere. */
  readonly known: Uint8Array | null;
}

/**
 * The loss of one sample's fused logits.
 *
 * `dice`: soft Dice per region, 1 − (2Σp·y + 1)/(Σp + Σy + 1) with p = sigmoid(logit), averaged over the regions
 * (Hu et al., AAAI 2024). `dice+cross-entropy` adds the binary cross-entropy, averaged over regions and known voxels.
 *
 * @param logits (regions, D, H, W), C order.
 * @param regionCount number of regions.
 */
export function lossOf(name: LossName, logits: Float32Array, target: Target, regionCount: number): LossValue {
  const voxels = logits.length / regionCount;
  const cotangent = new Float32Array(logits.length);
  const knownCount = target.known ? countKnown(target.known) : voxels;
  const withEntropy = name === 'dice+cross-entropy' && knownCount > 0;
  let value = 0;
  for (let region = 0; region < regionCount; region++) {
    const start = region * voxels;
    value += regionLoss({
      logits: logits.subarray(start, start + voxels),
      truth: target.regions.subarray(start, start + voxels),
      known: target.known,
      cotangent: cotangent.subarray(start, start + voxels),
      share: 1 / regionCount,
      entropyWeight: withEntropy ? 1 / (regionCount * knownCount) : 0,
    });
  }
  return { value, cotangent };
}

/** One region of a sample. */
interface RegionView {
  readonly logits: Float32Array;
  readonly truth: Uint8Array;
  readonly known: Uint8Array | null;
  readonly cotangent: Float32Array;
  /** Weight of the soft Dice in the loss. */
  readonly share: number;
  /** Weight of each voxel's cross-entropy in the loss; 0 for none. */
  readonly entropyWeight: number;
}

/** The region's share of the loss; its derivative is written to the view's cotangent. */
function regionLoss({ logits, truth, known, cotangent, share, entropyWeight }: RegionView): number {
  let overlap = 0;
  let predicted = 0;
  let actual = 0;
  let entropy = 0;
  for (let v = 0; v < logits.length; v++) {
    if (known !== null && known[v] === 0) continue;
    const z = logits[v];
    // exp(−|z|) never overflows, and gives both p and log(1 + exp(−z)).
    const e = Math.exp(z >= 0 ? -z : z);
    const p = (z >= 0 ? 1 : e) / (1 + e);
    cotangent[v] = p;
    predicted += p;
    if (entropyWeight > 0) entropy += Math.log(1 + e);
    if (truth[v] !== 0) {
      overlap += p;
      actual += 1;
      if (z < 0) entropy -= z;
    } else if (z > 0) entropy += z;
  }
  const numerator = 2 * overlap + 1;
  const denominator = predicted + actual + 1;
  const background = (share * numerator) / (denominator * denominator);
  const foreground = background - (2 * share) / denominator;
  for (let v = 0; v < logits.length; v++) {
    if (known !== null && known[v] === 0) continue;
    const p = cotangent[v];
    const inside = truth[v] !== 0;
    cotangent[v] = p * (1 - p) * (inside ? foreground : background) + entropyWeight * (inside ? p - 1 : p);
  }
  return share * (1 - numerator / denominator) + entropyWeight * entropy;
}

function countKnown(known: Uint8Array): number {
  let count = 0;
  for (const flag of known) count += flag === 0 ? 0 : 1;
  return count;
}
