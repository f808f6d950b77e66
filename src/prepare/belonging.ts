import { quantile } from '../statistics.js';
import { MODALITIES, type Modality } from '../terms.js';
import { type Grid, type Size, voxelCount } from '../volume/volume.js';
import {
  axisNearest,
  type CoarseCase,
  type CoarseImage,
  middleAlong,
  placesAlong,
  stridesOf,
} from './coarse.js';

/**
 * Do these images show one head? Edges lie at the same places in every sequence of a head, whatever their contrast; in the image of
 * another head, or of the same one mirrored, they do not.
 */

/** Two aligned, stripped images of one grid beside each other. */
export interface Likeness {
  readonly pair: readonly [Modality, Modality];
  /** Dice of what is not air. */
  readonly overlap: number;
  /** How parallel their edges are inside the brain, 0..1: about 0.4 for two heads, 0.55 and more for one. */
  readonly alike: number;
  /** The same after one was mirrored left to right and moved so that the brains meet. */
  readonly mirrored: number;
}

/** What does not fit, and in which sequence; two sequences where it could be either. */
export interface Misfit {
  readonly kind: 'mirrored' | 'other-head';
  readonly sequences: readonly Modality[];
}

/** How far a mirrored brain is moved to find its place, voxels to either side of where the middles meet. */
const SEARCH = 2;
/** Of how many voxels one is looked at while the place is sought. */
const SPARSE = 4;
/** Fewer voxels than this inside both brains tell nothing. */
const LEAST_VOXELS = 2000;

/** An image as it is compared: its edges. */
interface Seen extends CoarseImage {
  readonly size: Size;
  /** Four values an inner voxel: the gradient along x, y, z by its magnitude and a little, so that noise counts for little; its squared length. */
  readonly edges: Float32Array;
  /** Where an inner voxel stands among them; -1: it is none. */
  readonly ranks: Int32Array;
  /** Index of the inner voxels along the left-right axis. */
  readonly places: Uint16Array;
  /** Middle of the brain along the left-right axis, in voxels. */
  readonly middle: number;
}

/**
 * Compares every pair of a case's images: normalised gradient fields (Haber and Modersitzki, MICCAI 2006) inside both brains, as they lie
 * and mirrored.
 */
export function likenesses({ images, grid }: CoarseCase): Likeness[] {
  const across = axisNearest(grid, 0);
  const present = MODALITIES.filter((m) => images[m]);
  const seen = new Map(present.map((m) => [m, see(images[m]!, grid, across)]));
  return present.flatMap((a, i) =>
    present.slice(i + 1).map((b) => ({
      pair: [a, b] as const,
      overlap: overlapOf(seen.get(a)!, seen.get(b)!),
      alike: edgeLikeness(seen.get(a)!, seen.get(b)!, null),
      mirrored: mirroredLikeness(seen.get(a)!, seen.get(b)!, across),
    })),
  );
}

function see(image: CoarseImage, { size }: Grid, across: number): Seen {
  return {
    ...image,
    size,
    edges: edgesOf(image.smooth, image.inner, size),
    ranks: ranksOf(image.inner, size),
    places: placesAlong(image.inner, size, across),
    middle: middleAlong(image.depth, size, across),
  };
}

function overlapOf({ depth: a }: Seen, { depth: b }: Seen): number {
  let both = 0;
  let sum = 0;
  for (let v = 0; v < a.length; v++) {
    const inA = a[v] > 0 ? 1 : 0;
    const inB = b[v] > 0 ? 1 : 0;
    both += inA & inB;
    sum += inA + inB;
  }
  return sum === 0 ? 0 : (2 * both) / sum;
}

/**
 * Mean squared cosine between the edges of two images, each voxel weighed by how strong both edges are.
 *
 * @param every of so many voxels one is looked at.
 * @param mirror null as they lie; else voxel i of `a` along `axis` is compared with voxel `sum` − i of `b`.
 */
