import type { Mask } from '../masks/mask.js';

/** Steps to the 18 neighbours that share a face or an edge. */
const STEPS = [-1, 0, 1]
  .flatMap((dk) => [-1, 0, 1].flatMap((dj) => [-1, 0, 1].map((di) => [di, dj, dk] as const)))
  .filter(([di, dj, dk]) => {
    const distance = Math.abs(di) + Math.abs(dj) + Math.abs(dk);
    return distance === 1 || distance === 2;
  });

/** The mask grown `iterations` times by all neighbours that share a face or an edge (18). */
export function dilate(mask: Mask, iterations: number): Mask {
  const [nx, ny, nz] = mask.size;
  const data = mask.data.slice();
  let front: number[] = [];
  data.forEach((value, v) => {
    if (value !== 0) front.push(v);
  });
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next: number[] = [];
    for (const voxel of front) {
      const i = voxel % nx;
      const j = Math.floor(voxel / nx) % ny;
      const k = Math.floor(voxel / (nx * ny));
      for (const [di, dj, dk] of STEPS) {
        const [x, y, z] = [i + di, j + dj, k + dk];
        if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) continue;
        const neighbour = x + nx * (y + ny * z);
        if (data[neighbour] !== 0) continue;
        data[neighbour] = 1;
        next.push(neighbour);
      }
    }
    front = next;
  }
  return { data, size: mask.size };
}
