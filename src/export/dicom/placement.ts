import type { DicomFrame, DicomSeries } from '../../dicom/series.js';
import { QuorumError } from '../../errors.js';
import { invertAffine, voxelToWorld } from '../../volume/affine.js';
import { type Grid, voxelCount } from '../../volume/volume.js';

/** A frame, and which voxels its pixels are: pixel (row r, column c) is voxel `first + r * perRow + c * perColumn`. */
export interface PlacedFrame {
  readonly frame: DicomFrame;
  readonly first: number;
  readonly perRow: number;
  readonly perColumn: number;
  /** Position along the normal of the slices (the cross product of row and column direction), mm. */
  readonly along: number;
}

/** How far, in voxels, a pixel's centre may lie from the voxel's: positions in headers are rounded, and slices jitter. */
const TOLERANCE = 0.25;

/**
 * Finds the voxels of every frame from position and orientation alone: converters reverse rows and slices, so order says nothing.
 *
 * @param grid a grid that has exactly one slice per frame, any axis order, voxel → RAS mm.
 * @returns the frames by growing position along their normal.
 * @throws QuorumError FRAMES_DIFFER when a frame's pixels are no voxels of the grid, or a slice has no frame or two.
 */
export function placeFrames(series: DicomSeries, grid: Grid): PlacedFrame[] {
  const toVoxel = invertAffine(grid.affine);
  if (!toVoxel) throw differ('a grid with an affine that can be inverted', 'a singular one');
  const placed = series.frames.map((frame) => placeFrame(frame, series, grid, toVoxel));
  const slices = voxelCount(grid.size) / (series.rows * series.columns);
  const distinct = new Set(
    placed.map(({ first, perRow, perColumn }) => first + Math.min(0, perRow, perColumn)),
  );
  if (placed.length !== slices || distinct.size !== slices)
    throw differ(
      `one frame for each of ${slices} slices`,
      `${placed.length} frames at ${distinct.size} places`,
    );
  return placed.sort((a, b) => a.along - b.along);
}

function placeFrame(
  frame: DicomFrame,
  { rows, columns, pixelSpacing }: DicomSeries,
  { size }: Grid,
  toVoxel: Grid['affine'],
): PlacedFrame {
  const [x, y, z] = frame.imagePositionPatient;
  const [rx, ry, rz, cx, cy, cz] = frame.imageOrientationPatient;
  const voxelOf = (row: number, column: number) => {
    const [down, across] = [row * pixelSpacing[0], column * pixelSpacing[1]];
    const lps = [x + across * rx + down * cx, y + across * ry + down * cy, z + across * rz + down * cz];
    return voxelToWorld(toVoxel, -lps[0], -lps[1], lps[2]);
  };
  const origin = voxelOf(0, 0);
  const step = (to: number[]) => to.map((value, axis) => Math.round(value - origin[axis]));
  const [perRow, perColumn] = [step(voxelOf(1, 0)), step(voxelOf(0, 1))];
  const start = origin.map(Math.round);
  for (const [row, column] of [
    [0, 0],
    [rows - 1, 0],
    [0, columns - 1],
    [rows - 1, columns - 1],
  ]) {
    voxelOf(row, column).forEach((value, axis) => {
      const voxel = start[axis] + row * perRow[axis] + column * perColumn[axis];
      if (Math.abs(value - voxel) <= TOLERANCE && voxel >= 0 && voxel < size[axis]) return;
      throw differ('a voxel of the mask’s grid', `${value.toFixed(2)} along axis ${axis + 1}`);
    });
  }
  const index = ([i, j, k]: number[]) => i + size[0] * (j + size[1] * k);
  const normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
  return {
    frame,
    first: index(start),
    perRow: index(perRow),
    perColumn: index(perColumn),
    along: x * normal[0] + y * normal[1] + z * normal[2],
  };
}

function differ(expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'FRAMES_DIFFER', field: 'ImagePositionPatient', expected, found });
}
