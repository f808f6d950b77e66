import { describe, expect, it } from 'vitest';
import { withZeroAir } from '../../src/prepare/air.js';
import { bratsGrid, ellipsoid } from '../support/images.js';

const brain = ellipsoid(bratsGrid([40, 40, 40]), [15, 16, 17], 2);
const withAir = (air: (at: number) => number, inside = (value: number) => value) => ({
  ...brain,
  data: brain.data.map((value, at) => (value === 0 ? air(at) : inside(value))),
});

describe('air that is another constant than 0', () => {
  it.each([-1, -1024, 17, 0.25])('is set to 0: %d', (value) => {
    const found = withZeroAir(withAir(() => value))!;
    expect(found).toMatchObject({ value, shifted: false });
    expect(found.data).toEqual(brain.data);
  });

  it('is the lowest value, and everything is moved, where tissue is negative, too', () => {
    const found = withZeroAir(
      withAir(
        () => -1024,
        (value) => value - 1024,
      ),
    )!;
    expect(found).toMatchObject({ value: -1024, shifted: true });
    expect(found.data).toEqual(brain.data);
  });

  it('is found where the brain touches the border', () => {
    const cropped = {
      ...withAir(() => -1),
      data: withAir(() => -1).data.map((value, at) => (at < 400 ? 500 : value)),
    };
    expect(withZeroAir(cropped)?.value).toBe(-1);
  });
});

describe('images that are left as they are', () => {
  it.each([
    ['air is 0', withAir(() => 0)],
    [
      'air is 0 and tissue negative',
      withAir(
        () => 0,
        (value) => value - 600,
      ),
    ],
    ['measured air', withAir((at) => (at * 7919) % 23)],
    ['half of the border is 0', withAir((at) => (at % 2 ? 0 : 5))],
  ])('%s', (_, image) => {
    expect(withZeroAir(image)).toBeNull();
  });
});
