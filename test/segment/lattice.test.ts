import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { gridOfBox, latticeBoxOf, layLattice } from '../../src/segment/lattice.js';
import { voxelToWorld } from '../../src/volume/affine.js';
import type { Grid } from '../../src/volume/volume.js';
import { bratsGrid } from '../support/images.js';

const about = { name: 'x', version: '1', description: '', trainingData: '' };
const model = descriptionTemplate(about, 0.25).grid;
const brats = bratsGrid([240, 240, 155]);

describe('the model’s lattice', () => {
  it('is the 128-grid of the BraTS volume with its corner voxels kept', () => {
    const box = latticeBoxOf(layLattice(brats, model), [1, 1, 1], [238, 238, 153]);
    expect(box).toEqual({ origin: [0, 0, 0], size: [128, 128, 128] });
    const { affine } = gridOfBox(layLattice(brats, model), box);
    expect(voxelToWorld(affine, 0, 0, 0)).toEqual([0, 239, 0]);
    const far = voxelToWorld(affine, 127, 127, 127);
    const corner = voxelToWorld(brats.affine, 239, 239, 154);
    far.forEach((mm, axis) => expect(mm).toBeCloseTo(corner[axis], 9));
  });

  it('stays where it is in the world when the field of view changes', () => {
    const shift: [number, number, number] = [13, -7, 4];
    const other = bratsGrid([200, 260, 150], shift);
    const [a, b] = [brats, other].map((grid) => layLattice(grid, model));
    const boxA = latticeBoxOf(a, [60, 60, 40], [180, 190, 130]);
    const boxB = latticeBoxOf(b, [47, 67, 36], [167, 197, 126]);
    expect(boxB).toEqual(boxA);
    const at = [a, b].map((lattice, i) => voxelToWorld(gridOfBox(lattice, [boxA, boxB][i]).affine, 3, 5, 7));
    at[0].forEach((mm, axis) => expect(mm).toBeCloseTo(at[1][axis], 9));
  });

  it('runs along the image’s axes whatever their order and direction', () => {
    // i grows upwards, j to the right, k to the front (axes SRA).
    const sra: Grid = { size: [155, 240, 240], affine: [0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, -239, 0, 0, 1] };
    const lattice = layLattice(sra, model);
    expect(lattice.axes.map(({ imageAxis }) => imageAxis)).toEqual([1, 2, 0]);
    const box = latticeBoxOf(lattice, [1, 1, 1], [153, 238, 238]);
    expect(voxelToWorld(gridOfBox(lattice, box).affine, 0, 0, 0)).toEqual([0, 239, 0]);
    expect(box).toEqual({ origin: [0, 0, 0], size: [128, 128, 128] });
  });

  it('refuses an image whose axes are not three', () => {
    const flat: Grid = { size: [9, 9, 9], affine: [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
    expect(() => layLattice(flat, { ...model, orientation: 'LPX' })).toThrow(QuorumError);
  });
});
