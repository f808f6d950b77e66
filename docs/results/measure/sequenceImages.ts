/** The single images that the classifier of sequences is fitted and measured on, and changed copies of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODALITIES, type Modality } from '../../../src/terms.js';
import { blur } from '../../../src/training/intensity.js';
import type { Random } from '../../../src/training/random.js';
import { isotropicGrid } from '../../../src/volume/placement.js';
import { readVolume } from '../../../src/volume/read.js';
import { resample } from '../../../src/volume/resample.js';
import type { Grid, Size, Volume } from '../../../src/volume/volume.js';

export interface FoundImage {
  readonly set: string;
  readonly name: string;
  readonly side: 'train' | 'validation' | 'test';
  readonly sequence: Modality;
  readonly file: string;
}

export const SETS = ['brains', 'brains3', 'brains-wt', 'partial', 'whole', 'raw'] as const;

/** All whole stripped brains; a patient on no side of the split was never trained on: test. */
export function imagesOf(data: string, split: Readonly<Record<string, readonly string[]>>): FoundImage[] {
  return SETS.flatMap((set) =>
    foldersOf(data, set).flatMap(({ name, folder }) => {
      const files = readdirSync(folder).sort();
      const known = join(folder, 'patient.txt');
      const patient = existsSync(known) ? readFileSync(known, 'utf8').trim() : name;
      const side = (['train', 'validation'] as const).find((one) => split[one].includes(patient)) ?? 'test';
      return MODALITIES.flatMap((sequence): FoundImage[] => {
        const file = files.find((one) => new RegExp(`_${sequence}\\.nii(\\.gz)?$`, 'i').test(one));
        return file ? [{ set, name, side, sequence, file: join(folder, file) }] : [];
      });
    }),
  );
}

function foldersOf(data: string, set: string): { name: string; folder: string }[] {
  if (set === 'raw') {
    const folder = join(data, 'raw/TCGA-FG-6692/stripped');
    return existsSync(folder) ? [{ name: 'TCGA-FG-6692', folder }] : [];
  }
  const root = join(data, set);
  if (!existsSync(root)) return [];
  const names = readdirSync(root).filter((name) => !name.includes('.'));
  return names.sort().map((name) => ({ name, folder: join(root, name) }));
}

/** The image; z-scored ones become positive, as scanners' values are. */
export async function readImage({ set, file }: FoundImage): Promise<Volume> {
  const image = await readVolume(file);
  if (!set.startsWith('brains')) return image;
  return { ...image, data: image.data.map((z) => (z === 0 ? 0 : Math.max(10, 1000 + 250 * z))) };
}

/** The brain on voxels of 2 mm, air 0: changed copies are made on it. */
export function coarseImage(image: Volume): Volume {
  const grid = isotropicGrid(image, 2);
  const mask = Float32Array.from(image.data, (value) => (value === 0 ? 0 : 1));
  const values = resample(image, grid, { interpolation: 'linear' });
  const weights = resample({ ...image, data: mask }, grid, { interpolation: 'linear' });
  return { ...grid, data: values.map((value, v) => (weights[v] > 0.5 ? value / weights[v] : 0)) };
}

/**
 * A copy as another scanner, reader or skull strip might have made it: thick slices along any axis, blur, shading, another curve of
 * brightness, noise, clipping and few grey values, a tighter mask, another size, and the half with the tumour replaced by its mirror
 * image (or the other half: then there are two).
 */
export function changedCopy({ size, affine, data }: Volume, random: Random): Volume {
  const shape = [...size].reverse() as unknown as Size;
  const out = unit(data);
  if (random.chance(0.4))
    thick(out, size, random.chance(0.6) ? 2 : random.integer(0, 1), random.integer(2, 3));
  if (random.chance(0.3)) blur(out, shape, random.uniform(0.3, 0.7));
  if (random.chance(0.5)) shade(out, size, random);
  if (random.chance(0.5)) {
    const exponent = random.uniform(0.75, 1.33);
    for (let v = 0; v < out.length; v++) out[v] **= exponent;
  }
  if (random.chance(0.4)) {
    const sigma = random.uniform(0.005, 0.03);
    for (let v = 0; v < out.length; v++)
      if (out[v] !== 0) out[v] = Math.max(1e-3, out[v] + sigma * random.normal());
  }
  if (random.chance(0.4)) for (let n = random.integer(1, 2); n > 0; n--) erode(out, size);
  if (random.chance(0.3)) fewValues(out, random);
  if (random.chance(0.25)) mirrorHalf(out, size, random.chance(0.5));
  const grid: Grid = random.chance(0.4) ? { size, affine: scaled(affine, random) } : { size, affine };
  return { ...grid, data: out };
}

