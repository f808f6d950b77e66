import type { InputChecks } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import type { Case } from '../prepare/case.js';
import type { Shown } from '../prepare/coarse.js';
import { normalisationOf } from '../prepare/normalise.js';
import { quantileOfSorted } from '../statistics.js';
import { combinationName, MODALITIES, type Modality } from '../terms.js';
import { voxelToWorld } from '../volume/affine.js';
import type { Component } from '../volume/connectedComponents.js';
import type { Part } from '../volume/extent.js';
import { affineOf, mapAxes } from '../volume/tuples.js';
import type { Grid, Size, Volume } from '../volume/volume.js';
import { gridOfBox, type Lattice, type LatticeBox, layLattice } from './lattice.js';
import { onLattice } from './logits.js';

/** What the checks of the images found. They look at the images around the found tumour; the network is not run for them. */
export type ImageFinding =
  /** The two images are more like each other's sequence than like their own. */
  | { readonly kind: 'swapped'; readonly sequences: readonly [Modality, Modality] }
  /** T1ce is nowhere brighter than T1 as contrast agent makes it. */
  | { readonly kind: 'no-uptake' };

/** Normalised values around the tumour, 0 where air; all images on the same points. */
export type TumourSurroundings = Readonly<Partial<Record<Modality, Float32Array>>>;

/** What normalises a part of each image. */
export type Normalised = Readonly<Partial<Record<Modality, (part: Float32Array) => Float32Array>>>;

/** @param shown where each image shows something, where that is known. */
export function normalisedBy(
  images: Case['images'],
  rule: ModelDescription['normalisation'],
  shown: Shown = {},
): Normalised {
  return Object.fromEntries(
    MODALITIES.flatMap((m) => {
      const image = images[m];
      return image ? [[m, normalisationOf(image, rule, shown[m])]] : [];
    }),
  );
}

/** Largest side in lattice points, and the margin around the tumour: those of the cut-outs that the checks were fitted on. */
const SIDE = 32;
const MARGIN = 4;

/**
 * The images around the largest part of the tumour on the model's lattice: its bounding box and 4 points more, at most
 * 32 a side about its centre; those that `normalised` knows.
 */
export function tumourSurroundings(
  { grid, images }: Pick<Case, 'grid' | 'images'>,
  largest: Pick<Component, 'voxels'>,
  rule: ModelDescription['grid'],
  normalised: Normalised,
): TumourSurroundings {
  const lattice = layLattice(grid, rule);
  const box = surroundingBox(largest.voxels, grid, lattice);
  const points = gridOfBox(lattice, box);
  return Object.fromEntries(
    MODALITIES.flatMap((modality) => {
      const [image, rule] = [images[modality], normalised[modality]];
      if (!image || !rule) return [];
      const near = partAround({ ...grid, data: image.data }, box, lattice);
      return [[modality, onLattice(near, rule(near.data), points)]];
    }),
  );
}

/** The part of a volume from which the lattice points are interpolated. */
function partAround(
  { size, affine, data }: Volume<Float32Array>,
  box: LatticeBox,
  { axes }: Lattice,
): Volume<Float32Array> {
  const first: [number, number, number] = [0, 0, 0];
  const part: [number, number, number] = [0, 0, 0];
  axes.forEach(({ imageAxis, scale, shift }, a) => {
    const ends = [box.origin[a], box.origin[a] + box.size[a] - 1].map((point) => (point - shift) / scale);
    first[imageAxis] = Math.min(size[imageAxis] - 1, Math.max(0, Math.floor(Math.min(...ends)) - 1));
    const last = Math.min(size[imageAxis] - 1, Math.max(0, Math.ceil(Math.max(...ends)) + 1));
    part[imageAxis] = last - first[imageAxis] + 1;
  });
  const out = new Float32Array(part[0] * part[1] * part[2]);
  for (let k = 0, at = 0; k < part[2]; k++) {
    for (let j = 0; j < part[1]; j++, at += part[0]) {
      const from = first[0] + size[0] * (first[1] + j + size[1] * (first[2] + k));
      out.set(data.subarray(from, from + part[0]), at);
    }
  }
  const moved = Array.from(affineOf(affine));
  voxelToWorld(affine, first[0], first[1], first[2]).forEach((mm, row) => {
    moved[12 + row] = mm;
  });
  return { size: part, affine: affineOf(moved), data: out };
}

function surroundingBox(voxels: Uint32Array, { size: [nx, ny] }: Grid, { axes }: Lattice): LatticeBox {
  const first = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const last = [-1, -1, -1];
  for (const index of voxels) {
    const at = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))];
    for (let axis = 0; axis < 3; axis++) {
      first[axis] = Math.min(first[axis], at[axis]);
      last[axis] = Math.max(last[axis], at[axis]);
    }
  }
  const sides = mapAxes(axes, ({ imageAxis, scale, shift }) => {
    const ends = [scale * first[imageAxis] + shift, scale * last[imageAxis] + shift].sort((a, b) => a - b);
    const side = Math.min(SIDE, Math.ceil(ends[1] - ends[0]) + 1 + 2 * MARGIN);
    return { origin: Math.round((ends[0] + ends[1]) / 2 - (side - 1) / 2), side };
  });
  return {
    origin: mapAxes(sides, ({ origin }) => origin),
    size: mapAxes(sides, ({ side }) => side),
  };
}

