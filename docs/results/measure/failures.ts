/** What goes wrong with inputs and results, made from sound cases at several strengths. */
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../../src/terms.js';
import type { Random } from '../../../src/training/random.js';
import { voxelSpacing, voxelToWorld } from '../../../src/volume/affine.js';
import { resample } from '../../../src/volume/resample.js';
import type { Grid } from '../../../src/volume/volume.js';
import { brainDeviation, mirrored, type Subject } from './changes.js';

/** One thing that goes wrong. `truth` is what a perfect network would find, or the wrong mask that is to be doubted. */
export interface Failure {
  readonly kind: string;
  /** Weakest 1; the strongest of a kind must be found. */
  readonly strength: number;
  readonly what: string;
  /** The only checks that it can touch: those of edges, of the single images, or of the mask; all when absent. */
  readonly only?: 'edges' | 'input' | 'result';
  /** Null where the case does not allow it. */
  make(subject: Subject, random: Random, other: Subject | null): Subject | null;
}

const replaced = (subject: Subject, modality: Modality, data: Float32Array): Subject => ({
  ...subject,
  images: { ...subject.images, [modality]: data },
});

/** Every image changed voxel by voxel; air stays air. `at` is RAS mm from the middle of the brain. */
function everywhere(
  subject: Subject,
  change: (value: number, at: readonly [number, number, number], v: number) => number,
): Subject {
  const places = placesOf(subject);
  const images = Object.entries(subject.images).map(([m, data]) => {
    const out = data.slice();
    for (let v = 0; v < out.length; v++) if (data[v] !== 0) out[v] = change(data[v], places(v), v);
    return [m, out];
  });
  return { ...subject, images: Object.fromEntries(images) };
}

/** RAS mm of a voxel from the middle of the brain's voxels; the array is used again by the next call. */
function placesOf({ grid, images }: Pick<Subject, 'grid' | 'images'>) {
  const [first] = Object.values(images);
  const middle = geometryOf(first, grid);
  const [nx, ny] = grid.size;
  const { affine } = grid;
  const at: [number, number, number] = [0, 0, 0];
  return (v: number): readonly [number, number, number] => {
    const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    for (let row = 0; row < 3; row++)
      at[row] = affine[row] * i + affine[row + 4] * j + affine[row + 8] * k + affine[row + 12] - middle[row];
    return at;
  };
}

const middles = new WeakMap<Float32Array, readonly number[]>();

/** RAS mm of the brain's middle. */
function geometryOf(image: Float32Array, grid: Grid): readonly number[] {
  const known = middles.get(image);
  if (known) return known;
  const [nx, ny] = grid.size;
  const sum = [0, 0, 0];
  let count = 0;
  for (let v = 0; v < image.length; v++) {
    if (image[v] === 0) continue;
    sum[0] += v % nx;
    sum[1] += Math.floor(v / nx) % ny;
    sum[2] += Math.floor(v / (nx * ny));
    count += 1;
  }
  const middle = voxelToWorld(grid.affine, sum[0] / count, sum[1] / count, sum[2] / count);
  middles.set(image, middle);
  return middle;
}

interface Extent {
  up: number;
  down: number;
  front: number;
  side: number;
}

const extents = new WeakMap<Float32Array, Extent>();

/** How far the brain goes from its middle, mm: up and down (z), to the front (y) and to the right (x). */
function extentOf(subject: Subject): Extent {
  const [first] = Object.values(subject.images);
  const known = extents.get(first);
  if (known) return known;
  const places = placesOf(subject);
  const extent = { up: 0, down: 0, front: 0, side: 0 };
  for (let v = 0; v < first.length; v++) {
    if (first[v] === 0) continue;
    const [x, y, z] = places(v);
    extent.up = Math.max(extent.up, z);
    extent.down = Math.min(extent.down, z);
    extent.front = Math.max(extent.front, y);
    extent.side = Math.max(extent.side, x);
  }
  extents.set(first, extent);
  return extent;
}

const bias = (strength: number, share: number): Failure => ({
  kind: 'bias field',
  only: 'input',
  strength,
  what: `${100 * share} % darker at the back left than in front right`,
  make: (subject) => {
    const { front, side } = extentOf(subject);
    return everywhere(subject, (value, [x, y]) => {
      const along = Math.min(1, Math.max(0, 0.5 + 0.25 * (x / side + y / front)));
      return value * (1 - share * (1 - along));
    });
  },
});

