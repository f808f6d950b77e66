import { affineFromRows, multiplyAffines, voxelToWorld } from './affine.js';
import { inverse } from './placement.js';
import { mapAxes } from './tuples.js';
import type { Affine, Volume } from './volume.js';

/** Points inside the mask at which the images are compared. */
const POINTS = 40_000;
const BINS = 32;
/** Steps of the search in mm; a turn is stepped by so much that a point 60 mm from the middle moves as far. */
const STEPS_MM = [2, 1, 0.5, 0.25, 0.12] as const;
const LEVER_MM = 60;
/** Rounds over the six parameters per step size; the search ends sooner when a round gains nothing. */
const ROUNDS = 10;

/** Millimetres along x, y, z; radians about them. */
type Motion = readonly number[];
type Point = readonly [number, number, number];

/**
 * Refines a rigid alignment on the images as they were acquired: climbs to the nearest maximum of the mutual information,
 * 2·I/(H₁+H₂), over points spread at random inside a mask (pattern search, Hooke and Jeeves 1961; the same points every time,
 * the moving image's histogram shared linearly between two classes). The elastix of itk-wasm takes no mask, and cutting
 * both images by one leaves an edge in both that pulls them to where they lie.
 *
 * @param start RAS mm of `fixed` → RAS mm of `moving`, right to a few mm.
 * @param mask 1 where to compare, in `fixed`'s RAS mm; its grid may be another.
 * @param count how many points; fewer are faster and less exact.
 * @returns as `start`; `start` itself for an empty mask.
 */
export function refineWithinMask(
  fixed: Volume,
  moving: Volume,
  start: Affine,
  mask: Volume<Uint8Array>,
  count = POINTS,
): Affine {
  const points = pointsWithin(mask, count);
  if (points.length === 0) return start;
  const middle = meanOf(points);
  const values = sampled(fixed, inverse(fixed.affine), points);
  const fixedClass = values.map(classOf(rangeOf(values)));
  const toVoxel = multiplyAffines(inverse(moving.affine), start);
  const position = classOf(rangeOf(sampled(moving, toVoxel, points)));
  const alike = (motion: Motion) => {
    const moved = multiplyAffines(toVoxel, rigidAbout(motion, middle));
    return informationShare(fixedClass, sampled(moving, moved, points), position);
  };
  return multiplyAffines(start, rigidAbout(climb(alike), middle));
}

/**
 * Pattern search from no motion: each parameter in turn, then once more along what the round gained.
 *
 * @param value what is to be highest; asked once for a motion.
 */
export function climb(value: (motion: Motion) => number): Motion {
  let best: Motion = [0, 0, 0, 0, 0, 0];
  let highest = value(best);
  const tried = new Set([best.join()]);
  const take = (motion: Motion) => {
    const key = motion.join();
    // What was tried before is no higher than the highest.
    if (tried.has(key)) return false;
    tried.add(key);
    const reached = value(motion);
    if (reached <= highest) return false;
    [best, highest] = [motion, reached];
    return true;
  };
  for (const step of STEPS_MM) {
    for (let round = 0; round < ROUNDS; round++) {
      const before = best;
      for (let at = 0; at < 6; at++) {
        const stepped = (sign: number) =>
          best.map((v, n) => (n === at ? v + (sign * step) / (at < 3 ? 1 : LEVER_MM) : v));
        for (const sign of [1, -1]) while (take(stepped(sign)));
      }
      if (best === before) break;
      take(best.map((v, n) => 2 * v - before[n]));
    }
  }
  return best;
}

/** Points in RAS mm, x y z one after the other: a random place in a random voxel of the mask each, from a fixed seed. */
function pointsWithin({ data, size, affine }: Volume<Uint8Array>, count: number): Float64Array {
  const inside: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] === 1) inside.push(i);
  if (inside.length === 0) return new Float64Array(0);
  let seed = 1;
  const random = () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
  };
  const points = new Float64Array(3 * count);
  for (let p = 0; p < count; p++) {
    const voxel = inside[Math.floor(random() * inside.length)];
    const i = (voxel % size[0]) + random() - 0.5;
    const j = (Math.floor(voxel / size[0]) % size[1]) + random() - 0.5;
    const k = Math.floor(voxel / (size[0] * size[1])) + random() - 0.5;
    points.set(voxelToWorld(affine, i, j, k), 3 * p);
  }
  return points;
}

