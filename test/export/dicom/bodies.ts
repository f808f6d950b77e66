import { newUid, type Provenance } from '../../../src/export/dicom/dataset.js';
import { voxelToWorld } from '../../../src/volume/affine.js';
import type { Grid, Volume } from '../../../src/volume/volume.js';
import type { SeriesSpec } from './tools.js';

export const PROVENANCE: Provenance = {
  quorumVersion: '0.1.0',
  modelName: 'test model',
  modelVersion: '1',
  modelHash: 'ab'.repeat(32),
  editedByHand: false,
  settings: 'T1 + FLAIR, threshold 0.5',
  supported: { WT: true, TC: true, ET: false },
  remarks: { WT: 'whole tumour likely good', TC: null, ET: 'enhancing tumour likely good' },
  createdAt: new Date(2026, 0, 2, 3, 4, 5),
  newUid,
};

/** The label at a point of the world (LPS mm): three bodies without any symmetry, and slices without any label between two of them. */
export function labelAt(x: number, y: number, z: number): number {
  const inside = (cx: number, cy: number, cz: number, rx: number, ry: number, rz: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1;
  if (inside(12, -9, 4, 6, 5, 4)) return 4;
  if (inside(9, -6, 3, 11, 8, 7)) return 1;
  if (inside(-12, 13, -14, 7, 5, 3)) return 2;
  return 0;
}

/** The label at every voxel of a grid. */
export function paint(grid: Grid): Volume<Uint8Array> {
  const [nx, ny, nz] = grid.size;
  const data = new Uint8Array(nx * ny * nz);
  for (let at = 0; at < data.length; at++) {
    const [x, y, z] = voxelToWorld(
      grid.affine,
      at % nx,
      Math.floor(at / nx) % ny,
      Math.floor(at / (nx * ny)),
    );
    data[at] = labelAt(-x, -y, z);
  }
  return { ...grid, data };
}

/** A series, and how the converter turned it. */
export interface TurnedSeries {
  readonly name: string;
  readonly spec: Omit<SeriesSpec, 'folder'>;
  readonly rowsReversed: boolean;
  readonly slicesReversed: boolean;
}

const [c, s] = [Math.cos(0.3), Math.sin(0.3)];

/** Frames of 43 columns do not end at whole bytes. */
export const TURNED_SERIES: readonly TurnedSeries[] = [
  {
    name: 'axial, as dcm2niix turns it',
    spec: {
      orientation: [1, 0, 0, 0, 1, 0],
      origin: [-30, -31, -25],
      step: [0, 0, 2.5],
      pixelSpacing: [1.5, 1.25],
      rows: 42,
      columns: 43,
      slices: 20,
    },
    rowsReversed: true,
    slicesReversed: false,
  },
  {
    name: 'axial, files from the head down',
    spec: {
      orientation: [1, 0, 0, 0, 1, 0],
      origin: [-30, -31, 24],
      step: [0, 0, -2.5],
      pixelSpacing: [1.5, 1.25],
      rows: 42,
      columns: 43,
      slices: 20,
    },
    rowsReversed: true,
    slicesReversed: true,
  },
  {
    name: 'sagittal',
    spec: {
      orientation: [0, 1, 0, 0, 0, -1],
      origin: [-28, -31, 26],
      step: [2.2, 0, 0],
      pixelSpacing: [1.5, 1.25],
      rows: 38,
      columns: 43,
      slices: 25,
    },
    rowsReversed: false,
    slicesReversed: true,
  },
  {
    name: 'oblique',
    spec: {
      orientation: [c, s, 0, -s * 0.8, c * 0.8, -0.6],
      origin: [-20, -35, 10],
      step: [-s * 0.6 * 1.9, c * 0.6 * 1.9, 0.8 * 1.9],
      pixelSpacing: [1.1, 1.3],
      rows: 55,
      columns: 43,
      slices: 30,
    },
    rowsReversed: true,
    slicesReversed: false,
  },
];

/** Places of all pixels of a series, LPS mm, from the rules of PS3.3 C.7.6.2.1.1. */
export function* pixelPlaces({ spec }: TurnedSeries): Generator<[number, number, number]> {
  const { orientation, origin, step, pixelSpacing, rows, columns, slices } = spec;
  const place = (k: number, row: number, column: number, axis: number) =>
    origin[axis] +
    k * step[axis] +
    column * pixelSpacing[1] * orientation[axis] +
    row * pixelSpacing[0] * orientation[3 + axis];
  for (let k = 0; k < slices; k++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        yield [place(k, row, column, 0), place(k, row, column, 1), place(k, row, column, 2)];
}