const noise = (strength: number, sigma: number): Failure => ({
  kind: 'noise',
  only: 'input',
  strength,
  what: `noise of ${sigma} of the brain's standard deviation`,
  make: (subject, random) => ({
    ...subject,
    images: Object.fromEntries(
      Object.entries(subject.images).map(([m, data]) => {
        const scale = sigma * brainDeviation(data);
        return [m, data.map((value) => (value === 0 ? 0 : value + scale * random.normal()))];
      }),
    ),
  }),
});

/** Slices of `mm`: means along the voxel axis nearest to up, then linear between their middles, as preparation leaves them. */
const thick = (strength: number, mm: number): Failure => ({
  kind: 'thick slices',
  strength,
  what: `slices of ${mm} mm`,
  make: (subject) => ({
    ...subject,
    images: Object.fromEntries(
      Object.entries(subject.images).map(([m, data]) => [m, blurredAlong(data, subject.grid, mm)]),
    ),
  }),
});

function blurredAlong(data: Float32Array, { size, affine }: Grid, mm: number): Float32Array {
  const area = size[0] * size[1];
  const thickness = mm / voxelSpacing(affine)[2];
  const slices = Math.ceil(size[2] / thickness);
  const out = new Float32Array(data.length);
  const means = new Float32Array(slices);
  const known = new Uint8Array(slices);
  for (let at = 0; at < area; at++) {
    means.fill(0);
    known.fill(0);
    for (let s = 0; s < slices; s++) {
      let [sum, count] = [0, 0];
      for (let k = Math.round(s * thickness); k < Math.min(size[2], Math.round((s + 1) * thickness)); k++) {
        const value = data[at + area * k];
        if (value === 0) continue;
        sum += value;
        count += 1;
      }
      if (count === 0) continue;
      means[s] = sum / count;
      known[s] = 1;
    }
    for (let k = 0; k < size[2]; k++) {
      if (data[at + area * k] === 0) continue;
      const place = (k + 0.5) / thickness - 0.5;
      const low = Math.max(0, Math.floor(place));
      const high = Math.min(slices - 1, low + 1);
      const share = Math.min(1, Math.max(0, place - low));
      const a = known[low] ? means[low] : means[high];
      const b = known[high] ? means[high] : means[low];
      out[at + area * k] = (1 - share) * a + share * b;
    }
  }
  return out;
}

/** Copies of the head, shifted front to back and fainter, as a movement between two excitations leaves them. */
const ghosts = (strength: number, share: number): Failure => ({
  kind: 'motion ghosts',
  only: 'input',
  strength,
  what: `two ghosts of ${100 * share} %`,
  make: (subject) => {
    const [nx, ny] = subject.grid.size;
    const step = Math.round(25 / voxelSpacing(subject.grid.affine)[1]);
    const images = Object.entries(subject.images).map(([m, data]) => {
      const out = data.slice();
      for (let v = 0; v < out.length; v++) {
        if (data[v] === 0) continue;
        const j = Math.floor(v / nx) % ny;
        const before = j - step >= 0 ? data[v - step * nx] : 0;
        const behind = j + step < ny ? data[v + step * nx] : 0;
        out[v] = data[v] + share * (before + behind);
      }
      return [m, out];
    });
    return { ...subject, images: Object.fromEntries(images) };
  },
});

/** Every image and the truth cut away where `gone` says so (RAS mm from the brain's middle). */
function without(subject: Subject, gone: (at: readonly [number, number, number]) => boolean): Subject {
  const places = placesOf(subject);
  const truth = subject.truth.slice();
  for (let v = 0; v < truth.length; v++) if (truth[v] !== 0 && gone(places(v))) truth[v] = 0;
  return { ...everywhere(subject, (value, at) => (gone(at) ? 0 : value)), truth };
}

const slab = (strength: number, end: 'top' | 'bottom', share: number): Failure => ({
  kind: `slab without its ${end}`,
  only: 'input',
  strength,
  what: `${100 * share} % of the height gone`,
  make: (subject) => {
    const { up, down } = extentOf(subject);
    const cut = end === 'top' ? up - share * (up - down) : down + share * (up - down);
    return without(subject, ([, , z]) => (end === 'top' ? z > cut : z < cut));
  },
});