function meanOf(points: Float64Array): Point {
  const sum: [number, number, number] = [0, 0, 0];
  points.forEach((mm, at) => {
    sum[at % 3] += mm;
  });
  return mapAxes(sum, (mm) => (3 * mm) / points.length);
}

/** Trilinear values at points that `toVoxel` takes to the volume's voxels; beyond its border the border's. */
function sampled({ data, size }: Volume, m: Affine, points: Float64Array): Float32Array {
  const [nx, ny, nz] = size;
  const [dx, dy, dz] = [nx > 1 ? 1 : 0, ny > 1 ? nx : 0, nz > 1 ? nx * ny : 0];
  const out = new Float32Array(points.length / 3);
  for (let p = 0; p < out.length; p++) {
    const [X, Y, Z] = [points[3 * p], points[3 * p + 1], points[3 * p + 2]];
    const x = within(m[0] * X + m[4] * Y + m[8] * Z + m[12], nx);
    const y = within(m[1] * X + m[5] * Y + m[9] * Z + m[13], ny);
    const z = within(m[2] * X + m[6] * Y + m[10] * Z + m[14], nz);
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [fx, fy, fz] = [x - i, y - j, z - k];
    const a = i + nx * (j + ny * k);
    const [b, c] = [a + dy, a + dz];
    const d = c + dy;
    const [ex, ey] = [1 - fx, 1 - fy];
    const near = (data[a] * ex + data[a + dx] * fx) * ey + (data[b] * ex + data[b + dx] * fx) * fy;
    const far = (data[c] * ex + data[c + dx] * fx) * ey + (data[d] * ex + data[d + dx] * fx) * fy;
    out[p] = near * (1 - fz) + far * fz;
  }
  return out;
}

const within = (place: number, n: number) => Math.min(Math.max(0, n - 1.0001), Math.max(0, place));

/** From the 0.1st to the 99.9th percentile. */
function rangeOf(values: Float32Array): readonly [number, number] {
  const sorted = values.slice().sort();
  return [sorted[Math.floor(0.001 * sorted.length)], sorted[Math.floor(0.999 * (sorted.length - 1))]];
}

/** A value's place among the classes' middles, 0 … BINS − 1, between two of them a fraction. */
function classOf([low, high]: readonly [number, number]): (value: number) => number {
  const width = (high - low) / BINS || 1;
  return (value) => Math.min(BINS - 1.001, Math.max(0, (value - low) / width - 0.5));
}

function informationShare(
  fixed: Float32Array,
  moving: Float32Array,
  position: (value: number) => number,
): number {
  const joint = new Float64Array(BINS * BINS);
  for (let p = 0; p < fixed.length; p++) {
    const place = position(moving[p]);
    const lower = Math.floor(place);
    const cell = Math.round(fixed[p]) * BINS + lower;
    joint[cell] += 1 - (place - lower);
    joint[cell + 1] += place - lower;
  }
  const [ofFixed, ofMoving] = [new Float64Array(BINS), new Float64Array(BINS)];
  joint.forEach((weight, at) => {
    ofFixed[Math.floor(at / BINS)] += weight;
    ofMoving[at % BINS] += weight;
  });
  const [f, m, both] = [ofFixed, ofMoving, joint].map((counts) => entropy(counts, fixed.length));
  return f + m === 0 ? 0 : (2 * (f + m - both)) / (f + m);
}

function entropy(counts: Float64Array, total: number): number {
  return counts.reduce((sum, n) => (n > 0 ? sum - (n / total) * Math.log(n / total) : sum), 0);
}

/** A turn by three angles (radians, about x, then y, then z) about a point, then a shift in mm. */
function rigidAbout([x, y, z, a, b, c]: Motion, middle: Point): Affine {
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
  const turn = [
    [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
    [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
    [-sb, cb * sa, cb * ca],
  ];
  const rows = turn.map((row, r) => {
    const turned = row.reduce((sum, value, n) => sum + value * middle[n], 0);
    return [...row, [x, y, z][r] + middle[r] - turned];
  });
  return affineFromRows(rows);
}
