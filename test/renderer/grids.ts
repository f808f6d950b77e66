import type { GridSummary } from '../../src/contract/index.js';

/** A grid of 1 mm voxels whose axes grow to the letters given, e.g. `LPS`, with RAS mm 0 at the first voxel. */
export function gridOf(size: [number, number, number], orientation: string): GridSummary {
  const affine = new Array<number>(16).fill(0);
  [...orientation].forEach((letter, axis) => {
    const row = 'LR'.includes(letter) ? 0 : 'PA'.includes(letter) ? 1 : 2;
    affine[4 * axis + row] = 'RAS'.includes(letter) ? 1 : -1;
  });
  affine[15] = 1;
  return { size, spacing: [1, 1, 1], orientation, affine: affine as unknown as GridSummary['affine'] };
}