const oneSlab = (strength: number, share: number): Failure => ({
  kind: 'one sequence a slab',
  only: 'input',
  strength,
  what: `the last sequence shows all but ${100 * share} %`,
  make: (subject) => {
    const last = MODALITIES.filter((m) => subject.images[m]).at(-1)!;
    if (Object.keys(subject.images).length < 2) return null;
    const { up, down } = extentOf(subject);
    const cut = up - share * (up - down);
    const part = without({ ...subject, images: { [last]: subject.images[last]! } }, ([, , z]) => z > cut);
    return replaced(subject, last, part.images[last]!);
  },
});

const lobe = (strength: number, mm: number): Failure => ({
  kind: 'a lobe gone',
  only: 'input',
  strength,
  what: `a ball of ${mm} mm at the right front missing`,
  make: (subject) => {
    const { front, side } = extentOf(subject);
    const [cx, cy] = [0.55 * side, 0.75 * front];
    return without(subject, ([x, y, z]) => Math.hypot(x - cx, y - cy, z) < mm);
  },
});

/** A bright scalp around the brain. */
const scalp = (strength: number, mm: number): Failure => ({
  kind: 'skull left',
  only: 'input',
  strength,
  what: `${mm} mm of bright scalp all around`,
  make: (subject, random) => grown(subject, mm, () => true, random),
});

const eyes: Failure = {
  kind: 'eyes left',
  only: 'input',
  strength: 1,
  what: 'two bright balls of 12 mm before and below the brain',
  make: (subject, random) => {
    const { front, down } = extentOf(subject);
    const balls = [-1, 1].map((sign) => [33 * sign, 0.8 * front, 0.62 * down]);
    return grown(
      subject,
      16,
      ([x, y, z]) => balls.some(([a, b, c]) => Math.hypot(x - a, y - b, z - c) < 12),
      random,
    );
  },
};

/** Bright tissue (98th percentile and noise) within `mm` outside the brain, where `where` says so. */
function grown(
  subject: Subject,
  mm: number,
  where: (at: readonly [number, number, number]) => boolean,
  random: Random,
): Subject {
  const { grid, images } = subject;
  const places = placesOf(subject);
  const [nx, ny] = grid.size;
  const reach = voxelSpacing(grid.affine).map((side) => Math.round(mm / side));
  const [first] = Object.values(images);
  const near = new Uint8Array(first.length);
  const strides = [1, nx, nx * ny];
  let now = Uint8Array.from(first, (value) => (value !== 0 ? 1 : 0));
  strides.forEach((stride, axis) => {
    const next = now.slice();
    for (let v = 0; v < now.length; v++) {
      if (now[v] === 0) continue;
      for (let s = -reach[axis]; s <= reach[axis]; s++) {
        const at = Math.floor(v / stride) % grid.size[axis];
        if (at + s >= 0 && at + s < grid.size[axis]) next[v + s * stride] = 1;
      }
    }
    now = next;
  });
  for (let v = 0; v < near.length; v++) near[v] = now[v] && first[v] === 0 && where(places(v)) ? 1 : 0;
  const made = Object.entries(images).map(([m, data]) => {
    const sorted = data.filter((value) => value !== 0).sort();
    const bright = sorted[Math.floor(0.98 * sorted.length)];
    const spread = brainDeviation(data);
    return [m, data.map((value, v) => (near[v] ? bright + 0.3 * spread * Math.abs(random.normal()) : value))];
  });
  return { ...subject, images: Object.fromEntries(made) };
}

const child = (strength: number, scale: number): Failure => ({
  kind: 'a small head',
  only: 'input',
  strength,
  what: `${100 * scale} % of its size`,
  make: (subject) => {
    const { grid } = subject;
    const middle = grid.size.map((n) => (n - 1) / 2);
    const larger = [...grid.affine] as number[];
    for (let axis = 0; axis < 3; axis++) for (let row = 0; row < 3; row++) larger[4 * axis + row] /= scale;
    const here = voxelToWorld(grid.affine, middle[0], middle[1], middle[2]);
    const there = voxelToWorld(larger as never, middle[0], middle[1], middle[2]);
    for (let row = 0; row < 3; row++) larger[12 + row] += here[row] - there[row];
    const target = { size: grid.size, affine: larger as unknown as Grid['affine'] };
    const shrink = (data: Float32Array | Uint8Array) =>
      resample({ ...grid, data: Float32Array.from(data) }, target, { interpolation: 'nearest' });
    return {
      grid,
      truth: Uint8Array.from(shrink(subject.truth)),
      images: Object.fromEntries(Object.entries(subject.images).map(([m, data]) => [m, shrink(data)])),
    };
  },
});

