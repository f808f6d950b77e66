import type { Size } from '../../src/volume/volume.js';

/** Arrival times are counted in these steps of the cost of one voxel. */
const STEPS_PER_COST = 16;

/**
 * A front that starts at `seed` (0 or 1) and needs `cost` (> 0, Infinity = never) to enter a voxel, through faces:
 * seed and the voxels reached first, `count` in all, as 0 and 1. Dijkstra's algorithm with a bucket queue (Dial 1969).
 */
export function grownVolume(seed: Float32Array, cost: Float32Array, size: Size, count: number): Float32Array {
  const reached = new Float32Array(seed.length);
  const buckets: number[][] = [[]];
  seed.forEach((s, v) => {
    if (s) buckets[0].push(v);
  });
  let left = count;
  for (let time = 0; time < buckets.length && left > 0; time++) {
    for (const v of buckets[time] ?? []) {
      if (reached[v] || left === 0) continue;
      reached[v] = 1;
      left--;
      for (const next of neighbours(v, size)) {
        if (reached[next] || !Number.isFinite(cost[next])) continue;
        const arrival = time + Math.max(1, Math.round(STEPS_PER_COST * cost[next]));
        buckets[arrival] ??= [];
        buckets[arrival].push(next);
      }
    }
  }
  return reached;
}

function neighbours(v: number, [nx, ny, nz]: Size): number[] {
  const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
  const found: number[] = [];
  if (i > 0) found.push(v - 1);
  if (i < nx - 1) found.push(v + 1);
  if (j > 0) found.push(v - nx);
  if (j < ny - 1) found.push(v + nx);
  if (k > 0) found.push(v - nx * ny);
  if (k < nz - 1) found.push(v + nx * ny);
  return found;
}
