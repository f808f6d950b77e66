/** Heads that are cut, not stripped, small. */
import { MODALITIES } from '../../../../src/terms.js';
import { affineFromRows, multiplyAffines, voxelToWorld } from '../../../../src/volume/affine.js';
import { resample } from '../../../../src/volume/resample.js';
import type { Grid } from '../../../../src/volume/volume.js';
import { extentOf, type Failure, grown, replaced, without } from './failure.js';
export const slab = (strength: number, end: 'top' | 'bottom', share: number): Failure => ({
  kind: `slab without its ${end}`,
  only: 'input',
  strength,
  what: `${100 * share} % of the height gone`,
  make: (subject) => {
    const { up, down } = extentOf(subject);
    const cut = end === 'top' ? up - share * (up - down) : down + share * (up - down);
    return without(subject, ([, , z]) => (end === 'top' ? z > cut : z < cut));
  },
});

export const oneSlab = (strength: number, share: number): Failure => ({
  kind: 'one sequence a slab',
  only: 'input',
  strength,
  what: `the last sequence shows all but ${100 * share} %`,
  make: (subject) => {
    const last = MODALITIES.filter((m) => subject.images[m]).at(-1)!;
    if (Object.keys(subject.images).length < 2) return null;
    const { up, down } = extentOf(subject);
    const cut = up - share * (up - down);
    const part = without({ ...subject, images: { [last]: subject.images[last]! } }, ([, , z]) => z > cut);
    return replaced(subject, last, part.images[last]!);
  },
});

export const lobe = (strength: number, mm: number): Failure => ({
  kind: 'a lobe gone',
  only: 'input',
  strength,
  what: `a ball of ${mm} mm at the right front missing`,
  make: (subject) => {
    const { front, side } = extentOf(subject);
    const [cx, cy] = [0.55 * side, 0.75 * front];
    return without(subject, ([x, y, z]) => Math.hypot(x - cx, y - cy, z) < mm);
  },
});

/** A bright scalp around the brain. */
export const scalp = (strength: number, mm: number): Failure => ({
  kind: 'skull left',
  only: 'input',
  strength,
  what: `${mm} mm of bright scalp all around`,
  make: (subject, random) => grown(subject, mm, () => true, random),
});

export const eyes: Failure = {
  kind: 'eyes left',
  only: 'input',
  strength: 1,
  what: 'two bright balls of 12 mm before and below the brain',
  make: (subject, random) => {
    const { front, down } = extentOf(subject);
    const balls = [-1, 1].map((sign) => [33 * sign, 0.8 * front, 0.62 * down]);
    return grown(
      subject,
      16,
      ([x, y, z]) => balls.some(([a, b, c]) => Math.hypot(x - a, y - b, z - c) < 12),
      random,
    );
  },
};

export const child = (strength: number, scale: number): Failure => ({
  kind: 'a small head',
  only: 'input',
  strength,
  what: `${100 * scale} % of its size`,
  make: (subject) => {
    const { grid } = subject;
    const middle = grid.size.map((n) => (n - 1) / 2);
    const larger = [...grid.affine] as number[];
    for (let axis = 0; axis < 3; axis++) for (let row = 0; row < 3; row++) larger[4 * axis + row] /= scale;
    const here = voxelToWorld(grid.affine, middle[0], middle[1], middle[2]);
    const there = voxelToWorld(larger as never, middle[0], middle[1], middle[2]);
    for (let row = 0; row < 3; row++) larger[12 + row] += here[row] - there[row];
    const target = { size: grid.size, affine: larger as unknown as Grid['affine'] };
    const shrink = (data: Float32Array | Uint8Array) =>
      resample({ ...grid, data: Float32Array.from(data) }, target, { interpolation: 'nearest' });
    return {
      grid,
      truth: Uint8Array.from(shrink(subject.truth)),
      images: Object.fromEntries(Object.entries(subject.images).map(([m, data]) => [m, shrink(data)])),
    };
  },
});

/** The head nods: turned about the left-right axis through the brain's middle, on a grid with room for it. */
export const tilted = (strength: number, degrees: number): Failure => ({
  kind: 'tilted head',
  strength,
  what: `turned by ${degrees}°, nodding`,
  make: ({ grid, images, truth }) => {
    const size = grid.size.map((n) => Math.ceil(1.25 * n)) as unknown as Grid['size'];
    const [x, y, z] = grid.size.map((n, axis) => (n - size[axis]) / 2);
    const wide = multiplyAffines(
      grid.affine,
      affineFromRows([
        [1, 0, 0, x],
        [0, 1, 0, y],
        [0, 0, 1, z],
      ]),
    );
    const [, cy, cz] = voxelToWorld(
      grid.affine,
      (grid.size[0] - 1) / 2,
      (grid.size[1] - 1) / 2,
      (grid.size[2] - 1) / 2,
    );
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const turn = affineFromRows([
      [1, 0, 0, 0],
      [0, c, -s, cy - c * cy + s * cz],
      [0, s, c, cz - s * cy - c * cz],
    ]);
    const from = { size, affine: multiplyAffines(turn, wide) };
    const turned = (data: Float32Array) => {
      const brain = data.map((value) => (value === 0 ? 0 : 1));
      const inside = resample({ ...grid, data: brain }, from, { interpolation: 'linear' });
      const values = resample({ ...grid, data }, from, { interpolation: 'linear' });
      return values.map((value, v) => (inside[v] > 0.5 ? value : 0));
    };
    const labels = new Uint8Array(size[0] * size[1] * size[2]);
    resample({ ...grid, data: truth }, from, { interpolation: 'nearest', into: labels });
    return {
      grid: { size, affine: wide },
      truth: labels,
      images: Object.fromEntries(Object.entries(images).map(([m, data]) => [m, turned(data)])),
    };
  },
});
