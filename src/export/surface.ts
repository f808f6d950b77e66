import type { vtkPointSet } from '@kitware/vtk.js/Common/DataModel/PointSet.js';
import polyData, { type vtkPolyData } from '@kitware/vtk.js/Common/DataModel/PolyData.js';
import marchingCubes from '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js';
import windowedSinc from '@kitware/vtk.js/Filters/General/WindowedSincPolyDataFilter.js';
import stlWriter from '@kitware/vtk.js/IO/Geometry/STLWriter.js';
import { mat4 } from 'gl-matrix';
import { voxelToWorld } from '../volume/affine.js';
import type { Size, Volume } from '../volume/volume.js';

/** What every STL file begins with; "SPACE=LPS" is how 3D Slicer knows the directions. At most 80 ASCII characters. */
const STL_HEADER = 'Quorum RESEARCH USE ONLY; millimetres; SPACE=LPS';

/**
 * The surface of a region as a binary STL file: marching cubes through the voxels' half-way points, closed also where the region
 * touches the volume's border, smoothed by a windowed sinc filter (as 3D Slicer smooths segments; it keeps the volume). Vertices
 * are in LPS mm (as DICOM), normals point outwards; the header says so.
 *
 * @param isMember whether a label belongs to the region.
 * @returns the file's bytes, or null for an empty region.
 */
export function regionStl(mask: Volume<Uint8Array>, isMember: (label: number) => boolean): Uint8Array | null {
  const crop = paddedCrop(mask, isMember);
  if (!crop) return null;
  const smoothed = smooth(surfaceOf(crop, mask));
  const { buffer, byteOffset, byteLength } = stlWriter.writeSTL(smoothed) as unknown as DataView;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  bytes.set(new TextEncoder().encode(STL_HEADER.padEnd(80)));
  return bytes;
}

/** The region's box with one voxel of air around it: 1 inside. */
interface Crop {
  readonly size: Size;
  /** Where its voxel (0, 0, 0) lies in the mask; −1 where the region touches the border. */
  readonly first: Size;
  readonly data: Uint8Array;
}

function paddedCrop(mask: Volume<Uint8Array>, isMember: (label: number) => boolean): Crop | null {
  const [nx, ny, nz] = mask.size;
  const table = Uint8Array.from({ length: 256 }, (_, label) => (label !== 0 && isMember(label) ? 1 : 0));
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (table[mask.data[at]] === 0) continue;
        [i, j, k].forEach((value, axis) => {
          low[axis] = Math.min(low[axis], value);
          high[axis] = Math.max(high[axis], value);
        });
      }
    }
  }
  if (high[0] < 0) return null;
  const size: Size = [high[0] - low[0] + 3, high[1] - low[1] + 3, high[2] - low[2] + 3];
  const first: Size = [low[0] - 1, low[1] - 1, low[2] - 1];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 1; k < size[2] - 1; k++) {
    for (let j = 1; j < size[1] - 1; j++) {
      const from = low[0] + nx * (first[1] + j + ny * (first[2] + k));
      const to = 1 + size[0] * (j + size[1] * k);
      for (let i = 0; i < size[0] - 2; i++) data[to + i] = table[mask.data[from + i]];
    }
  }
  return { size, first, data };
}

/** Marching cubes cell by cell: the filter's own run prints its time on standard output. */
function surfaceOf({ size, first, data }: Crop, { affine }: Volume<Uint8Array>): vtkPolyData {
  const cubes = marchingCubes.newInstance({ mergePoints: true, computeNormals: false });
  const points: number[] = [];
  const triangles: number[] = [];
  const [nx, ny, nz] = size;
  const extent = [0, nx - 1, 0, ny - 1, 0, nz - 1];
  const [row, slice] = [nx, nx * ny];
  for (let k = 0; k < nz - 1; k++) {
    for (let j = 0; j < ny - 1; j++) {
      for (let i = 0, at = j * row + k * slice; i < nx - 1; i++, at++) {
        const corners =
          data[at] +
          data[at + 1] +
          data[at + row] +
          data[at + row + 1] +
          data[at + slice] +
          data[at + slice + 1] +
          data[at + slice + row] +
          data[at + slice + row + 1];
        if (corners === 0 || corners === 8) continue;
        cubes.produceTriangles(0.5, i, j, k, extent, slice, size, first, UNIT, data, points, triangles, []);
      }
    }
  }
  return inPatient(points, triangles, affine);
}

const UNIT = [1, 1, 1] as const;

/** From voxel indices to LPS mm; where the affine mirrors, triangles are turned so that they still face outwards. */
function inPatient(points: number[], triangles: number[], affine: Volume['affine']): vtkPolyData {
  const placed = new Float32Array(points.length);
  for (let at = 0; at < points.length; at += 3) {
    const [x, y, z] = voxelToWorld(affine, points[at], points[at + 1], points[at + 2]);
    placed.set([-x, -y, z], at);
  }
  const cells = Uint32Array.from(triangles);
  if (mat4.determinant(affine) < 0)
    for (let at = 0; at < cells.length; at += 4) cells.set([cells[at + 2], cells[at + 1]], at + 1);
  const surface = polyData.newInstance();
  // vtkPolyData's types leave out what it has from vtkPointSet.
  (surface as unknown as vtkPointSet).getPoints().setData(placed, 3);
  surface.getPolys().setData(cells);
  return surface;
}

/** The strength that 3D Slicer takes for segments by default (smoothing factor 0.5). */
function smooth(surface: vtkPolyData): vtkPolyData {
  const filter = windowedSinc.newInstance({
    numberOfIterations: 40,
    passBand: 0.01,
    normalizeCoordinates: 1,
    nonManifoldSmoothing: 1,
    featureEdgeSmoothing: 0,
    boundarySmoothing: 0,
  });
  filter.setInputData(surface);
  filter.update();
  return filter.getOutputData();
}
