import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { thumbnail } from '../../src/export/thumbnail.js';
import type { Affine, Volume } from '../../src/volume/volume.js';

/** RAS voxels of 1 × 1 × 2 mm; air but for the slices 6 to 8. In slice 7 the patient's left front is bright. */
const size = [40, 20, 10] as const;
const volume: Volume = {
  size,
  affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1] as unknown as Affine,
  data: new Float32Array(40 * 20 * 10),
};
for (let k = 6; k < 9; k++)
  for (let j = 0; j < 20; j++)
    for (let i = 0; i < 40; i++) volume.data[i + 40 * (j + 20 * k)] = k === 7 && i < 20 && j >= 10 ? 100 : 10;

it('is the middle axial slice, 64 pixels at the longer side, front on top and the right of the patient on the left', () => {
  const { width, height, channels, data } = decode(thumbnail(volume));
  expect([width, height, channels]).toEqual([64, 32, 1]);
  const at = (x: number, y: number) => data[x + 64 * y];
  expect([at(10, 5), at(50, 5), at(10, 25), at(50, 25)]).toEqual([26, 255, 26, 26]);
});
