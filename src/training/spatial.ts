import type { Shape3, TensorBox, TrainingVolume } from './loadCase.js';
import type { Random } from './random.js';
import type { Window } from './window.js';

/** Random flips, rotation and scaling; the same for all modalities of a sample. */
export interface SpatialRules {
  /** Chance of a flip along each of D, H, W. */
  readonly flip: Shape3;
  /** Chance of a rotation about all three axes, each angle up to this many degrees. */
  readonly rotationChance: number;
  readonly rotationDegrees: number;
  /** Chance of scaling by a factor between 1/(1+x) and 1+x. */
  readonly scaleChance: number;
  readonly scale: number;
}

/** 3×3, row-major: offset from the window's centre in the sample → offset in the case, in voxels. */
export type Matrix3 = readonly number[];

/** What a window shows of a case. */
export interface Patch {
  readonly shape: Shape3;
  readonly images: readonly (Float32Array | null)[];
  readonly labels: Uint8Array;
  /** 1 where the truth is known, or null when it is everywhere. */
  readonly known: Uint8Array | null;
}

const IDENTITY: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** A random matrix. Rotations are in mm, so that nothing is sheared on an anisotropic grid. */
export function drawMatrix(rules: SpatialRules, spacing: Shape3, random: Random): Matrix3 {
  let matrix = IDENTITY;
  const rotate = random.chance(rules.rotationChance);
  const angles = [0, 1, 2].map(() => (random.uniform(-1, 1) * rules.rotationDegrees * Math.PI) / 180);
  if (rotate)
    angles.forEach((angle, axis) => {
      matrix = multiply(matrix, rotation(axis, angle));
    });
  const scaled = random.chance(rules.scaleChance);
  const factor = Math.exp(random.uniform(-1, 1) * Math.log(1 + rules.scale));
  const flips = rules.flip.map((chance) => (random.chance(chance) ? -1 : 1));
  return matrix.map((value, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3];
    return ((value * spacing[column]) / spacing[row]) * (scaled ? factor : 1) * flips[column];
  });
}

/**
 * Cuts a window out of a case, turned by `matrix` about the window's centre. Images are trilinear, a point with at
 * most half of its weight on non-zero voxels being air (0), as when a case is brought to the grid; labels nearest.
 * Beyond a cut-out nothing is known; beyond a whole case is air.
 */
export function cutPatch(volume: TrainingVolume, window: Window, matrix: Matrix3 = IDENTITY): Patch {
  const { shape } = window;
  const count = shape[0] * shape[1] * shape[2];
  const images = volume.images.map((image) => (image ? new Float32Array(count) : null));
  const labels = new Uint8Array(count);
  const known = volume.known ? new Uint8Array(count) : null;
  const half = shape.map((side) => (side - 1) / 2);
  const centre = window.start.map((start, axis) => start + half[axis]);
  const position = [0, 0, 0];
  for (let d = 0, at = 0; d < shape[0]; d++) {
    for (let h = 0; h < shape[1]; h++) {
      for (let w = 0; w < shape[2]; w++, at++) {
        const [x, y, z] = [d - half[0], h - half[1], w - half[2]];
        for (let row = 0; row < 3; row++) {
          const [a, b, c] = [matrix[3 * row], matrix[3 * row + 1], matrix[3 * row + 2]];
          position[row] = centre[row] + a * x + b * y + c * z;
        }
        const nearest = nearestVoxel(position, volume.shape);
        if (nearest >= 0) labels[at] = volume.labels[nearest];
        if (known && contains(volume.known!, position)) known[at] = 1;
        for (let m = 0; m < images.length; m++) {
          const image = images[m];
          if (image) image[at] = trilinear(volume.images[m]!, volume.shape, position);
        }
      }
    }
  }
  return { shape, images, labels, known };
}

function nearestVoxel(position: readonly number[], [depth, height, width]: Shape3): number {
  const [d, h, w] = [Math.round(position[0]), Math.round(position[1]), Math.round(position[2])];
  if (d < 0 || h < 0 || w < 0 || d >= depth || h >= height || w >= width) return -1;
  return w + width * (h + height * d);
}

function contains({ start, end }: TensorBox, position: readonly number[]): boolean {
  return position.every((at, axis) => Math.round(at) >= start[axis] && Math.round(at) < end[axis]);
}

function trilinear(image: Float32Array, [depth, height, width]: Shape3, position: readonly number[]): number {
  const [d, h, w] = [Math.floor(position[0]), Math.floor(position[1]), Math.floor(position[2])];
  const [fd, fh, fw] = [position[0] - d, position[1] - h, position[2] - w];
  if (fd === 0 && fh === 0 && fw === 0) {
    const inside = d >= 0 && h >= 0 && w >= 0 && d < depth && h < height && w < width;
    return inside ? image[w + width * (h + height * d)] : 0;
  }
  let sum = 0;
  let tissue = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [dd, hh, ww] = [d + (corner >> 2), h + ((corner >> 1) & 1), w + (corner & 1)];
    if (dd < 0 || hh < 0 || ww < 0 || dd >= depth || hh >= height || ww >= width) continue;
    const value = image[ww + width * (hh + height * dd)];
    if (value === 0) continue;
    const weight = (corner & 4 ? fd : 1 - fd) * (corner & 2 ? fh : 1 - fh) * (corner & 1 ? fw : 1 - fw);
    sum += weight * value;
    tissue += weight;
  }
  return tissue > 0.5 ? sum : 0;
}

function rotation(axis: number, angle: number): Matrix3 {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
  const matrix = [...IDENTITY];
  matrix[4 * a] = cosine;
  matrix[4 * b] = cosine;
  matrix[3 * a + b] = -sine;
  matrix[3 * b + a] = sine;
  return matrix;
}

function multiply(left: Matrix3, right: Matrix3): Matrix3 {
  return left.map((_, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3];
    return [0, 1, 2].reduce((sum, k) => sum + left[3 * row + k] * right[3 * k + column], 0);
  });
}
