import { connectedComponents } from '../volume/connectedComponents.js';
import { distanceTransform } from '../volume/distanceTransform.js';
import { isotropicGrid } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Size, Volume } from '../volume/volume.js';

const MM = 2;
/** Above this share of the 99th percentile a voxel shows more than noise. */
const NOISE = 0.1;
/** Scalp and skull are thinner: deeper there is brain, as far as the upper head is concerned. */
const DEPTH_MM = 20;
/** Below this under the vertex lie eyes, face and the base of the skull. */
const UPPER_MM = 70;
/** Less is no brain, or too little of one; an image that shows more has its skull, though its air be 0. */
const [LEAST_ML, MOST_ML] = [150, 2000];

/** Whether air was set to exactly 0 around a brain: more than half of the image. */
export function isStripped({ data }: Pick<Volume, 'data'>): boolean {
  let zeros = 0;
  for (let at = 0; at < data.length; at += 7) if (data[at] === 0) zeros++;
  return zeros * 7 > data.length * 0.5;
}

/**
 * Where an image shows brain and nothing else, on voxels of 2 mm: of a skull-stripped image all of it; of a head with its skull the upper
 * part, away from skin and bone.
 *
 * @returns null where that is too little to tell anything.
 */
export function brainPart(image: Volume): Volume<Uint8Array> | null {
  const grid = isotropicGrid(image, MM);
  const shown = isStripped(image) ? shownPart(image, grid) : null;
  const mask = shown && mlOf(shown) <= MOST_ML ? shown : upperInside(image, grid);
  return mlOf(mask) < LEAST_ML ? null : mask;
}

function mlOf({ data }: Volume<Uint8Array>): number {
  return (data.reduce((sum, one) => sum + one, 0) * MM ** 3) / 1000;
}

type Grid = ReturnType<typeof isotropicGrid>;

/** Voxels that no air has a share in. */
function shownPart({ data, size, affine }: Volume, grid: Grid): Volume<Uint8Array> {
  const shows = Float32Array.from(data, (value) => (value === 0 ? 0 : 1));
  const share = resample({ data: shows, size, affine }, grid, { interpolation: 'linear' });
  return { ...grid, data: Uint8Array.from(share, (one) => (one > 0.999 ? 1 : 0)) };
}

function upperInside(image: Volume, grid: Grid): Volume<Uint8Array> {
  const head = headOf({ ...grid, data: resample(image, grid, { interpolation: 'linear' }) });
  const air = { size: grid.size, data: head.map((inside) => 1 - inside) };
  const depth = distanceTransform(air, [MM, MM, MM]);
  const height = heightOn(grid);
  let top = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < head.length; v++) if (head[v] === 1) top = Math.max(top, height(v));
  const data = head.map((_, v) => (depth[v] >= DEPTH_MM && height(v) > top - UPPER_MM ? 1 : 0));
  return { ...grid, data };
}

/** The largest part that shows more than noise, and what lies between its ends along every axis. */
function headOf({ data, size, affine }: Volume<Float32Array>): Uint8Array {
  const sorted = data.slice().sort();
  const floor = NOISE * sorted[Math.floor(0.99 * (sorted.length - 1))];
  const shown = { size, affine, data: Uint8Array.from(data, (value) => (value > floor ? 1 : 0)) };
  const largest = connectedComponents(shown, (value) => value === 1, 6)[0]?.voxels ?? new Uint32Array(0);
  const part = new Uint8Array(data.length);
  for (const v of largest) part[v] = 1;
  const head = new Uint8Array(data.length).fill(1);
  for (const axis of [0, 1, 2]) keepBetween(part, head, size, axis);
  return head;
}

/** Clears what lies before the first or behind the last voxel of `part` on each line along an axis. */
function keepBetween(part: Uint8Array, head: Uint8Array, size: Size, axis: number): void {
  const strides = [1, size[0], size[0] * size[1]];
  const [p, q] = [0, 1, 2].filter((other) => other !== axis);
  const stride = strides[axis];
  for (let a = 0; a < size[p]; a++)
    for (let b = 0; b < size[q]; b++) {
      const start = a * strides[p] + b * strides[q];
      let [first, last] = [size[axis], -1];
      for (let n = 0; n < size[axis]; n++) {
        if (part[start + n * stride] === 0) continue;
        first = Math.min(first, n);
        last = n;
      }
      for (let n = 0; n < size[axis]; n++) if (n < first || n > last) head[start + n * stride] = 0;
    }
}

/** Millimetres upwards (RAS z) of a voxel. */
function heightOn({ affine, size: [nx, ny] }: Grid): (voxel: number) => number {
  return (voxel) => {
    const [i, j, k] = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))];
    return affine[2] * i + affine[6] * j + affine[10] * k + affine[14];
  };
}