function edgeLikeness(a: Seen, b: Seen, mirror: { axis: number; sum: number } | null, every = 1): number {
  const stride = mirror ? stridesOf(a.size)[mirror.axis] : 0;
  const length = mirror ? a.size[mirror.axis] : 0;
  const sum = mirror?.sum ?? 0;
  const [signX, signY, signZ] = [0, 1, 2].map((axis) => (mirror?.axis === axis ? -1 : 1));
  const { inner, places, edges } = a;
  const { edges: others, ranks } = b;
  let parallel = 0;
  let weight = 0;
  let counted = 0;
  for (let n = 0; n < inner.length; n += every) {
    const v = inner[n];
    let w = v;
    if (mirror) {
      const at = places[n];
      if (sum - at < 0 || sum - at >= length) continue;
      w += (sum - 2 * at) * stride;
    }
    const p = 4 * n;
    const q = 4 * ranks[w];
    if (q < 0) continue;
    const dot =
      signX * edges[p] * others[q] +
      signY * edges[p + 1] * others[q + 1] +
      signZ * edges[p + 2] * others[q + 2];
    parallel += dot * dot;
    weight += edges[p + 3] * others[q + 3];
    counted += 1;
  }
  return counted * every < LEAST_VOXELS || weight === 0 ? 0 : parallel / weight;
}

/** The best that mirroring gives, over places a few mm around where the middles meet. */
function mirroredLikeness(a: Seen, b: Seen, axis: number): number {
  const meet = Math.round(a.middle + b.middle);
  const tried = Array.from({ length: 2 * SEARCH + 1 }, (_, n) => meet + n - SEARCH);
  const roughly = tried.map((sum) => edgeLikeness(a, b, { axis, sum }, SPARSE));
  return edgeLikeness(a, b, { axis, sum: tried[roughly.indexOf(Math.max(...roughly))] });
}

function ranksOf(voxels: Uint32Array, size: Size): Int32Array {
  const ranks = new Int32Array(voxelCount(size)).fill(-1);
  for (let n = 0; n < voxels.length; n++) ranks[voxels[n]] = n;
  return ranks;
}

/** Gradients divided by √(magnitude² + η²), η the median magnitude over `voxels`, and their squared length: four values a voxel. */
function edgesOf(values: Float32Array, voxels: Uint32Array, size: Size): Float32Array {
  const [dx, dy, dz] = stridesOf(size);
  const edges = new Float32Array(4 * voxels.length);
  const magnitudes = new Float64Array(voxels.length);
  for (let n = 0; n < voxels.length; n++) {
    const v = voxels[n];
    const x = Math.fround((values[v + dx] - values[v - dx]) / 2);
    const y = Math.fround((values[v + dy] - values[v - dy]) / 2);
    const z = Math.fround((values[v + dz] - values[v - dz]) / 2);
    edges[4 * n] = x;
    edges[4 * n + 1] = y;
    edges[4 * n + 2] = z;
    magnitudes[n] = Math.sqrt(x * x + y * y + z * z);
  }
  const eta = voxels.length === 0 ? 1 : quantile(magnitudes, 0.5) || 1;
  for (let n = 0; n < voxels.length; n++) {
    const norm = Math.sqrt(magnitudes[n] * magnitudes[n] + eta * eta);
    edges[4 * n] /= norm;
    edges[4 * n + 1] /= norm;
    edges[4 * n + 2] /= norm;
    edges[4 * n + 3] = (magnitudes[n] / norm) ** 2;
  }
  return edges;
}

/** Below this share of what mirroring gives, two images show two heads; see docs/preparation.md. */
const FITS = 1.15;
/** Below this, mirroring gives so much more that one of them is mirrored. */
const MIRRORED = 0.9;

/**
 * The sequences that do not fit the others: images that fit each other, directly or by way of a third, are one head; the largest such
 * group is right. Where no group is the largest all are named.
 */
export function misfits(likenesses: readonly Likeness[]): Misfit[] {
  const present = MODALITIES.filter((m) => likenesses.some(({ pair }) => pair.includes(m)));
  const groups: Modality[][] = [];
  for (const m of present) {
    const joined = groups.filter((group) =>
      likenesses.some(
        ({ pair, ...one }) => pair.includes(m) && group.some((g) => pair.includes(g)) && ratioOf(one) >= FITS,
      ),
    );
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push([m, ...joined.flat()]);
  }
  if (groups.length < 2) return [];
  const most = Math.max(...groups.map(({ length }) => length));
  const largest = groups.filter(({ length }) => length === most);
  const odd = largest.length > 1 ? present : present.filter((m) => !largest[0].includes(m));
  const across = likenesses.filter(
    ({ pair: [a, b] }) => !groups.some((group) => group.includes(a) && group.includes(b)),
  );
  const mirrored = across.some((one) => one.alike > 0 && ratioOf(one) < MIRRORED);
  return [{ kind: mirrored ? 'mirrored' : 'other-head', sequences: odd }];
}

function ratioOf({ alike, mirrored }: Pick<Likeness, 'alike' | 'mirrored'>): number {
  return mirrored > 0 ? alike / mirrored : 0;
}
