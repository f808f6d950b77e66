import type { PlaneAxes, Vec3 } from './geometry.js';

/** Changes of voxels as runs: triples (index of the first voxel, number of voxels, new label), x fastest. */

/** Applies runs to a mask in place. */
export function applyRuns(mask: Uint8Array, runs: Uint32Array): void {
  for (let at = 0; at < runs.length; at += 3) mask.fill(runs[at + 2], runs[at], runs[at] + runs[at + 1]);
}

/** Runs that give `label` to the voxels with these indices. */
export function runsOf(indices: Iterable<number>, label: number): Uint32Array<ArrayBuffer> {
  const sorted = Uint32Array.from(indices).sort();
  const runs: number[] = [];
  for (const index of sorted) {
    const last = runs.length - 3;
    if (last >= 0 && runs[last] + runs[last + 1] === index) runs[last + 1]++;
    else if (last < 0 || runs[last] + runs[last + 1] < index) runs.push(index, 1, label);
  }
  return new Uint32Array(runs);
}

export interface Brush {
  /** Diameter in mm. */
  readonly diameter: number;
  /** A ball instead of a disc in the plane. */
  readonly threeD: boolean;
}

/** Indices of the voxels under a brush at `centre`: those whose centres lie within its radius (at least the one hit). */
export function brushVoxels(
  size: readonly number[],
  spacing: readonly number[],
  centre: Vec3,
  brush: Brush,
  axes: PlaneAxes,
): number[] {
  const radius = brush.diameter / 2;
  const reach = spacing.map((mm, axis) =>
    !brush.threeD && axis === axes.through ? 0 : Math.floor(radius / mm),
  );
  const low = centre.map((c, a) => Math.max(0, c - reach[a]));
  const high = centre.map((c, a) => Math.min(size[a] - 1, c + reach[a]));
  const indices: number[] = [];
  for (let k = low[2]; k <= high[2]; k++)
    for (let j = low[1]; j <= high[1]; j++)
      for (let i = low[0]; i <= high[0]; i++) {
        const distance = Math.hypot(
          (i - centre[0]) * spacing[0],
          (j - centre[1]) * spacing[1],
          (k - centre[2]) * spacing[2],
        );
        if (distance <= radius || distance === 0) indices.push(i + size[0] * (j + size[1] * k));
      }
  return indices;
}

/** Voxels on the line between two voxels, both included, so that a fast stroke has no gaps. */
export function lineBetween(from: Vec3, to: Vec3): Vec3[] {
  const steps = Math.max(1, ...from.map((value, axis) => Math.abs(to[axis] - value)));
  return Array.from(
    { length: steps + 1 },
    (_, step) => from.map((value, axis) => Math.round(value + ((to[axis] - value) * step) / steps)) as Vec3,
  );
}

/** Indices of the connected voxels (4 neighbours in the plane) that have the label of the voxel that was hit. */
export function fillVoxels(mask: Uint8Array, size: readonly number[], hit: Vec3, axes: PlaneAxes): number[] {
  const strides = [1, size[0], size[0] * size[1]];
  const start = hit[0] + strides[1] * hit[1] + strides[2] * hit[2];
  const label = mask[start];
  const seen = new Set([start]);
  const queue = [start];
  const plane = [axes.x.axis, axes.y.axis];
  for (let at = 0; at < queue.length; at++) {
    const index = queue[at];
    for (const axis of plane) {
      const place = Math.floor(index / strides[axis]) % size[axis];
      for (const step of [-1, 1]) {
        const neighbour = index + step * strides[axis];
        if (place + step < 0 || place + step >= size[axis] || seen.has(neighbour)) continue;
        if (mask[neighbour] !== label) continue;
        seen.add(neighbour);
        queue.push(neighbour);
      }
    }
  }
  return queue;
}
