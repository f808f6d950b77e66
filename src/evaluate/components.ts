import type { Mask } from './mask.js';

/** Number of neighbours that count as connected: faces, faces and edges, or all. */
export type Connectivity = 6 | 18 | 26;

/** Labels 1..count in the order in which a scan with x fastest meets the components; 0 is background. */
export interface Components {
  readonly labels: Int32Array;
  readonly count: number;
}

/** Connected components of a mask. */
export function connectedComponents(mask: Mask, connectivity: Connectivity): Components {
  const labels = new Int32Array(mask.data.length);
  const visit = neighbourVisitor(mask.size, connectivity);
  const stack: number[] = [];
  let count = 0;
  for (let seed = 0; seed < labels.length; seed++) {
    if (mask.data[seed] === 0 || labels[seed] !== 0) continue;
    count += 1;
    labels[seed] = count;
    stack.push(seed);
    while (stack.length > 0) {
      visit(stack.pop()!, (v) => {
        if (mask.data[v] === 0 || labels[v] !== 0) return;
        labels[v] = count;
        stack.push(v);
      });
    }
  }
  return { labels, count };
}

/** The mask grown `iterations` times by all neighbours of the given connectivity. */
export function dilate(mask: Mask, connectivity: Connectivity, iterations: number): Mask {
  const data = mask.data.slice();
  const visit = neighbourVisitor(mask.size, connectivity);
  let front: number[] = [];
  data.forEach((value, v) => {
    if (value !== 0) front.push(v);
  });
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next: number[] = [];
    for (const voxel of front) {
      visit(voxel, (v) => {
        if (data[v] !== 0) return;
        data[v] = 1;
        next.push(v);
      });
    }
    front = next;
  }
  return { data, size: mask.size };
}

type Visit = (voxel: number, callback: (neighbour: number) => void) => void;

function neighbourVisitor([nx, ny, nz]: Mask['size'], connectivity: Connectivity): Visit {
  const reach = { 6: 1, 18: 2, 26: 3 }[connectivity];
  const steps = [-1, 0, 1].flatMap((dk) =>
    [-1, 0, 1].flatMap((dj) => [-1, 0, 1].map((di) => [di, dj, dk] as const)),
  );
  const neighbours = steps.filter(([di, dj, dk]) => {
    const distance = Math.abs(di) + Math.abs(dj) + Math.abs(dk);
    return distance > 0 && distance <= reach;
  });
  return (voxel, callback) => {
    const i = voxel % nx;
    const j = Math.floor(voxel / nx) % ny;
    const k = Math.floor(voxel / (nx * ny));
    for (const [di, dj, dk] of neighbours) {
      const [x, y, z] = [i + di, j + dj, k + dk];
      if (x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz) callback(x + nx * (y + ny * z));
    }
  };
}
