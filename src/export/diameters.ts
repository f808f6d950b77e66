import { isInRegion } from '../masks/labels.js';
import { type PerRegion, perRegion } from '../terms.js';
import { axisCodes, voxelSpacing, voxelToWorld } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { type Extent, extentOf } from '../volume/extent.js';
import type { Affine, Volume } from '../volume/volume.js';

/** The longest diameter of a region in one axial slice, and the longest one perpendicular to it in the same slice. */
export interface Diameters {
  readonly longestMm: number;
  readonly perpendicularMm: number;
  /** The slice: a voxel index along the axis of the grid that is nearest to head-foot, and the RAS z of the diameter's middle. */
  readonly slice: number;
  readonly sliceZMm: number;
}

/** The diameters of each region of a mask; null where it is empty. */
export function regionDiameters(mask: Volume<Uint8Array>): PerRegion<Diameters | null> {
  const extent = extentOf(mask.data, mask.size);
  return perRegion((_, region) => axialDiameters(mask, (label) => isInRegion(label, region), extent));
}

type Point = readonly [number, number];

/**
 * The two diameters that response criteria measure (longest × perpendicular, as in RANO 2.0), from a mask: both ends lie in one
 * connected part of the region in one slice; the slice and the part are those with the longest diameter. Slices are those of the
 * grid's planes nearest to axial, found from the affine. A voxel reaches half its side from its centre, so a row of n voxels is
 * n sides long (as PyRadiomics' Maximum2DDiameterSlice). The perpendicular is the longest chord of the part's convex hull at a right
 * angle to the longest diameter.
 *
 * @param isMember whether a label belongs to the region.
 * @param extent of the mask.
 * @returns null for an empty region.
 */
export function axialDiameters(
  mask: Volume<Uint8Array>,
  isMember: (label: number) => boolean,
  extent = extentOf(mask.data, mask.size),
): Diameters | null {
  if (!extent) return null;
  const axial = [...axisCodes(mask.affine)].findIndex((code) => 'SI'.includes(code));
  const plane = planeOf(mask, axial, extent);
  let best: Diameters | null = null;
  for (let slice = extent.first[axial]; slice <= extent.last[axial]; slice++) {
    const { data, withinMm } = plane.slice(slice, isMember);
    if (withinMm === 0 || (best && withinMm * ROUNDING < best.longestMm)) continue;
    const [width, height] = plane.size;
    const parts = connectedComponents(
      { size: [width, height, 1], affine: mask.affine, data },
      (value) => value === 1,
      26,
    );
    for (const { voxels } of parts) {
      const hull = convexHull(plane.edges(voxels));
      const { from, to, longestMm, perpendicularMm } = diametersOf(hull);
      if (best && longestMm <= best.longestMm) continue;
      const middle = plane.toVoxel([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], slice);
      best = { longestMm, perpendicularMm, slice, sliceZMm: voxelToWorld(mask.affine, ...middle)[2] };
    }
  }
  return best;
}

/**
 * The slices across one axis as far as the mask reaches, and their coordinates in mm: x along the first remaining axis, y at a right angle
 * to it.
 */
