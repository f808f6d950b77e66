import type { Size } from './volume.js';

/** Distance in mm between neighbouring voxels along x, y, z. */
export type Spacing = readonly [number, number, number];

/**
 * Exact Euclidean distance in mm from every voxel's centre to the nearest set voxel's; Infinity when none is set.
 *
 * Lower envelope of parabolas, one axis after the other: Felzenszwalb and Huttenlocher, "Distance Transforms of
 * Sampled Functions", Theory of Computing 8 (2012).
 */
export function distanceTransform(
  mask: { readonly data: Uint8Array; readonly size: Size },
  spacing: Spacing,
): Float64Array {
  const squared = new Float64Array(mask.data.length);
  for (let v = 0; v < squared.length; v++) if (mask.data[v] === 0) squared[v] = Number.POSITIVE_INFINITY;
  const strides = [1, mask.size[0], mask.size[0] * mask.size[1]];
  const line = new EnvelopeLine(Math.max(...mask.size));
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis];
    const length = mask.size[axis];
    for (let outer = 0; outer < squared.length; outer += stride * length) {
      for (let inner = 0; inner < stride; inner++) {
        line.transform(squared, outer + inner, stride, length, spacing[axis]);
      }
    }
  }
  for (let v = 0; v < squared.length; v++) squared[v] = Math.sqrt(squared[v]);
  return squared;
}

/** Working memory for one line of voxels. */
class EnvelopeLine {
  private readonly values: Float64Array;
  /** Voxels whose parabolas form the envelope, and where each takes over from the one before. */
  private readonly vertices: Int32Array;
  private readonly starts: Float64Array;

  constructor(longest: number) {
    this.values = new Float64Array(longest);
    this.vertices = new Int32Array(longest);
    this.starts = new Float64Array(longest);
  }

  /** data[p] ← min over q of data[q] + ((p − q)·spacing)², in place along one line. */
  transform(data: Float64Array, start: number, stride: number, length: number, spacing: number): void {
    const { values, vertices, starts } = this;
    for (let q = 0; q < length; q++) values[q] = data[start + q * stride];
    const count = this.buildEnvelope(length, spacing * spacing);
    if (count === 0) return;
    for (let p = 0, k = 0; p < length; p++) {
      while (k + 1 < count && starts[k + 1] < p) k++;
      const distance = (p - vertices[k]) * spacing;
      data[start + p * stride] = distance * distance + values[vertices[k]];
    }
  }

  private buildEnvelope(length: number, weight: number): number {
    const { values, vertices, starts } = this;
    let count = 0;
    for (let q = 0; q < length; q++) {
      if (values[q] === Number.POSITIVE_INFINITY) continue;
      let from = Number.NEGATIVE_INFINITY;
      while (count > 0) {
        const r = vertices[count - 1];
        from = (values[q] - values[r] + weight * (q * q - r * r)) / (2 * weight * (q - r));
        if (from > starts[count - 1]) break;
        count -= 1;
      }
      vertices[count] = q;
      starts[count] = count === 0 ? Number.NEGATIVE_INFINITY : from;
      count += 1;
    }
    return count;
  }
}
