import { isotropicGrid, partOfGrid } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size, Volume } from '../volume/volume.js';
import { measureImage } from './measure.js';
import { close, fillHoles, openLargest, signedDistance, where } from './morphology.js';

/**
 * Numbers of the refinement, chosen on two heads and not fitted further (docs/preparation.md). Distances in mm from the
 * carried mask's border, negative inside.
 */
const REFINEMENT = {
  /** What is deeper inside than this is brain for sure, and shows how brain looks in this patient. */
  core: -4,
  /** What lies between shows how skull, scalp and air look in this patient. */
  surroundings: [5, 20],
  /** The border moves outwards and inwards by at most this. */
  band: 8,
  /** The atlas's mask ends at the cortex; the brain with the fluid around it ends about here. */
  expected: 2,
  /** How far, in mm, a unit of evidence (natural logarithm of a ratio of probabilities) moves the border. */
  mmPerUnit: 3,
  /** Evidence of one voxel is bounded by this, and averaged over its neighbours. */
  strongest: 3,
  /** Bridges thinner than twice this are cut, and gaps thinner than twice this filled. */
  opening: 2,
  closing: 3,
} as const;

/** Room around the carried mask that is looked at, in voxels of about 1 mm. */
const MARGIN = 22;
const BINS = 64;

/**
 * The brain in this patient's images, from the atlas's mask carried over: how likely every intensity is deep inside that
 * mask and outside it is counted for each sequence; within a band around the mask's border each voxel is brain when the
 * mean evidence of the sequences outweighs its distance outside the border. Then bridges are cut, gaps and holes filled.
 * All of it happens on voxels of 2 mm, which the band does not need finer; the border is interpolated between them.
 *
 * @param images values on `carried`'s grid, one array per sequence, x fastest.
 * @param carried 1 inside, on a grid of about 1 mm; must hold at least one voxel.
 */
export function refineBrainMask(
  images: readonly Float32Array[],
  carried: Volume<Uint8Array>,
): Volume<Uint8Array> {
  const part = isotropicGrid(roomAround(carried), COARSE_MM);
  const coarse = (data: Float32Array | Uint8Array) =>
    resample({ ...carried, data }, part, { interpolation: 'linear' });
  const start = { ...part, data: where(coarse(carried.data), (share) => share > 0.5) };
  const distance = signedDistance(start);
  const evidence = smooth(evidenceOf(images.map(coarse), distance), part.size);
  const { expected, mmPerUnit, band } = REFINEMENT;
  const data = where(distance, (mm, voxel) =>
    Math.abs(mm) > band ? mm < 0 : evidence[voxel] * mmPerUnit > mm - expected,
  );
  const opened = openLargest({ ...part, data }, REFINEMENT.opening);
  const border = signedDistance(fillHoles(close(opened, REFINEMENT.closing)));
  const fine = resample({ ...part, data: border }, carried, { interpolation: 'linear', outside: MARGIN });
  return { ...carried, data: where(fine, (mm) => mm < 0) };
}

const COARSE_MM = 2;

function roomAround(mask: Volume<Uint8Array>): Grid {
  const { box } = measureImage({ ...mask, data: Float32Array.from(mask.data) });
  const first = mapAxes(box.first, (n) => Math.max(0, n - MARGIN));
  const last = mapAxes(box.last, (n, axis) => Math.min(mask.size[axis] - 1, n + MARGIN));
  return partOfGrid(mask, first, last);
}

/** Mean over the sequences of ln(p(value | brain) / p(value | surroundings)), each bounded. */
function evidenceOf(images: readonly Float32Array[], distance: Float32Array): Float32Array {
  const sum = new Float32Array(distance.length);
  for (const image of images) {
    const bins = binned(image, distance);
    const ratio = logRatios(bins, image, distance);
    for (let i = 0; i < sum.length; i++) sum[i] += ratio[bins[i]] / images.length;
  }
  const bound = REFINEMENT.strongest;
  return sum.map((value) => Math.min(bound, Math.max(-bound, value)));
}

/** Intensity classes from 0 to one and a half times the 99.5th percentile inside the mask. */
function binned(image: Float32Array, distance: Float32Array): Uint8Array {
  const inside = image.filter((_, i) => distance[i] <= 0).sort();
  const top = 1.5 * (inside[Math.floor(0.995 * (inside.length - 1))] || 1);
  const bins = new Uint8Array(image.length);
  for (let i = 0; i < bins.length; i++)
    bins[i] = Math.min(BINS - 1, Math.max(0, Math.floor((image[i] / top) * BINS)));
  return bins;
}

function logRatios(bins: Uint8Array, image: Float32Array, distance: Float32Array): Float64Array {
  const brain = new Float64Array(BINS);
  const rest = new Float64Array(BINS);
  const [near, far] = REFINEMENT.surroundings;
  for (let i = 0; i < bins.length; i++) {
    if (distance[i] <= REFINEMENT.core) brain[bins[i]]++;
    // Exactly 0 is outside the field of view, or air that the scanner cut: it says nothing about skulls.
    else if (distance[i] >= near && distance[i] <= far && image[i] !== 0) rest[bins[i]]++;
  }
  const [p, q] = [brain, rest].map(smoothedShares);
  return p.map((value, bin) => Math.log(value / q[bin]));
}

/** Shares of a histogram, smoothed over neighbouring bins, never 0. */
function smoothedShares(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, n) => sum + n, 0) || 1;
  return counts.map((_, bin) => {
    let sum = 0;
    let weights = 0;
    for (let step = -4; step <= 4; step++) {
      const weight = Math.exp((-step * step) / (2 * 1.5 * 1.5));
      const neighbour = Math.min(BINS - 1, Math.max(0, bin + step));
      sum += weight * counts[neighbour];
      weights += weight;
    }
    return sum / weights / total + 1e-4;
  });
}

/** A 1-2-1 mean along each axis. */
function smooth(values: Float32Array, size: Size): Float32Array {
  let from = values;
  [1, size[0], size[0] * size[1]].forEach((stride, axis) => {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      const place = Math.floor(i / stride) % size[axis];
      const before = place > 0 ? from[i - stride] : from[i];
      const after = place < size[axis] - 1 ? from[i + stride] : from[i];
      to[i] = (before + 2 * from[i] + after) / 4;
    }
    from = to;
  });
  return from;
}