const stranger = (modality: Modality): Failure => ({
  kind: 'another patient',
  only: 'edges',
  strength: 1,
  what: `${MODALITY_TITLES[modality]} of another patient on the same grid`,
  make: (subject, _, other) => {
    const data = other?.images[modality];
    if (!data || !subject.images[modality] || Object.keys(subject.images).length < 2) return null;
    return replaced(subject, modality, data);
  },
});

const flipped = (modality: Modality): Failure => ({
  kind: 'mirrored',
  only: 'edges',
  strength: 1,
  what: `${MODALITY_TITLES[modality]} mirrored left to right`,
  make: (subject) => {
    const data = subject.images[modality];
    if (!data || Object.keys(subject.images).length < 2) return null;
    return replaced(subject, modality, mirrored(data, subject.grid.size));
  },
});

/** Masks that are wrong on sound images. */
const tooLarge: Failure = {
  kind: 'mask far too large',
  only: 'result',
  strength: 1,
  what: 'a third and more of the brain called tumour',
  make: (subject) => {
    const { side } = extentOf(subject);
    const places = placesOf(subject);
    const [first] = Object.values(subject.images);
    const truth = Uint8Array.from(first, (value, v) => (value !== 0 && places(v)[0] > 0.15 * side ? 2 : 0));
    return { ...subject, truth };
  },
};

const falseEnhancing: Failure = {
  kind: 'enhancing tumour in healthy tissue',
  only: 'result',
  strength: 1,
  what: 'the true enhancing tumour mirrored to the other side',
  make: (subject) => {
    if (!subject.images.t1ce || !subject.truth.includes(4)) return null;
    const otherSide = mirrored(Float32Array.from(subject.truth), subject.grid.size);
    const truth = Uint8Array.from(otherSide, (label, v) =>
      subject.images.t1ce![v] !== 0 && subject.truth[v] === 0 ? label : 0,
    );
    return truth.includes(4) ? { ...subject, truth } : null;
  },
};

const scattered = (strength: number, parts: number): Failure => ({
  kind: 'many small parts',
  only: 'result',
  strength,
  what: `${parts} balls of 5 mm all over the brain`,
  make: (subject, random) => {
    const [first] = Object.values(subject.images);
    const places = placesOf(subject);
    const inside: number[] = [];
    for (let v = 0; v < first.length; v++) if (first[v] !== 0) inside.push(v);
    const balls = Array.from({ length: parts }, () => [
      ...places(inside[random.integer(0, inside.length - 1)]),
    ]);
    const truth = Uint8Array.from(first, (value, v) => {
      if (value === 0) return 0;
      const [x, y, z] = places(v);
      return balls.some(([a, b, c]) => Math.hypot(x - a, y - b, z - c) < 5) ? 2 : 0;
    });
    return { ...subject, truth };
  },
});

export const FAILURES: readonly Failure[] = [
  ...MODALITIES.map(stranger),
  ...MODALITIES.map(flipped),
  ...[0.3, 0.5, 0.7].map((share, n) => bias(n + 1, share)),
  ...[0.25, 0.5, 1].map((sigma, n) => noise(n + 1, sigma)),
  ...[3, 5, 7].map((mm, n) => thick(n + 1, mm)),
  ...[0.1, 0.25, 0.5].map((share, n) => ghosts(n + 1, share)),
  ...[0.1, 0.2, 0.3].flatMap((share, n) => [slab(n + 1, 'top', share), slab(n + 1, 'bottom', share)]),
  ...[0.15, 0.3].map((share, n) => oneSlab(n + 1, share)),
  ...[25, 35, 45].map((mm, n) => lobe(n + 1, mm)),
  ...[2, 4, 6].map((mm, n) => scalp(n + 1, mm)),
  eyes,
  ...[0.9, 0.8].map((scale, n) => child(n + 1, scale)),
  tooLarge,
  falseEnhancing,
  ...[6, 12].map((parts, n) => scattered(n + 1, parts)),
];
