import type { ImageMeasurements } from '../prepare/measure.js';
import { mapAxes } from '../volume/tuples.js';
import type { Size, Volume } from '../volume/volume.js';

/** One bit a voxel, x fastest, the lowest bit of a byte first. */
export type Bits = Uint8Array;

/** A bit for each flag: set where it is not 0. */
export function packBits(flags: Uint8Array): Bits {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (let at = 0; at < flags.length; at++) if (flags[at] !== 0) bits[at >> 3] |= 1 << (at & 7);
  return bits;
}

/** The first `count` bits, one byte each. */
export function unpackBits(bits: Bits, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (bits[at >> 3] >> (at & 7)) & 1);
}

/** 1 or 0. */
export function bitAt(bits: Bits, at: number): number {
  return (bits[at >> 3] >> (at & 7)) & 1;
}

/**
 * Where an image shows the patient: voxels that are not 0, and the holes among them (zeros that no path by faces joins with
 * the outside of the image: single voxels of cyst or vessel that a scanner rounded to 0). All else is air.
 *
 * @param image skull-stripped, air exactly 0.
 * @param box of its voxels that are not 0.
 */
export function tissueOf({ data, size }: Volume, { first, last }: ImageMeasurements['box']): Bits {
  const bits = new Uint8Array(Math.ceil(data.length / 8));
  // The box with one voxel more on every side, which is neither zero nor reached: no neighbour needs a check.
  const inner = mapAxes(first, (n, axis) => last[axis] - n + 1);
  const [nx, ny, nz] = inner.map((n) => n + 2);
  const flags = new Uint8Array(nx * ny * nz);
  forEachRow(inner, (j, k) => {
    const from = first[0] + size[0] * (first[1] + j + size[1] * (first[2] + k));
    const to = 1 + nx * (j + 1 + ny * (k + 1));
    for (let i = 0; i < inner[0]; i++) if (data[from + i] === 0) flags[to + i] = ZERO;
  });
  markAir(flags, nx, ny, inner);
  forEachRow(inner, (j, k) => {
    const to = first[0] + size[0] * (first[1] + j + size[1] * (first[2] + k));
    const from = 1 + nx * (j + 1 + ny * (k + 1));
    for (let i = 0; i < inner[0]; i++) {
      if (flags[from + i] !== AIR) bits[(to + i) >> 3] |= 1 << ((to + i) & 7);
    }
  });
  return bits;
}

const ZERO = 1;
const AIR = 2;

function forEachRow([, ny, nz]: Size, visit: (j: number, k: number) => void): void {
  for (let k = 0; k < nz; k++) for (let j = 0; j < ny; j++) visit(j, k);
}

/** Turns every ZERO that is joined by faces with the border of the box into AIR. */
function markAir(flags: Uint8Array, nx: number, ny: number, inner: Size): void {
  const queue = new Uint32Array(flags.length);
  let end = 0;
  const visit = (at: number) => {
    if (flags[at] !== ZERO) return;
    flags[at] = AIR;
    queue[end++] = at;
  };
  forEachRow(inner, (j, k) => {
    const row = 1 + nx * (j + 1 + ny * (k + 1));
    const border = j === 0 || k === 0 || j === inner[1] - 1 || k === inner[2] - 1;
    for (let i = 0; i < inner[0]; i += border ? 1 : Math.max(1, inner[0] - 1)) visit(row + i);
  });
  const steps = [1, nx, nx * ny];
  for (let next = 0; next < end; next++) {
    for (const step of steps) {
      visit(queue[next] - step);
      visit(queue[next] + step);
    }
  }
}
