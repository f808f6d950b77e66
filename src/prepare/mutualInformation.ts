/** Intensities are sorted into this many classes of equal width. */
const MI_BINS = 32;

export interface MutualInformation {
  /** Bits. */
  readonly bits: number;
  /** 2 · I(a; b) / (H(a) + H(b)): 0 when one image says nothing about the other, 1 when each follows from the other. */
  readonly share: number;
  /** Voxels that were counted. */
  readonly voxels: number;
}

/**
 * Mutual information between two images on one grid over the voxels where `counts` says so; `MI_BINS` classes of equal width
 * from the lowest value to the 99.9th percentile there (what is brighter joins the last class).
 */
export function mutualInformation(
  a: Float32Array,
  b: Float32Array,
  counts: (voxel: number) => boolean,
): MutualInformation {
  const voxels: number[] = [];
  for (let i = 0; i < a.length; i++) if (counts(i)) voxels.push(i);
  if (voxels.length === 0) return { bits: 0, share: 0, voxels: 0 };
  const classesA = classes(a, voxels);
  const classesB = classes(b, voxels);
  const joint = new Float64Array(MI_BINS * MI_BINS);
  for (let n = 0; n < voxels.length; n++) joint[classesA[n] * MI_BINS + classesB[n]] += 1 / voxels.length;
  const ofA = new Float64Array(MI_BINS);
  const ofB = new Float64Array(MI_BINS);
  joint.forEach((p, at) => {
    ofA[Math.floor(at / MI_BINS)] += p;
    ofB[at % MI_BINS] += p;
  });
  const bits = entropy(ofA) + entropy(ofB) - entropy(joint);
  const total = entropy(ofA) + entropy(ofB);
  return { bits, share: total === 0 ? 0 : (2 * bits) / total, voxels: voxels.length };
}

function classes(values: Float32Array, voxels: readonly number[]): Uint8Array {
  const own = new Float32Array(voxels.length);
  for (let n = 0; n < own.length; n++) own[n] = values[voxels[n]];
  const sorted = own.slice().sort();
  const low = sorted[0];
  const width = (sorted[Math.floor(0.999 * (sorted.length - 1))] - low) / MI_BINS || 1;
  const found = new Uint8Array(own.length);
  for (let n = 0; n < own.length; n++) found[n] = Math.min(MI_BINS - 1, Math.floor((own[n] - low) / width));
  return found;
}

function entropy(shares: Float64Array): number {
  return shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
}
