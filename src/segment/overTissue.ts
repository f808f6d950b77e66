import { type CoarseImage, outside, valuesAt } from '../prepare/coarse.js';
import { quantile } from '../statistics.js';

/** An image with the median of the brain outside the tumour and the deviation about it; a deviation of 0 where there is none. */
export interface OverTissue {
  readonly image: CoarseImage;
  readonly median: number;
  readonly deviation: number;
}

/** @param ill the share of each coarse voxel that is tumour. */
export function overTissue(image: CoarseImage | undefined, ill: Float32Array): OverTissue | null {
  if (!image) return null;
  const tissue = outside(image.inner, ill);
  if (tissue.length === 0) return { image, median: 0, deviation: 0 };
  const values = valuesAt(image.smooth, tissue);
  const median = quantile(values, 0.5);
  let squares = 0;
  for (const value of values) squares += (value - median) * (value - median);
  return { image, median, deviation: Math.sqrt(squares / values.length) };
}

/** Smoothed value of a voxel over tissue, in its standard deviations; 0 where there are none. */
export function above({ image, median, deviation }: OverTissue, v: number): number {
  return deviation === 0 ? 0 : (image.smooth[v] - median) / deviation;
}

/** Median over `voxels` less that of the brain outside the tumour, in its standard deviations. */
export function medianAbove({ image, median, deviation }: OverTissue, voxels: readonly number[]): number {
  const there = quantile(
    voxels.map((v) => image.smooth[v]),
    0.5,
  );
  return deviation === 0 ? 0 : (there - median) / deviation;
}
