import type { Volume } from '../volume/volume.js';

/** Fewer voxels are no brain. */
const FEWEST_VOXELS = 2000;

/** Whether air was set to exactly 0 around a brain: more than half of the image. */
export function isStripped({ data }: Pick<Volume, 'data'>): boolean {
  let zeros = 0;
  for (let at = 0; at < data.length; at += 7) if (data[at] === 0) zeros++;
  return zeros * 7 > data.length * 0.5;
}

/**
 * How far the brightest thousandth stands out of the image, in interquartile ranges: what takes up contrast agent makes T1ce's larger
 * than that of T1 of the same head.
 */
export function brightTail({ data }: Pick<Volume, 'data'>): number | null {
  const sorted = data.filter((value) => value !== 0).sort();
  if (sorted.length < FEWEST_VOXELS) return null;
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const range = at(0.75) - at(0.25);
  return range > 0 ? (at(0.999) - at(0.5)) / range : null;
}
