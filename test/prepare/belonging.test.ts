import { describe, expect, it } from 'vitest';
import { type Likeness, likenesses, misfits } from '../../src/prepare/belonging.js';
import { coarseCase } from '../../src/prepare/coarse.js';
import type { Modality } from '../../src/terms.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { GRID, head, SIZE } from '../support/heads.js';

const asT1 = (value: number) => value;
/** Another contrast: dark where the first is bright, and not in proportion. */
const asFlair = (value: number) => 3 * Math.tanh(-value / 2);
const asT2 = (value: number) => Math.sin(value / 3);

describe('whether images show one head', () => {
  const own = { t1: head(1, asT1), t2: head(1, asT2), flair: head(1, asFlair) };
  const check = (images: Partial<Record<Modality, Volume>>) => misfits(likenesses(coarseCase(images, GRID)));

  it('they do, whatever their contrast', () => {
    for (const { overlap, alike, mirrored } of likenesses(coarseCase(own, GRID))) {
      expect(overlap).toBe(1);
      expect(alike / mirrored).toBeGreaterThan(1.5);
    }
    expect(check(own)).toEqual([]);
    expect(check({ t1: own.t1 })).toEqual([]);
  });

  it('not when one is of another head', () => {
    expect(check({ ...own, t2: head(2, asT2) })).toEqual([{ kind: 'other-head', sequences: ['t2'] }]);
    expect(check({ t1: own.t1, flair: head(3, asFlair) })).toEqual([
      { kind: 'other-head', sequences: ['t1', 'flair'] },
    ]);
  });

  it.each(['t1', 't2', 'flair'] as const)('not when %s is mirrored', (modality) => {
    const shades = { t1: asT1, t2: asT2, flair: asFlair };
    const images = { ...own, [modality]: head(1, shades[modality], true) };
    expect(check(images)).toEqual([{ kind: 'mirrored', sequences: [modality] }]);
  });

  it('mirroring goes along left and right, whatever the order of the axes', () => {
    // Voxels as (y, x, z).
    const turn = ({ data }: Volume): Volume => {
      const out = new Float32Array(data.length);
      for (let k = 0; k < SIZE[2]; k++)
        for (let j = 0; j < SIZE[1]; j++)
          for (let i = 0; i < SIZE[0]; i++)
            out[j + SIZE[1] * (i + SIZE[0] * k)] = data[i + SIZE[0] * (j + SIZE[1] * k)];
      const affine = affineFromRows([
        [0, -2, 0, 48],
        [-2, 0, 0, 54],
        [0, 0, 2, -42],
      ]);
      return { size: [SIZE[1], SIZE[0], SIZE[2]], affine, data: out };
    };
    const images = { t1: turn(own.t1), flair: turn(head(1, asFlair, true)) };
    expect(misfits(likenesses(coarseCase(images, images.t1)))).toEqual([
      { kind: 'mirrored', sequences: ['t1', 'flair'] },
    ]);
  });

  it('a sequence that is like one of the others belongs by way of that one', () => {
    const likeness = (a: Modality, b: Modality, alike: number): Likeness => ({
      pair: [a, b],
      overlap: 1,
      alike,
      mirrored: 0.4,
    });
    const chain = [
      likeness('t1', 't1ce', 0.7),
      likeness('t1', 'flair', 0.41),
      likeness('t1ce', 'flair', 0.6),
    ];
    expect(misfits(chain)).toEqual([]);
    const twoAndTwo = [
      likeness('t1', 't1ce', 0.7),
      likeness('t2', 'flair', 0.7),
      ...(['t1', 't1ce'] as const).flatMap((a) => [likeness(a, 't2', 0.4), likeness(a, 'flair', 0.4)]),
    ];
    expect(misfits(twoAndTwo)).toEqual([{ kind: 'other-head', sequences: ['t1', 't1ce', 't2', 'flair'] }]);
  });

  it('brains that do not meet do not fit', () => {
    const half = (from: number, to: number) => ({
      ...GRID,
      data: own.t1.data.map((value, v) => (v % SIZE[0] >= from && v % SIZE[0] < to ? value : 0)),
    });
    expect(check({ t1: half(0, 20), flair: half(28, 48) })).toEqual([
      { kind: 'other-head', sequences: ['t1', 'flair'] },
    ]);
  });
});

describe.skipIf(!haveRealData('whether real images show one head'))(
  'whether real images show one head',
  () => {
    const read = (name: string, m: Modality) => readVolume(`${REAL_DATA}/whole/${name}/${name}_${m}.nii.gz`);

    it('their own do, another patient’s and mirrored ones do not', async () => {
      const [t1ce, flair] = [
        await read('BraTS19_CBICA_ABM_1', 't1ce'),
        await read('BraTS19_CBICA_ABM_1', 'flair'),
      ];
      const check = (other: Volume) => misfits(likenesses(coarseCase({ t1ce, flair: other }, t1ce)));
      expect(check(flair)).toEqual([]);
      const mirrored = flair.data.slice();
      for (let row = 0; row < mirrored.length; row += flair.size[0])
        mirrored.subarray(row, row + flair.size[0]).reverse();
      expect(check({ ...flair, data: mirrored })).toMatchObject([{ kind: 'mirrored' }]);
      expect(check(await read('TCGA-DU-7294', 'flair'))).toMatchObject([{ kind: 'other-head' }]);
    });
  },
);
