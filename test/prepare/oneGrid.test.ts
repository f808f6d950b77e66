import { describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import { prepareCase } from '../../src/prepare/case.js';
import { onOneGrid } from '../../src/prepare/oneGrid.js';
import { reorient } from '../../src/volume/orientation.js';
import type { ImageFile } from '../../src/volume/read.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { temporaryFolder } from '../volume/folder.js';

const grid = bratsGrid([48, 44, 40]);
const RADII = [18, 16, 15] as const;
const CENTRE = [23, 21, 19];
const fileOf = (volume: Volume): ImageFile => ({
  ...volume,
  file: 'x',
  format: 'nifti1',
  datatype: 'float32',
});
const brain = (seed: number, centre = CENTRE) => fileOf(ellipsoid(grid, RADII, seed, centre));
const base = brain(3);

/** The same voxels under a header that says something else. */
const claims = (image: ImageFile, change: (affine: number[]) => void): ImageFile => {
  const affine = [...image.affine] as number[];
  change(affine);
  return { ...image, affine: affine as unknown as Affine };
};
const shifted = (image: ImageFile, mm: readonly number[]) =>
  claims(image, (affine) =>
    mm.forEach((value, row) => {
      affine[12 + row] += value;
    }),
  );

describe('images whose grids differ by the order of their axes', () => {
  it.each(['RAS', 'LPS', 'PIR', 'ASL', 'SAR', 'IPL'])('are taken voxel by voxel: %s', (codes) => {
    const other = brain(7);
    const turned = { ...other, ...reorient(other, codes).volume };
    const laid = onOneGrid({ t1ce: base, flair: turned }, ['t1ce', 'flair'])!;
    expect(laid.images.flair!.affine).toEqual(base.affine);
    expect(laid.images.flair!.data).toEqual(other.data);
    expect([laid.notes, laid.moved]).toEqual([[], {}]);
  });
});

describe('a header that the voxels contradict', () => {
  it.each([[[0, 0, 12]], [[-30, 4.5, 0]], [[0.5, 0.5, 0.5]]])('is not believed: %j mm', (mm) => {
    const laid = onOneGrid({ t1ce: base, flair: shifted(brain(7), mm) }, ['t1ce', 'flair'])!;
    expect(laid.images.flair!.affine).toEqual(base.affine);
    const [note] = laid.notes;
    expect(note).toMatchObject({ code: 'HEADER_CONTRADICTED', sequence: 'flair', onto: 't1ce' });
    if (note.code === 'HEADER_CONTRADICTED')
      note.mm.forEach((value, axis) => expect(value).toBeCloseTo(-mm[axis], 6));
    // A point of the image by its own header, and by the grid that it was laid on.
    expect(laid.moved.flair![12]).toBeCloseTo(-mm[0], 6);
  });

  it('is found under another order of axes, too, and where it turns the image', () => {
    const other = brain(7);
    const turned = shifted({ ...other, ...reorient(other, 'RAS').volume }, [0, 0, 9]);
    const laid = onOneGrid({ t1: base, t2: turned }, ['t1', 't2'])!;
    expect(laid.images.t2!.data).toEqual(other.data);
    const [c, s] = [Math.cos(0.2), Math.sin(0.2)];
    const rotated = claims(other, (affine) => {
      [affine[0], affine[1], affine[4], affine[5]] = [-c, -s, s, -c];
    });
    const [note] = onOneGrid({ t1: base, t2: rotated }, ['t1', 't2'])!.notes;
    expect(note.code === 'HEADER_CONTRADICTED' && note.degrees).toBeCloseTo((0.2 * 180) / Math.PI, 3);
  });

  it('is the one of the image that stands alone, not the first', () => {
    const images = { t1: shifted(base, [0, 0, 12]), t1ce: brain(5), flair: brain(7) };
    const laid = onOneGrid(images, ['t1', 't1ce', 'flair'])!;
    expect(laid.notes).toMatchObject([{ sequence: 't1', onto: 't1ce' }]);
    expect(laid.images.t1!.affine).toEqual(images.t1ce.affine);
  });

  it('is believed where the voxels agree with it', () => {
    // The head lies 6 voxels further along, and so says the header.
    const moved = shifted(brain(7, [29, 21, 19]), [6, 0, 0]);
    expect(onOneGrid({ t1ce: base, flair: moved }, ['t1ce', 'flair'])).toBeNull();
  });

  it('is left to the registration where it is that of another examination', () => {
    const far = shifted(brain(7), [150, -170, 145]);
    expect(onOneGrid({ t1ce: base, flair: far }, ['t1ce', 'flair'])).toBeNull();
    const [c, s] = [Math.cos(0.65), Math.sin(0.65)];
    const turned = claims(brain(7), (affine) => {
      [affine[0], affine[1], affine[4], affine[5]] = [-c, -s, s, -c];
    });
    expect(onOneGrid({ t1ce: base, flair: turned }, ['t1ce', 'flair'])).toBeNull();
  });

  it('is left to the registration where no brain was cut out, or voxels are of another size', () => {
    const full = (image: ImageFile) => ({ ...image, data: image.data.map((value) => value + 1) });
    expect(onOneGrid({ t1: full(base), t2: shifted(full(brain(7)), [0, 0, 12]) }, ['t1', 't2'])).toBeNull();
    const thick = claims(brain(7), (affine) => {
      affine[10] = 1.2;
    });
    expect(onOneGrid({ t1: base, t2: thick }, ['t1', 't2'])).toBeNull();
  });
});

describe('a Case of such images', () => {
  const folder = temporaryFolder();
  it('says where the mask of the moved image belongs', async () => {
    const large = bratsGrid([150, 150, 150]);
    const [one, two] = [1, 2].map((seed) => ellipsoid(large, [60, 60, 60], seed));
    await writeImage(`${folder.path}/p/p_t1ce.nii.gz`, one);
    await writeImage(`${folder.path}/p/p_flair.nii.gz`, shifted(fileOf(two), [0, 0, 12]));
    const prepared = await prepareCase(await openStudy([`${folder.path}/p`]));
    expect(prepared.overridden).toEqual([]);
    expect(prepared.notes.map(({ code }) => code)).toEqual(['HEADER_CONTRADICTED']);
    expect(Object.keys(prepared.placements!)).toEqual(['flair']);
    expect(prepared.placements!.flair!.toCase[14]).toBeCloseTo(-12, 6);
    expect(prepared.form).toBeDefined();
  });
});