/** Values 0.001..1 or more from the darkest to nearly the brightest; air stays 0. */
function unit(data: Float32Array): Float32Array {
  const sorted = data.filter((value) => value !== 0).sort();
  const low = sorted[Math.floor(0.001 * sorted.length)];
  const high = sorted[Math.floor(0.999 * (sorted.length - 1))];
  return data.map((value) => (value === 0 ? 0 : Math.max(1e-3, (value - low) / (high - low))));
}

function stridesOf([nx, ny]: Size): readonly [number, number, number] {
  return [1, nx, nx * ny];
}

/** Means over `thickness` neighbours along an axis, of tissue alone. */
function thick(data: Float32Array, size: Size, axis: number, thickness: number): void {
  const stride = stridesOf(size)[axis];
  const before = data.slice();
  for (let v = 0; v < data.length; v++) {
    if (before[v] === 0) continue;
    let [sum, count] = [0, 0];
    for (let n = 0; n < thickness; n++) {
      const value = before[v + (n - (thickness >> 1)) * stride] ?? 0;
      if (value === 0) continue;
      sum += value;
      count += 1;
    }
    data[v] = sum / count;
  }
}

function shade(data: Float32Array, [nx, ny, nz]: Size, random: Random): void {
  const slope = [0, 0, 0].map(() => random.normal(0, 0.12));
  const bend = [0, 0, 0].map(() => random.normal(0, 0.08));
  const gain = (at: number, n: number, axis: number) => {
    const place = (2 * at) / (n - 1) - 1;
    return slope[axis] * place + bend[axis] * place * place;
  };
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++)
        if (data[v] !== 0) data[v] *= Math.exp(gain(i, nx, 0) + gain(j, ny, 1) + gain(k, nz, 2));
}

function erode(data: Float32Array, size: Size): void {
  const before = data.slice();
  for (let v = 0; v < data.length; v++)
    if (stridesOf(size).some((stride) => !before[v - stride] || !before[v + stride])) data[v] = 0;
}

/** Clipped above and rounded to 100 or 255 values, as 8-bit images are. */
function fewValues(data: Float32Array, random: Random): void {
  const sorted = data.filter((value) => value !== 0).sort();
  const share = [0.99, 0.995, 0.999, 1][random.integer(0, 3)];
  const top = sorted[Math.floor(share * (sorted.length - 1))];
  const steps = random.chance(0.5) ? 100 : 255;
  for (let v = 0; v < data.length; v++)
    if (data[v] !== 0) data[v] = Math.max(1, Math.round((Math.min(data[v], top) / top) * steps));
}

/** One half along x replaced by the mirror image of the other, about the brain's middle. */
function mirrorHalf(data: Float32Array, [nx, ny, nz]: Size, low: boolean): void {
  let [sum, count] = [0, 0];
  for (let v = 0; v < data.length; v++) {
    if (data[v] === 0) continue;
    sum += v % nx;
    count += 1;
  }
  const twice = Math.round((2 * sum) / count);
  for (let row = 0; row < ny * nz; row++) {
    const line = data.slice(row * nx, (row + 1) * nx);
    for (let i = 0; i < nx; i++) if (2 * i < twice === low) data[row * nx + i] = line[twice - i] ?? 0;
  }
}

/** Another size of head, between 85 and 112 %. */
function scaled(affine: Volume['affine'], random: Random): Volume['affine'] {
  const scale = random.uniform(0.85, 1.12);
  return [...affine].map((value, n) =>
    n < 12 && n % 4 !== 3 ? value * scale : value,
  ) as unknown as Volume['affine'];
}
