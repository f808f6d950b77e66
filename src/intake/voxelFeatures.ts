import { voxelSpacing } from '../volume/affine.js';
import type { Volume } from '../volume/volume.js';

/** Sampled about this finely; a whole image takes some ten milliseconds. */
const SAMPLE_MM = 3;
/** The rim holds cortex and the fluid in its furrows; the deep part white matter, nuclei and ventricles. */
const RIM_MM = 7;
const DEEP_MM = 25;
const FEWEST_SAMPLES = 2000;

/** Whether air was set to exactly 0 around a brain: more than half of the image. */
export function isStripped({ data }: Pick<Volume, 'data'>): boolean {
  let zeros = 0;
  for (let at = 0; at < data.length; at += 7) if (data[at] === 0) zeros++;
  return zeros * 7 > data.length * 0.5;
}

/**
 * What the voxels of a skull-stripped brain tell of its weighting, whatever its scale: log of mean rim / mean deep part; percentiles as
 * distances from the median in interquartile ranges; skewness. null for what is too small, or is no brain.
 */
export function voxelFeatures(volume: Pick<Volume, 'data' | 'size' | 'affine'>): number[] | null {
  const { values, depths } = samplesOf(volume);
  if (values.length < FEWEST_SAMPLES) return null;
  let [rim, rims, deep, deeps] = [0, 0, 0, 0];
  for (let n = 0; n < values.length; n++) {
    if (depths[n] <= RIM_MM) {
      rim += values[n];
      rims++;
    } else if (depths[n] >= DEEP_MM) {
      deep += values[n];
      deeps++;
    }
  }
  const sorted = Float32Array.from(values).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const range = at(0.75) - at(0.25);
  const ratio = rim / rims / (deep / deeps);
  if (!(range > 0) || !(ratio > 0)) return null;
  const distance = (part: number) => (at(part) - at(0.5)) / range;
  return [Math.log(ratio), distance(0.05), distance(0.95), distance(0.99), distance(0.998), skewness(sorted)];
}

/**
 * How far the brightest thousandth stands out of the image, in interquartile ranges: what takes up contrast agent makes T1ce's larger
 * than that of T1 of the same head.
 */
export function brightTail({ data }: Pick<Volume, 'data'>): number | null {
  const sorted = data.filter((value) => value !== 0).sort();
  if (sorted.length < FEWEST_SAMPLES) return null;
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const range = at(0.75) - at(0.25);
  return range > 0 ? (at(0.999) - at(0.5)) / range : null;
}

function skewness(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [second, third] = [0, 0];
  for (const value of values) {
    second += (value - mean) ** 2;
    third += (value - mean) ** 3;
  }
  return third / values.length / (second / values.length) ** 1.5;
}

/** Voxels other than 0 on a coarser lattice, each with its city-block distance to air in mm. */
function samplesOf({ data, size, affine }: Pick<Volume, 'data' | 'size' | 'affine'>) {
  const spacing = voxelSpacing(affine);
  const steps = spacing.map((mm) => Math.max(1, Math.round(SAMPLE_MM / mm)));
  const [nx, ny, nz] = size.map((n, axis) => Math.ceil(n / steps[axis]));
  const [dx, dy, dz] = spacing.map((mm, axis) => mm * steps[axis]);
  const sampled = new Float32Array(nx * ny * nz);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        sampled[n] = data[i * steps[0] + size[0] * (j * steps[1] + size[1] * k * steps[2])];
  const depth = new Float32Array(sampled.length);
  const relax = (n: number, neighbour: boolean, other: number, mm: number) => {
    // What lies beyond the image counts as air beyond its first voxel.
    depth[n] = Math.min(depth[n], neighbour ? depth[other] + mm : mm);
  };
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        depth[n] = sampled[n] === 0 ? 0 : Number.POSITIVE_INFINITY;
        relax(n, i > 0, n - 1, dx);
        relax(n, j > 0, n - nx, dy);
        relax(n, k > 0, n - nx * ny, dz);
      }
  for (let k = nz - 1, n = sampled.length - 1; k >= 0; k--)
    for (let j = ny - 1; j >= 0; j--)
      for (let i = nx - 1; i >= 0; i--, n--) {
        relax(n, i < nx - 1, n + 1, dx);
        relax(n, j < ny - 1, n + nx, dy);
        relax(n, k < nz - 1, n + nx * ny, dz);
      }
  const inside = sampled.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
  const values = new Float32Array(inside);
  const depths = new Float32Array(inside);
  for (let n = 0, at = 0; n < sampled.length; n++) {
    if (sampled[n] === 0) continue;
    values[at] = sampled[n];
    depths[at++] = depth[n];
  }
  return { values, depths };
}
