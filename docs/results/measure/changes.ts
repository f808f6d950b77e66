/** Changes of a case that a sceptic would try; the truth follows where the head moves. */
import type { Case } from '../../../src/prepare/case.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../../src/terms.js';
import type { Random } from '../../../src/training/random.js';
import { affineFromRows, multiplyAffines } from '../../../src/volume/affine.js';
import { resample } from '../../../src/volume/resample.js';
import type { Grid, Size } from '../../../src/volume/volume.js';
import { voxelCount } from '../../../src/volume/volume.js';

/** Images and truth on one grid. */
export interface Subject {
  readonly grid: Grid;
  readonly images: Readonly<Partial<Record<Modality, Float32Array>>>;
  readonly truth: Uint8Array;
}

export interface Change {
  readonly name: string;
  apply(subject: Subject, random: Random): Subject;
}

/** The subject as `prepare` would hand it over. */
export function caseOf({ grid, images }: Subject, name: string): Case {
  const entries = MODALITIES.flatMap((m) => {
    const data = images[m];
    return data ? [[m, { ...grid, data, file: m, format: 'memory' }]] : [];
  });
  const made = Object.fromEntries(entries) as unknown as Case['images'];
  return { name, grid, form: undefined, images: made, hashes: {}, overridden: [], notes: [] };
}

const each = (
  subject: Subject,
  change: (data: Float32Array, modality: Modality) => Float32Array,
): Subject['images'] =>
  Object.fromEntries(
    MODALITIES.flatMap((m) => {
      const data = subject.images[m];
      return data ? [[m, change(data, m)]] : [];
    }),
  );

const flip: Change = {
  name: 'left and right mirrored',
  apply: (subject) => ({
    ...subject,
    images: each(subject, (data) => mirrored(data, subject.grid.size)),
    truth: mirrored(subject.truth, subject.grid.size),
  }),
};

const rotate: Change = {
  name: 'head turned by 5° about the long axis',
  apply: (subject) => {
    const angle = (5 * Math.PI) / 180;
    const [cx, cy] = [(subject.grid.size[0] - 1) / 2, (subject.grid.size[1] - 1) / 2];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const turn = affineFromRows([
      [c, -s, 0, cx - c * cx + s * cy],
      [s, c, 0, cy - s * cx - c * cy],
      [0, 0, 1, 0],
    ]);
    const turned = { size: subject.grid.size, affine: multiplyAffines(subject.grid.affine, turn) };
    const truth = new Uint8Array(subject.truth.length);
    resample({ ...subject.grid, data: subject.truth }, turned, { interpolation: 'nearest', into: truth });
    const images = each(subject, (data) => {
      const brain = data.map((value) => (value !== 0 ? 1 : 0));
      const inside = resample({ ...subject.grid, data: brain }, turned, { interpolation: 'linear' });
      const values = resample({ ...subject.grid, data }, turned, { interpolation: 'linear' });
      return values.map((value, v) => (inside[v] > 0.5 ? value : 0));
    });
    return { grid: subject.grid, images, truth };
  },
};

const noise: Change = {
  name: 'noise of half a standard deviation of the brain',
  apply: (subject, random) => ({
    ...subject,
    images: each(subject, (data) => {
      const sigma = 0.5 * brainDeviation(data);
      return data.map((value) => (value === 0 ? 0 : value + sigma * random.normal()));
    }),
  }),
};

const bias: Change = {
  name: 'bias field, 40 % darker at the back than in front',
  apply: (subject) => ({
    ...subject,
    images: each(subject, (data) => {
      const [nx, ny] = subject.grid.size;
      return data.map((value, v) => value * (0.6 + (0.4 * (Math.floor(v / nx) % ny)) / (ny - 1)));
    }),
  }),
};

const coarse: Change = {
  name: 'slices of 5 mm',
  apply: (subject) => ({
    ...subject,
    images: each(subject, (data) => thickSlices(data, subject.grid.size, 5)),
  }),
};

/** Two sequences given as each other. */
export function swap(a: Modality, b: Modality): Change {
  return {
    name: `${MODALITY_TITLES[a]} and ${MODALITY_TITLES[b]} swapped`,
    apply: (subject) => ({
      ...subject,
      images: { ...subject.images, [a]: subject.images[b]!, [b]: subject.images[a]! },
    }),
  };
}

const t1Twice: Change = {
  name: 'T1 given as T1ce too',
  apply: (subject) => ({ ...subject, images: { ...subject.images, t1ce: subject.images.t1! } }),
};

export const CHANGES: readonly Change[] = [
  flip,
  rotate,
  noise,
  bias,
  coarse,
  ...MODALITIES.flatMap((a, i) => MODALITIES.slice(i + 1).map((b) => swap(a, b))),
  t1Twice,
];

/**
 * A brain without tumour: the half that has less of it, mirrored onto the other, about the middle of the grid.
 *
 * @returns null when that half has tumour too.
 */
export function healthyHalves(subject: Subject): Subject | null {
  const nx = subject.grid.size[0];
  const half = Math.floor(nx / 2);
  const counts = [0, 0];
  subject.truth.forEach((label, v) => {
    if (label !== 0) counts[v % nx < half ? 0 : 1] += 1;
  });
  if (Math.min(...counts) > 0) return null;
  const keepLow = counts[0] === 0;
  const images = each(subject, (data) => {
    const other = mirrored(data, subject.grid.size);
    return data.map((value, v) => (v % nx < half === keepLow ? value : other[v]));
  });
  return { grid: subject.grid, images, truth: new Uint8Array(subject.truth.length) };
}

/** Left and right exchanged. */
export function mirrored<D extends Float32Array | Uint8Array>(data: D, [nx, ny, nz]: Size): D {
  const out = data.slice() as D;
  for (let row = 0; row < ny * nz; row++) out.subarray(row * nx, (row + 1) * nx).reverse();
  return out;
}

/** Means of `thickness` slices of non-zero voxels, given to each of them. */
function thickSlices(data: Float32Array, size: Size, thickness: number): Float32Array {
  const area = size[0] * size[1];
  const out = new Float32Array(voxelCount(size));
  for (let first = 0; first < size[2]; first += thickness) {
    const last = Math.min(size[2], first + thickness);
    for (let at = 0; at < area; at++) {
      let sum = 0;
      let count = 0;
      for (let k = first; k < last; k++) {
        const value = data[at + area * k];
        if (value !== 0) count += 1;
        sum += value;
      }
      for (let k = first; k < last; k++) if (data[at + area * k] !== 0) out[at + area * k] = sum / count;
    }
  }
  return out;
}

/** Standard deviation over what is not 0. */
export function brainDeviation(data: Float32Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of data) {
    if (value === 0) continue;
    count += 1;
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(squares / count - (sum / count) ** 2);
}
