/** Parts of vtk.js that have no types of their own. */
declare module '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js' {
  type Triple = readonly [number, number, number];
  interface MarchingCubes {
    /** Appends the triangles of the cell whose first corner is (i, j, k) to `points` (x, y, z) and `triangles` (3, a, b, c). */
    produceTriangles(
      contourValue: number,
      i: number,
      j: number,
      k: number,
      extent: readonly number[],
      slice: number,
      dimensions: Triple,
      origin: Triple,
      spacing: Triple,
      scalars: Uint8Array,
      points: number[],
      triangles: number[],
      normals: number[],
    ): void;
  }
  const marchingCubes: {
    newInstance(options: { mergePoints: boolean; computeNormals: boolean }): MarchingCubes;
  };
  export default marchingCubes;
}

declare module '@kitware/vtk.js/Filters/General/WindowedSincPolyDataFilter.js' {
  import type { vtkPolyData } from '@kitware/vtk.js/Common/DataModel/PolyData.js';

  interface WindowedSinc {
    setInputData(data: vtkPolyData): void;
    update(): void;
    getOutputData(): vtkPolyData;
  }
  const windowedSinc: {
    newInstance(options: {
      numberOfIterations: number;
      passBand: number;
      normalizeCoordinates: 0 | 1;
      nonManifoldSmoothing: 0 | 1;
      featureEdgeSmoothing: 0 | 1;
      boundarySmoothing: 0 | 1;
    }): WindowedSinc;
  };
  export default windowedSinc;
}
