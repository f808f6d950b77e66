import { QuorumError } from '../../src/errors.js';
import { affineFromRows, invertAffine, multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { type Affine, type Grid, type Volume, voxelCount } from '../../src/volume/volume.js';
import { above, blurred, smoothStep } from './filters.js';
import { standardised } from './random.js';

/** The grid of every BraTS case: 1 mm, first axis to the patient's left, second to the back, third upwards. */
export const BRATS_GRID: Grid = {
  size: [240, 240, 155],
  affine: affineFromRows([
    [-1, 0, 0, 0],
    [0, -1, 0, 239],
    [0, 0, 1, 0],
  ]),
};

/**
 * BraTS position (RAS mm) → position in Colin's own space (RAS mm). A 12-parameter affine, fitted once by the
 * correlation of Colin's brain with an average T1 brain on the BraTS grid.
 */
export const BRATS_TO_COLIN: Affine = affineFromRows([
  [1.064715, 0.04199, -0.009032, 123.23548],
  [-0.036762, 1.005614, 0.146278, -143.147231],
  [0.00697, -0.159515, 1.096165, -57.706405],
]);

/** T1 intensities (0..255, Colin's scale) at which tissue is wholly one class; between them it is mixed. */
const PURE = { csf: 38, greyLow: 76, greyHigh: 90, white: 107 };

/** A brain on the BraTS grid: Colin's T1 as z-scores over the brain; tissue fractions that add up to `mask` (0 or 1). */
export interface Anatomy {
  readonly t1: Float32Array;
  readonly mask: Float32Array;
  readonly csf: Float32Array;
  readonly grey: Float32Array;
  readonly white: Float32Array;
}

/** Where the tissue now at voxel (i, j, k) of the BraTS grid came from, in voxels of that grid. */
export type Origin = (i: number, j: number, k: number) => readonly [number, number, number];

/**
 * The brain's mask on the BraTS grid, 0 and 1, from Colin's stripped brain. It is smoothed over the sulci, as skull
 * strippers leave it, and so holds the fluid in them.
 */
export function brainMask(brain: Volume): Float32Array {
  const inside = sampledOnBrats({ ...brain, data: above(brain.data, 0) }, (i, j, k) => [i, j, k]);
  return above(blurred(inside, BRATS_GRID.size, 2.5), 0.5);
}

/** Colin's head on the BraTS grid, pushed aside as `origin` says, cut to `mask` and split into tissue classes. */
export function anatomy(head: Volume, mask: Float32Array, origin: Origin): Anatomy {
  const t1 = sampledOnBrats(head, origin);
  const [csf, grey, white] = [t1, t1, t1].map((v) => new Float32Array(v.length));
  for (let v = 0; v < t1.length; v++) {
    t1[v] *= mask[v];
    csf[v] = mask[v] * (1 - smoothStep(PURE.csf, PURE.greyLow, t1[v]));
    white[v] = mask[v] * smoothStep(PURE.greyHigh, PURE.white, t1[v]);
    grey[v] = mask[v] - csf[v] - white[v];
  }
  return { t1: zScores(t1, mask), mask, csf, grey, white };
}

function zScores(image: Float32Array, mask: Float32Array): Float32Array {
  const values = standardised(image.filter((_, v) => mask[v]));
  let next = 0;
  return image.map((_, v) => (mask[v] ? values[next++] : 0));
}

function sampledOnBrats(source: Volume, origin: Origin): Float32Array {
  const { size, affine } = BRATS_GRID;
  const toVoxel = invertAffine(source.affine);
  if (!toVoxel)
    throw new QuorumError({ code: 'HEADER_INVALID', field: 'affine', expected: 'an invertible matrix' });
  const toSource = multiplyAffines(toVoxel, multiplyAffines(BRATS_TO_COLIN, affine));
  const out = new Float32Array(voxelCount(size));
  for (let k = 0, v = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, v++) {
        out[v] = linearSample(source, voxelToWorld(toSource, ...origin(i, j, k)));
      }
    }
  }
  return out;
}

function linearSample({ data, size }: Volume, point: readonly [number, number, number]): number {
  const [i, j, k] = [Math.floor(point[0]), Math.floor(point[1]), Math.floor(point[2])];
  if (i < 0 || j < 0 || k < 0 || i + 1 >= size[0] || j + 1 >= size[1] || k + 1 >= size[2]) return 0;
  const [x, y, z] = [point[0] - i, point[1] - j, point[2] - k];
  const v = i + size[0] * (j + size[1] * k);
  const upper = v + size[0] * size[1];
  return inSlice(data, v, size[0], x, y) * (1 - z) + inSlice(data, upper, size[0], x, y) * z;
}

function inSlice(data: Volume['data'], v: number, row: number, x: number, y: number): number {
  const first = data[v] * (1 - x) + data[v + 1] * x;
  const second = data[v + row] * (1 - x) + data[v + row + 1] * x;
  return first * (1 - y) + second * y;
}
