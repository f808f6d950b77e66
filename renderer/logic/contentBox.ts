/** Where an image is not empty: first and last voxel along each axis. */
export interface ContentBox {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

interface BoxedImage {
  readonly grid: { readonly size: readonly number[] };
  readonly data: ArrayLike<number>;
  readonly minimum: number;
}

const STEP = 3;
const MARGIN = 8;

/** The box of the values above the image's minimum with a margin, from every third voxel; the whole image when there are none. */
export function contentBox({ grid, data, minimum }: BoxedImage): ContentBox {
  const [nx, ny, nz] = grid.size;
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  for (let k = 0; k < nz; k += STEP)
    for (let j = 0; j < ny; j += STEP)
      for (let i = 0, at = nx * (j + ny * k); i < nx; i += STEP, at += STEP) {
        if (data[at] <= minimum) continue;
        if (i < low[0]) low[0] = i;
        if (i > high[0]) high[0] = i;
        if (j < low[1]) low[1] = j;
        if (j > high[1]) high[1] = j;
        if (k < low[2]) low[2] = k;
        if (k > high[2]) high[2] = k;
      }
  if (high[0] < 0) return { low: [0, 0, 0], high: grid.size.map((n) => n - 1) };
  return {
    low: low.map((v) => Math.max(0, v - MARGIN)),
    high: high.map((v, axis) => Math.min(grid.size[axis] - 1, v + MARGIN)),
  };
}
