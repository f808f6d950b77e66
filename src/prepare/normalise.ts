import type { ModelDescription } from '../model/schema.js';
import { type Extent, wholeExtent } from '../volume/extent.js';
import type { Volume } from '../volume/volume.js';

/**
 * Normalises one image as model.json says: (value − mean) / standard deviation over its non-zero voxels, on its own grid,
 * optionally clipped to percentiles of the same voxels before. Air stays exactly 0.
 *
 * A voxel equal to the mean would become 0, which means air: it is moved to the smallest positive normal float32.
 *
 * @returns a new array; the image is left alone.
 */
export function normalise(image: Volume, rule: ModelDescription['normalisation']): Float32Array {
  return normalisationOf(image, rule)(image.data);
}

/**
 * What `normalise` does to one image, for those who need only a part of it.
 *
 * @param shown where the image shows something, where that is known.
 * @returns a function that normalises values of this image into a new array.
 */
export function normalisationOf(
  { data, size }: Pick<Volume, 'data' | 'size'>,
  rule: ModelDescription['normalisation'],
  shown?: Extent | null,
): (part: Float32Array) => Float32Array {
  const bounds = rule.clip && percentiles(data, rule.clip);
  const values = bounds ? clipped(data, bounds) : data;
  let count = 0;
  let sum = 0;
  const { first, last } = shown ?? wholeExtent(size);
  for (let k = first[2]; k <= last[2]; k++)
    for (let j = first[1]; j <= last[1]; j++) {
      const row = size[0] * (j + size[1] * k);
      for (let i = row + first[0]; i <= row + last[0]; i++) {
        if (values[i] === 0) continue;
        count++;
        sum += values[i];
      }
    }
  const mean = sum / count;
  let squares = 0;
  for (let k = first[2]; k <= last[2]; k++)
    for (let j = first[1]; j <= last[1]; j++) {
      const row = size[0] * (j + size[1] * k);
      for (let i = row + first[0]; i <= row + last[0]; i++)
        if (values[i] !== 0) squares += (values[i] - mean) * (values[i] - mean);
    }
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares / count);
  return (part) => {
    const own = part === data ? values : bounds ? clipped(part, bounds) : part;
    const out = new Float32Array(own.length);
    for (let i = 0; i < own.length; i++) {
      if (own[i] !== 0) out[i] = (own[i] - mean) * scale || SMALLEST_NON_AIR;
    }
    return out;
  };
}

/** The non-zero values within bounds; one that a bound of 0 would turn into air stays just above it. */
function clipped(data: Float32Array, [low, high]: readonly [number, number]): Float32Array {
  return data.map((value) => (value === 0 ? 0 : Math.min(high, Math.max(low, value)) || SMALLEST_NON_AIR));
}

const SMALLEST_NON_AIR = 1.1754943508222875e-38;

/** Percentiles (nearest rank) over the non-zero values. */
function percentiles(data: Float32Array, ranks: readonly [number, number]): [number, number] {
  const values = data.filter((value) => value !== 0).sort();
  const at = (rank: number) => values[Math.round((rank / 100) * (values.length - 1))];
  return [at(ranks[0]), at(ranks[1])];
}
