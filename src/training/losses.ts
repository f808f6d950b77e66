/** What is minimised, and the name it has in options and logs. */
const LOSSES = ['dice', 'dice+cross-entropy', 'batch-dice+cross-entropy'] as const;
export type LossName = (typeof LOSSES)[number];

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
  /**
   * Where the loss counts, (D, H, W): bit r is set where region r's truth is known (in tissue). Null: everywhere. Sums run over
   * known voxels alone.
   */
  readonly known: Uint8Array | null;
}

/** `Target.known` of a voxel at which every region is known. */
export const ALL_KNOWN = 255;

/** What a loss needs of one sample or, added up, of a batch. Per region. */
export interface LossSums {
  /** Σp·y, Σp, Σy over known voxels, p = sigmoid(logit). */
  readonly overlap: Float64Array;
  readonly predicted: Float64Array;
  readonly actual: Float64Array;
  /** Sum of the binary cross-entropies over known voxels, and their number. */
  readonly entropy: Float64Array;
  readonly known: Float64Array;
  /** Voxels at which another region is known and this one is not: the parts of a tumour that nobody told apart. */
  readonly hidden: Float64Array;
}

/**
 * The loss of one sample's fused logits.
 *
 * `dice`: soft Dice per region, 1 − (2Σp·y + 1)/(Σp + Σy + 1) with p = sigmoid(logit), averaged over the regions
 * (Wang et al., AAAI 2024). `dice+cross-entropy` adds the binary cross-entropy, averaged over regions and known voxels.
 * `batch-dice+cross-entropy` is the same of sums over all samples of the batch (nnU-Net's batch Dice): a sample without a region
 * teaches, too.
 *
 * A sample of which part of a region is hidden has negatives alone for it: its own Dice says nothing and is left out.
 *
 * @param logits (regions, D, H, W), C order.
 * @param regionCount number of regions.
 * @param batch the sums over the batch, for `batch-dice+cross-entropy`; the sample's own when absent.
 */
export function lossOf(
  name: LossName,
  logits: Float32Array,
  target: Target,
  regionCount: number,
  batch?: LossSums,
): LossValue {
  const sums = batch ?? lossSums(logits, target, regionCount);
  const { value, dice, entropyWeight } = termsOf(name, sums);
  const cotangent = new Float32Array(logits.length);
  const voxels = logits.length / regionCount;
  for (let region = 0; region < regionCount; region++) {
    const start = region * voxels;
    const { background, foreground } = dice[region];
    for (let v = 0; v < voxels; v++) {
      if (!isKnown(target, v, region)) continue;
      const p = sigmoid(logits[start + v]);
      const inside = target.regions[start + v] !== 0;
      cotangent[start + v] =
        p * (1 - p) * (inside ? foreground : background) + entropyWeight * (inside ? p - 1 : p);
    }
  }
  return { value, cotangent };
}

/** The value of a loss, of its sums. */
export const lossValue = (name: LossName, sums: LossSums): number => termsOf(name, sums).value;

/** The sums over known voxels that every loss is made of. Logits are (region, voxel), region slowest. */
export function lossSums(logits: Float32Array, target: Target, regionCount: number): LossSums {
  const sums = emptySums(regionCount);
  const voxels = logits.length / regionCount;
  for (let region = 0; region < regionCount; region++) {
    const start = region * voxels;
    for (let v = 0; v < voxels; v++) {
      if (!isKnown(target, v, region)) {
        if (target.known![v] !== 0) sums.hidden[region] += 1;
        continue;
      }
      const z = logits[start + v];
      const p = sigmoid(z);
      sums.known[region] += 1;
      sums.predicted[region] += p;
      sums.entropy[region] += Math.log(1 + Math.exp(-Math.abs(z)));
      if (target.regions[start + v] !== 0) {
        sums.overlap[region] += p;
        sums.actual[region] += 1;
        if (z < 0) sums.entropy[region] -= z;
      } else if (z > 0) sums.entropy[region] += z;
    }
  }
  return sums;
}

/** The sums of a batch. */
export function addSums(samples: readonly LossSums[], regionCount: number): LossSums {
  const total = emptySums(regionCount);
  for (const sums of samples)
    for (const key of Object.keys(total) as (keyof LossSums)[])
      sums[key].forEach((value, region) => {
        total[key][region] += value;
      });
  return total;
}

function emptySums(regionCount: number): LossSums {
  const zeros = () => new Float64Array(regionCount);
  return {
    overlap: zeros(),
    predicted: zeros(),
    actual: zeros(),
    entropy: zeros(),
    known: zeros(),
    hidden: zeros(),
  };
}

/** The loss, and per region its derivative by p of a voxel outside and inside the truth. */
function termsOf(name: LossName, sums: LossSums) {
  const regionCount = sums.known.length;
  const known = sums.known.reduce((sum, count) => sum + count, 0);
  const entropyWeight = name !== 'dice' && known > 0 ? 1 / known : 0;
  let value = entropyWeight * sums.entropy.reduce((sum, entropy) => sum + entropy, 0);
  const dice = Array.from({ length: regionCount }, (_, r) => {
    if (name !== 'batch-dice+cross-entropy' && sums.hidden[r] > 0) return { background: 0, foreground: 0 };
    const share = 1 / regionCount;
    const numerator = 2 * sums.overlap[r] + 1;
    const denominator = sums.predicted[r] + sums.actual[r] + 1;
    value += share * (1 - numerator / denominator);
    const background = (share * numerator) / (denominator * denominator);
    return { background, foreground: background - (2 * share) / denominator };
  });
  return { value, dice, entropyWeight };
}

function isKnown({ known }: Target, voxel: number, region: number): boolean {
  return known === null || (known[voxel] & (1 << region)) !== 0;
}

/** exp(−|z|) never overflows. */
function sigmoid(z: number): number {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}