function planeOf(mask: Volume<Uint8Array>, across: number, { first, last }: Extent) {
  const [a, b] = [0, 1, 2].filter((axis) => axis !== across);
  const strides = [1, mask.size[0], mask.size[0] * mask.size[1]];
  const size: Point = [last[a] - first[a] + 1, last[b] - first[b] + 1];
  const { side, skew, height } = inPlaneSides(mask.affine, a, b);
  return {
    size,
    /** 1 where the region is, and the diagonal of the box around it: no diameter is longer. 0 for a slice without any. */
    slice(n: number, isMember: (label: number) => boolean): { data: Uint8Array; withinMm: number } {
      const data = new Uint8Array(size[0] * size[1]);
      const low: [number, number] = [...size];
      const high: [number, number] = [-1, -1];
      for (let v = 0, at = 0; v < size[1]; v++) {
        let from = n * strides[across] + (first[b] + v) * strides[b] + first[a] * strides[a];
        for (let u = 0; u < size[0]; u++, at++, from += strides[a]) {
          if (mask.data[from] === 0 || !isMember(mask.data[from])) continue;
          data[at] = 1;
          if (u < low[0]) low[0] = u;
          if (u > high[0]) high[0] = u;
          if (v < low[1]) low[1] = v;
          high[1] = v;
        }
      }
      const [x, y] = [Math.max(0, high[0] - low[0] + 1) * side, Math.max(0, high[1] - low[1] + 1)];
      return { data, withinMm: Math.hypot(x + y * Math.abs(skew), y * height) };
    },
    /** The middles of the four edges, mm, of each row's first and last voxel: those between lie in the hull of these. */
    edges(voxels: Uint32Array): Point[] {
      const low = new Int32Array(size[1]).fill(size[0]);
      const high = new Int32Array(size[1]).fill(-1);
      for (const voxel of voxels) {
        const v = Math.floor(voxel / size[0]);
        const u = voxel - v * size[0];
        if (u < low[v]) low[v] = u;
        if (u > high[v]) high[v] = u;
      }
      const points: Point[] = [];
      for (let v = 0; v < size[1]; v++)
        for (const u of low[v] < high[v] ? [low[v], high[v]] : high[v] < 0 ? [] : [low[v]])
          for (const [du, dv] of HALF_STEPS) {
            const [p, q] = [first[a] + u + du, first[b] + v + dv];
            points.push([p * side + q * skew, q * height]);
          }
      return points;
    },
    toVoxel([x, y]: Point, n: number): [number, number, number] {
      const voxel: [number, number, number] = [n, n, n];
      voxel[b] = y / height;
      voxel[a] = (x - voxel[b] * skew) / side;
      return voxel;
    },
  };
}

/** What is longer by more than this is longer but for rounding. */
const ROUNDING = 1 + 1e-9;

const HALF_STEPS: readonly Point[] = [
  [-0.5, 0],
  [0.5, 0],
  [0, -0.5],
  [0, 0.5],
];

/** One step along axis a is (side, 0) mm, one along axis b (skew, height). */
function inPlaneSides(affine: Affine, a: number, b: number) {
  const spacing = voxelSpacing(affine);
  const product = [0, 1, 2].reduce((sum, row) => sum + affine[4 * a + row] * affine[4 * b + row], 0);
  const skew = product / spacing[a];
  return { side: spacing[a], skew, height: Math.sqrt(spacing[b] ** 2 - skew ** 2) };
}

const cross = (o: Point, p: Point, q: Point) => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
const distance = (p: Point, q: Point) => Math.hypot(p[0] - q[0], p[1] - q[1]);

/** Andrew's monotone chain: the corners of the hull, counter-clockwise. */
function convexHull(points: Point[]): Point[] {
  points.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const chain = (ordered: readonly Point[]) => {
    const kept: Point[] = [];
    for (const point of ordered) {
      while (kept.length > 1 && cross(kept[kept.length - 2], kept[kept.length - 1], point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return [...chain(points), ...chain(points.slice().reverse())];
}

/** The two corners farthest from each other; of pairs equally far that with the longest chord across. */
function diametersOf(hull: readonly Point[]) {
  const pairs = hull.flatMap((from, n) =>
    hull.slice(n + 1).map((to) => ({ from, to, mm: distance(from, to) })),
  );
  const longestMm = pairs.reduce((longest, { mm }) => Math.max(longest, mm), 0);
  return pairs
    .filter(({ mm }) => mm > longestMm * (1 - 1e-9))
    .map(({ from, to }) => ({
      from,
      to,
      longestMm,
      perpendicularMm: longestChord(hull, [from[1] - to[1], to[0] - from[0]]),
    }))
    .reduce((best, one) => (one.perpendicularMm > best.perpendicularMm ? one : best));
}

/** The longest chord of a convex polygon in a direction: it begins at a corner, for its length is concave between corners. */
function longestChord(hull: readonly Point[], direction: Point): number {
  const length = Math.hypot(...direction);
  const [dx, dy] = [direction[0] / length, direction[1] / length];
  const turned = hull.map(([x, y]): Point => [x * dy - y * dx, x * dx + y * dy]);
  return Math.max(...turned.map(([at]) => chordAt(turned, at)));
}

/** Extent in y of a convex polygon at one x. */
function chordAt(polygon: readonly Point[], at: number): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  polygon.forEach((p, n) => {
    const q = polygon[(n + 1) % polygon.length];
    if ((p[0] - at) * (q[0] - at) > 0) return;
    const ys = p[0] === q[0] ? [p[1], q[1]] : [p[1] + ((at - p[0]) / (q[0] - p[0])) * (q[1] - p[1])];
    low = Math.min(low, ...ys);
    high = Math.max(high, ...ys);
  });
  return high - low;
}
