import { LABELS, regionTable } from '../masks/labels.js';
import type { SeriesPlacement } from '../prepare/preparation.js';
import { invertAffine, multiplyAffines, voxelSpacing, voxelToWorld } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import { affineOf, mapAxes } from '../volume/tuples.js';
import { type Affine, type Size, type Volume, voxelCount } from '../volume/volume.js';

/** The label of each region where no inner one is, the outermost first. */
const NESTED = [
  ['WT', LABELS.oedema],
  ['TC', LABELS.core],
  ['ET', LABELS.enhancing],
] as const;

/** A voxel of a series is looked at in steps of about this many mm. */
const STEP_MM = 1;

/**
 * A mask on a source series' own grid: a voxel belongs to a region when more than half of its box does, the mask being
 * interpolated (trilinear, region by region) at points about 1 mm apart within the box. So a thick slice gets what fills it,
 * not what its middle happens to hit, the regions stay nested, and clean-up and edits of the mask hold here too.
 *
 * @param mask BraTS labels (0, 1, 2, 4) on the Case's grid.
 * @returns BraTS labels on `placement.grid`, x fastest.
 */
export function labelsOnSeries(
  mask: Volume<Uint8Array>,
  { grid, toCase }: Pick<SeriesPlacement, 'grid' | 'toCase'>,
): Uint8Array {
  const out = new Uint8Array(voxelCount(grid.size));
  const box = reachOf(mask, multiplyAffines(invertAffine(toCase)!, mask.affine), grid.affine, grid.size);
  if (!box) return out;
  const steps = mapAxes(voxelSpacing(grid.affine), (mm) => Math.max(1, Math.round(mm / STEP_MM)));
  const affine = multiplyAffines(toCase, grid.affine);
  for (const [name, label] of NESTED) {
    const table = regionTable(name);
    const region = { ...mask, data: new Float32Array(mask.data.length) };
    for (let v = 0; v < mask.data.length; v++) if (mask.data[v] !== 0) region.data[v] = table[mask.data[v]];
    // One slice of the series at a time, so that the fine points of a whole series are never held.
    for (let k = box.first[2]; k <= box.last[2]; k++) {
      const slice: Box = { first: [box.first[0], box.first[1], k], last: [box.last[0], box.last[1], k] };
      const shares = meanShares(region, affine, slice, steps);
      let at = 0;
      for (let j = slice.first[1]; j <= slice.last[1]; j++) {
        const line = grid.size[0] * (j + grid.size[1] * k);
        for (let i = slice.first[0]; i <= slice.last[0]; i++, at++)
          if (shares[at] > 0.5) out[line + i] = label;
      }
    }
  }
  return out;
}

interface Box {
  readonly first: Size;
  readonly last: Size;
}

/** The mean of a region over the box of every voxel from `first` to `last`. */
function meanShares(region: Volume, affine: Affine, { first, last }: Box, steps: Size): Float32Array {
  const count = mapAxes(last, (n, axis) => n - first[axis] + 1);
  const fine = [...affine] as number[];
  const start = mapAxes(first, (n, axis) => n - 0.5 + 0.5 / steps[axis]);
  voxelToWorld(affine, ...start).forEach((mm, row) => {
    fine[12 + row] = mm;
  });
  for (let axis = 0; axis < 3; axis++) for (let row = 0; row < 3; row++) fine[4 * axis + row] /= steps[axis];
  const size = mapAxes(count, (n, axis) => n * steps[axis]);
  const values = resample(region, { size, affine: affineOf(fine) }, { interpolation: 'linear' });
  const shares = new Float32Array(voxelCount(count));
  const part = 1 / voxelCount(steps);
  let at = 0;
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      const line = count[0] * (Math.floor(j / steps[1]) + count[1] * Math.floor(k / steps[2]));
      for (let i = 0; i < size[0]; i++, at++) shares[line + Math.floor(i / steps[0])] += values[at] * part;
    }
  }
  return shares;
}

/** The voxels of the series that the mask can reach, or null when the mask is empty or lies outside. */
function reachOf(
  { data, size }: Volume<Uint8Array>,
  toSeries: Affine,
  affine: Affine,
  limit: Size,
): Box | null {
  const low: [number, number, number] = [size[0], size[1], size[2]];
  const high: [number, number, number] = [-1, -1, -1];
  for (let voxel = 0; voxel < data.length; voxel++) {
    if (data[voxel] === 0) continue;
    const place = [
      voxel % size[0],
      Math.floor(voxel / size[0]) % size[1],
      Math.floor(voxel / (size[0] * size[1])),
    ];
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis], place[axis]);
      high[axis] = Math.max(high[axis], place[axis]);
    }
  }
  if (high[0] < 0) return null;
  const toVoxel = multiplyAffines(invertAffine(affine)!, toSeries);
  const corners = Array.from({ length: 8 }, (_, corner) =>
    voxelToWorld(toVoxel, ...mapAxes(low, (n, axis) => ((corner >> axis) & 1 ? high[axis] + 1 : n - 1))),
  );
  const ends = mapAxes([0, 1, 2], (axis) => corners.map((corner) => corner[axis]));
  const first = mapAxes(ends, (places) => Math.max(0, Math.floor(Math.min(...places))));
  const last = mapAxes(ends, (places, axis) => Math.min(limit[axis] - 1, Math.ceil(Math.max(...places))));
  return first.some((n, axis) => n > last[axis]) ? null : { first, last };
}
