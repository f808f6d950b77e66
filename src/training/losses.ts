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
  /** 1 where the truth is known, (D, H, W), or null when it is known everywhere. Sums run over known voxels alone. */
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
  let value = 0;
  for (let region = 0; region < regionCount; region++) {
    const start = region * voxels;
    const view = {
      logits: logits.subarray(start, start + voxels),
      truth: target.regions.subarray(start, start + voxels),
      known: target.known,
      cotangent: cotangent.subarray(start, start + voxels),
      share: 1 / regionCount,
    };
    value += softDice(view);
    if (name === 'dice+cross-entropy' && knownCount > 0) value += crossEntropy(view, knownCount);
  }
  return { value, cotangent };
}

/** One region of a sample; `share` is its weight in the loss. */
interface RegionView {
  readonly logits: Float32Array;
  readonly truth: Uint8Array;
  readonly known: Uint8Array | null;
  readonly cotangent: Float32Array;
  readonly share: number;
}

/** Adds the derivative to the view's cotangent and returns the region's share of the loss. */
function softDice({ logits, truth, known, cotangent, share }: RegionView): number {
  let overlap = 0;
  let predicted = 0;
  let actual = 0;
  for (let v = 0; v < logits.length; v++) {
    if (known && known[v] === 0) continue;
    const p = 1 / (1 + Math.exp(-logits[v]));
    cotangent[v] = p;
    predicted += p;
    if (truth[v] !== 0) {
      overlap += p;
      actual += 1;
    }
  }
  const numerator = 2 * overlap + 1;
  const denominator = predicted + actual + 1;
  const background = (share * numerator) / (denominator * denominator);
  const foreground = background - (2 * share) / denominator;
  for (let v = 0; v < logits.length; v++) {
    const p = cotangent[v];
    cotangent[v] = p * (1 - p) * (truth[v] !== 0 ? foreground : background);
  }
  return share * (1 - numerator / denominator);
}

/** Adds the derivative to the view's cotangent and returns the region's share of the loss. */
function crossEntropy({ logits, truth, known, cotangent, share }: RegionView, knownCount: number): number {
  const weight = share / knownCount;
  let sum = 0;
  for (let v = 0; v < logits.length; v++) {
    if (known && known[v] === 0) continue;
    const z = logits[v];
    const y = truth[v] !== 0 ? 1 : 0;
    sum += Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)));
    cotangent[v] += weight * (1 / (1 + Math.exp(-z)) - y);
  }
  return weight * sum;
}

function countKnown(known: Uint8Array): number {
  let count = 0;
  for (const flag of known) count += flag === 0 ? 0 : 1;
  return count;
}
