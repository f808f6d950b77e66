import { affineFromRows, multiplyAffines, voxelSpacing } from '../../src/volume/affine.js';
import { distanceTransform } from '../../src/volume/distanceTransform.js';
import { movedTo } from '../../src/volume/placement.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Volume } from '../../src/volume/volume.js';

const RAD = Math.PI / 180;

/** A turn by `degrees` about an oblique axis through a point, then a shift of `mm` along another: RAS mm → RAS mm. */
export function turnAndShift(degrees: number, mm: number, about: readonly number[]): Affine {
  const [x, y, z] = [1, 2, 2].map((n) => n / 3);
  const [c, s] = [Math.cos(degrees * RAD), Math.sin(degrees * RAD)];
  const v = 1 - c;
  const turn = [
    [x * x * v + c, x * y * v - z * s, x * z * v + y * s],
    [x * y * v + z * s, y * y * v + c, y * z * v - x * s],
    [x * z * v - y * s, y * z * v + x * s, z * z * v + c],
  ];
  const shift = [2, -2, 1].map((n) => (n / 3) * mm);
  return affineFromRows(
    turn.map((row, r) => [
      ...row,
      about[r] + shift[r] - row.reduce((sum, value, n) => sum + value * about[n], 0),
    ]),
  );
}

/** The head as a second scanner would see it: moved within the same grid. Air stays exactly 0. */
export function scannedAgain(image: Volume, moved: Affine): Volume {
  const { size, affine } = image;
  const isHead = Float32Array.from(image.data, (value) => (value === 0 ? 0 : 1));
  const data = resample(movedTo(image, moved), image, { interpolation: 'linear' });
  const head = resample(movedTo({ size, affine, data: isHead }, moved), image, { interpolation: 'linear' });
  return { size, affine, data: data.map((value, at) => (head[at] < 0.5 ? 0 : Math.round(value))) };
}

export function labelsScannedAgain(labels: Volume<Uint8Array>, moved: Affine): Uint8Array {
  return resample(movedTo(labels, moved), labels, {
    interpolation: 'nearest',
    into: new Uint8Array(labels.data.length),
  });
}

/** Labels grown by `mm`: what is added outside has the label of the nearest inside, oedema outermost; never beyond the brain. */
export function grown(
  { size, affine, data }: Volume<Uint8Array>,
  mm: number,
  isBrain: (voxel: number) => boolean,
): Uint8Array {
  const spacing = voxelSpacing(affine);
  const within = (members: readonly number[]) =>
    distanceTransform({ size, data: data.map((label) => (members.includes(label) ? 1 : 0)) }, spacing);
  const [whole, core, enhancing] = [within([1, 2, 4]), within([1, 4]), within([4])];
  return data.map((label, voxel) => {
    if (!isBrain(voxel)) return label;
    // The core keeps what it was; each region grows by so much, nested as they are.
    if (label === 4 || enhancing[voxel] <= mm) return label === 1 ? 1 : 4;
    if (label === 1 || core[voxel] <= mm) return 1;
    return whole[voxel] <= mm ? 2 : 0;
  });
}

/** The largest and the mean distance, over voxels of a head, between where two transforms take them. */
export function errorBetween(a: Affine, b: Affine, { size, affine, data }: Volume) {
  const toA = multiplyAffines(a, affine);
  const toB = multiplyAffines(b, affine);
  let [largest, sum, n] = [0, 0, 0];
  for (let voxel = 0; voxel < data.length; voxel += 7) {
    if (data[voxel] === 0) continue;
    const at = [
      voxel % size[0],
      Math.floor(voxel / size[0]) % size[1],
      Math.floor(voxel / (size[0] * size[1])),
      1,
    ];
    const place = (m: Affine) =>
      [0, 1, 2].map((row) => at.reduce((total, value, axis) => total + m[4 * axis + row] * value, 0));
    const [p, q] = [place(toA), place(toB)];
    const mm = Math.hypot(...p.map((value, axis) => value - q[axis]));
    largest = Math.max(largest, mm);
    sum += mm;
    n++;
  }
  return { largest, mean: sum / n };
}
