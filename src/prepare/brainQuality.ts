import { voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import type { Grid, Size } from '../volume/volume.js';
import {
  axisNearest,
  type CoarseCase,
  countsAlong,
  deeperThan,
  middleAlong,
  placesAlong,
  stridesOf,
} from './coarse.js';

/** Of the brain that any sequence shows. */
export interface BrainQuality {
  readonly ml: number;
  /** 1 less Dice of the brain with itself mirrored. */
  readonly asymmetry: number;
  /** Area of the cross-section at the upper end, by the largest: a cut-off top is flat. */
  readonly top: number;
  /** The same at the lower end. */
  readonly bottom: number;
  /** ml of what hangs on the brain by less than 8 mm, or lies apart from it, 4 mm taken off all around. */
  readonly apart: number;
}

/** What the brain of a case looks like, whatever tumour is in it. */
export function brainQuality({ brain, images, grid }: CoarseCase): BrainQuality {
  const ends = endsAlong(brain, grid, axisNearest(grid, 2));
  return {
    ml: (voxelsIn(brain) * voxelVolume(grid.affine)) / 1000,
    asymmetry: asymmetryOf(brain, grid.size, axisNearest(grid, 0)),
    ...ends,
    apart: apartFrom(images, grid),
  };
}

/** Depth in voxels at which pieces are told apart. */
const APART = 3;

function apartFrom(images: CoarseCase['images'], grid: Grid): number {
  const data = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  for (const { depth } of Object.values(images))
    for (let v = 0; v < data.length; v++) if (depth[v] >= APART) data[v] = 1;
  const [, ...others] = connectedComponents({ ...grid, data }, (inside) => inside === 1, 6);
  const voxels = others.reduce((sum, { voxelCount }) => sum + voxelCount, 0);
  return (voxels * voxelVolume(grid.affine)) / 1000;
}

/** 1 − Dice with the mirror image, at the place (within 6 mm) where it is best. */
function asymmetryOf(brain: Uint8Array, size: Size, axis: number): number {
  const stride = stridesOf(size)[axis];
  const voxels = deeperThan({ depth: brain }, 1);
  const places = placesAlong(voxels, size, axis);
  const meet = Math.round(2 * middleAlong(brain, size, axis));
  const shared = Array.from({ length: 13 }, (_, n) => {
    const sum = meet + n - 6;
    let both = 0;
    for (let n = 0; n < voxels.length; n++) {
      const other = sum - places[n];
      if (other >= 0 && other < size[axis]) both += brain[voxels[n] + (other - places[n]) * stride];
    }
    return both;
  });
  return voxels.length === 0 ? 0 : 1 - Math.max(...shared) / voxels.length;
}

/** Areas of the brain's last cross-sections (its outermost 4 mm) by the largest, up and down. */
function endsAlong(brain: Uint8Array, coarse: Grid, axis: number): { top: number; bottom: number } {
  const areas = countsAlong(brain, coarse.size, axis);
  const largest = Math.max(...areas);
  const shown = areas.filter((area) => area > 0);
  const ends = [shown.slice(0, 2), shown.slice(-2)].map((end) => Math.max(0, ...end) / (largest || 1));
  const up = coarse.affine[4 * axis + 2] > 0;
  return up ? { top: ends[1], bottom: ends[0] } : { top: ends[0], bottom: ends[1] };
}

/** How many voxels of a mask of 0 and 1 are in it. */
export function voxelsIn(mask: Uint8Array): number {
  let n = 0;
  for (let v = 0; v < mask.length; v++) n += mask[v];
  return n;
}