/** Percentiles of each image that are compared, and of the voxel-wise difference in mirrored pairs. */
const PERCENTILES = [1, 5, 25, 50, 75, 95, 99];
const MIRRORED = [1, 5, 25];

/**
 * How two images of one place differ: percentile by percentile, and in the tails of the voxel-wise difference. Swapping
 * the images turns every sign, so that a weighted sum tells which is which. Null when they have no voxel in common.
 */
export function pairFeatures(a: Float32Array, b: Float32Array): number[] | null {
  const known = shownInBoth(a, b);
  if (known.length === 0) return null;
  const first = Float32Array.from(known, (v) => a[v]).sort();
  const second = Float32Array.from(known, (v) => b[v]).sort();
  const difference = Float32Array.from(known, (v) => a[v] - b[v]).sort();
  return [
    ...PERCENTILES.map((p) => quantileOfSorted(first, p / 100) - quantileOfSorted(second, p / 100)),
    ...MIRRORED.map(
      (p) => quantileOfSorted(difference, p / 100) + quantileOfSorted(difference, (100 - p) / 100),
    ),
  ];
}

/** Indices of the voxels that are no air in either. */
function shownInBoth(a: Float32Array, b: Float32Array): Uint32Array {
  const known = new Uint32Array(a.length);
  let count = 0;
  for (let v = 0; v < a.length; v++) if (a[v] !== 0 && b[v] !== 0) known[count++] = v;
  return known.subarray(0, count);
}

/** Weighted sum of the pair's features: below the cut-off the images look swapped. */
export function pairScore(features: readonly number[], weights: readonly number[]): number {
  return features.reduce((sum, value, i) => sum + value * weights[i], 0);
}

/** How much brighter T1ce is than T1 (both normalised) where it is brightest: the 99.5th percentile of the difference. */
export function contrastUptake(t1: Float32Array, t1ce: Float32Array): number | null {
  const known = shownInBoth(t1, t1ce);
  if (known.length === 0) return null;
  return quantileOfSorted(Float32Array.from(known, (v) => t1ce[v] - t1[v]).sort(), 99.5 / 100);
}

/**
 * The findings by the model's cut-offs. One pair of swapped images makes other pairs look swapped too: only the pair that
 * lies farthest below its cut-off is reported, and then nothing about the uptake.
 */
export function checkImages(surroundings: TumourSurroundings, checks: InputChecks): ImageFinding[] {
  const swapped = mostSwapped(surroundings, checks);
  if (swapped) return [{ kind: 'swapped', sequences: swapped }];
  const { t1, t1ce } = surroundings;
  if (!t1 || !t1ce || !checks.uptake) return [];
  const uptake = contrastUptake(t1, t1ce);
  return uptake !== null && uptake < checks.uptake.below ? [{ kind: 'no-uptake' }] : [];
}

function mostSwapped(surroundings: TumourSurroundings, checks: InputChecks): [Modality, Modality] | null {
  const present = MODALITIES.filter((m) => surroundings[m]);
  let worst: [Modality, Modality] | null = null;
  let farthest = 0;
  for (const [i, a] of present.entries()) {
    for (const b of present.slice(i + 1)) {
      const check = checks.swapped[combinationName([a, b])];
      const features = check && pairFeatures(surroundings[a]!, surroundings[b]!);
      if (!check || !features) continue;
      const above = pairScore(features, check.weights) - check.below;
      if (above < farthest) [worst, farthest] = [[a, b], above];
    }
  }
  return worst;
}

/**
 * Share of the tumour's surface (faces of its voxels) that borders on air, where no image shows anything. Null without
 * a tumour.
 *
 * @param labels the mask on the Case's grid, 0 outside the tumour.
 * @param within where in it the tumour lies.
 */
export function surfaceShare(
  {
    grid: { size },
    images,
  }: {
    readonly grid: Pick<Grid, 'size'>;
    readonly images: Partial<Record<Modality, { data: Float32Array }>>;
  },
  labels: Uint8Array,
  { first, size: part }: Pick<Part, 'first' | 'size'> = { first: [0, 0, 0], size },
): number | null {
  const strides = [1, size[0], size[0] * size[1]];
  const data = MODALITIES.flatMap((m) => images[m]?.data ?? []);
  const isAir = (v: number) => data.every((values) => values[v] === 0);
  let faces = 0;
  let onAir = 0;
  const look = (v: number, place: Size) => {
    for (let axis = 0; axis < 3; axis++)
      for (let step = -1; step <= 1; step += 2) {
        const beside = v + step * strides[axis];
        // Beyond the image nothing is known.
        if (place[axis] + step < 0 || place[axis] + step >= size[axis] || labels[beside] !== 0) continue;
        faces += 1;
        if (isAir(beside)) onAir += 1;
      }
  };
  for (let k = first[2]; k < first[2] + part[2]; k++)
    for (let j = first[1]; j < first[1] + part[1]; j++)
      for (let i = first[0], v = i + size[0] * (j + size[1] * k); i < first[0] + part[0]; i++, v++)
        if (labels[v] !== 0) look(v, [i, j, k]);
  return faces === 0 ? null : onAir / faces;
}
