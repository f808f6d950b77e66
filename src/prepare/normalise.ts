import type { ModelDescription } from '../model/schema.js';
import type { Volume } from '../volume/volume.js';

/**
 * Normalises one image as model.json says: (value − mean) / standard deviation over its non-zero voxels, on its own grid,
 * optionally clipped to percentiles of the same voxels before. Air stays exactly 0.
 *
 * A voxel equal to the mean would become 0, which means air: it is moved to the smallest positive normal float32.
 *
 * @returns a new array; the image is left alone.
 */
export function normalise({ data }: Volume, rule: ModelDescription['normalisation']): Float32Array {
  const [low, high] = rule.clip
    ? percentiles(data, rule.clip)
    : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let count = 0;
  let sum = 0;
  for (const value of data) {
    if (value === 0) continue;
    count++;
    sum += Math.min(high, Math.max(low, value));
  }
  const mean = sum / count;
  let squares = 0;
  for (const value of data) {
    if (value !== 0) squares += (Math.min(high, Math.max(low, value)) - mean) ** 2;
  }
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares / count);
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 0) out[i] = (Math.min(high, Math.max(low, data[i])) - mean) * scale || SMALLEST_NON_AIR;
  }
  return out;
}

const SMALLEST_NON_AIR = 1.1754943508222875e-38;

/** Percentiles (nearest rank) over the non-zero values. */
function percentiles(data: Float32Array, ranks: readonly [number, number]): [number, number] {
  const values = data.filter((value) => value !== 0).sort();
  const at = (rank: number) => values[Math.round((rank / 100) * (values.length - 1))];
  return [at(ranks[0]), at(ranks[1])];
}
