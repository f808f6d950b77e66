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
  const offsets = STEPS.map(([di, dj, dk]) => di + nx * (dj + ny * dk));
  let front: number[] = [];
  for (let v = 0; v < data.length; v++) if (data[v] !== 0) front.push(v);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next: number[] = [];
    for (const voxel of front) {
      const i = voxel % nx;
      const j = Math.floor(voxel / nx) % ny;
      const k = Math.floor(voxel / (nx * ny));
      const atEdge = i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1;
      for (let step = 0; step < STEPS.length; step++) {
        if (atEdge && !isInside(mask.size, i + STEPS[step][0], j + STEPS[step][1], k + STEPS[step][2]))
          continue;
        const neighbour = voxel + offsets[step];
        if (data[neighbour] !== 0) continue;
        data[neighbour] = 1;
        next.push(neighbour);
      }
    }
    front = next;
  }
  return { data, size: mask.size };
}

function isInside([nx, ny, nz]: Mask['size'], i: number, j: number, k: number): boolean {
  return i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz;
}
