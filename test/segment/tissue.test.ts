import { describe, expect, it } from 'vitest';
import { measureImage } from '../../src/prepare/measure.js';
import { bitAt, packBits, tissueOf, unpackBits } from '../../src/segment/tissue.js';
import type { Volume } from '../../src/volume/volume.js';

/** A 9×8×7 image that is 5 where `shows` says so. */
function imageOf(shows: (i: number, j: number, k: number) => boolean): Volume<Float32Array> {
  const size = [9, 8, 7] as const;
  const data = Float32Array.from({ length: 9 * 8 * 7 }, (_, at) =>
    shows(at % 9, Math.floor(at / 9) % 8, Math.floor(at / 72)) ? 5 : 0,
  );
  return { data, size, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
}

const tissue = (image: Volume<Float32Array>) => {
  const bits = tissueOf(image, measureImage(image).box);
  return (i: number, j: number, k: number) => bitAt(bits, i + 9 * (j + 8 * k));
};

describe('where an image shows the patient', () => {
  it('is where it is not 0, and in the holes of that', () => {
    const box = (i: number, j: number, k: number) => i >= 1 && i <= 6 && j >= 2 && j <= 6 && k >= 1 && k <= 5;
    const hole = (i: number, j: number, k: number) => i === 3 && j === 4 && (k === 2 || k === 3);
    const at = tissue(imageOf((i, j, k) => box(i, j, k) && !hole(i, j, k)));
    expect([at(1, 2, 1), at(6, 6, 5), at(3, 4, 2), at(3, 4, 3)]).toEqual([1, 1, 1, 1]);
    expect([at(0, 2, 1), at(7, 6, 5), at(1, 1, 1), at(1, 2, 0), at(1, 7, 1)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('does not take in what a path by faces joins with the outside', () => {
    const tunnel = (i: number, j: number, k: number) => j === 4 && k === 3 && i <= 4;
    const at = tissue(imageOf((i, j, k) => !tunnel(i, j, k)));
    expect([at(4, 4, 3), at(0, 4, 3), at(5, 4, 3), at(4, 5, 4)]).toEqual([0, 0, 1, 1]);
    const corner = tissue(
      imageOf((i, j, k) => !(tunnel(i, j, k) && i <= 3) && !(i === 4 && j === 5 && k === 3)),
    );
    expect([corner(3, 4, 3), corner(4, 5, 3)]).toEqual([0, 1]);
  });
});

describe('bits', () => {
  it('come back as they were', () => {
    const flags = Uint8Array.from({ length: 21 }, (_, i) => (i % 3 === 1 ? 1 : 0));
    const bits = packBits(flags);
    expect(bits).toHaveLength(3);
    expect(unpackBits(bits, 21)).toEqual(flags);
  });
});
