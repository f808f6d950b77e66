import { voxelToWorld } from './affine.js';
import { type Connectivity, sizesOfRuns } from './connectedRuns.js';
import { type Volume, voxelCount } from './volume.js';

/** One connected part of a mask. */
export interface Component {
  readonly voxelCount: number;
  /** Mean voxel index (i, j, k), fractional. */
  readonly centroid: readonly [number, number, number];
  /** The centroid in RAS mm. */
  readonly centroidMm: readonly [number, number, number];
  /** Indices of its voxels into the volume's data. */
  readonly voxels: Uint32Array;
}

/**
 * The connected components of the voxels whose value satisfies `isMember`, largest first (then by first voxel).
 * Takes one byte per voxel of the volume and four per voxel of the mask.
 */
export function connectedComponents(
  volume: Volume<Uint8Array>,
  isMember: (value: number) => boolean,
  connectivity: Connectivity,
): Component[] {
  const { unvisited, count } = memberFlags(volume, isMember);
  const queue = new Uint32Array(count);
  const grow = growth(volume, unvisited, queue, connectivity);
  const components: Component[] = [];
  let filled = 0;
  for (let seed = unvisited.indexOf(1); seed >= 0; seed = unvisited.indexOf(1, seed + 1)) {
    const end = grow(seed, filled);
    components.push(describe(volume, queue.subarray(filled, end)));
    filled = end;
  }
  return components.sort(largestFirst);
}

/**
 * Those of `connectedComponents` that are small, and alike: how large each is follows from its runs along x, and only the small ones are
 * walked voxel by voxel.
 *
 * @param isSmall by the number of voxels.
 */
export function smallComponents(
  volume: Volume<Uint8Array>,
  isMember: (value: number) => boolean,
  connectivity: Connectivity,
  isSmall: (voxels: number) => boolean,
): Component[] {
  const { unvisited } = memberFlags(volume, isMember);
  const small = sizesOfRuns(unvisited, volume.size, connectivity).filter(({ voxels }) => isSmall(voxels));
  const queue = new Uint32Array(small.reduce((sum, { voxels }) => sum + voxels, 0));
  const grow = growth(volume, unvisited, queue, connectivity);
  let filled = 0;
  const components = small.map(({ first }) => {
    const start = filled;
    filled = grow(first, start);
    return describe(volume, queue.subarray(start, filled));
  });
  return components.sort(largestFirst);
}

const largestFirst = (a: Component, b: Component) => b.voxelCount - a.voxelCount || a.voxels[0] - b.voxels[0];

function memberFlags({ data, size }: Volume<Uint8Array>, isMember: (value: number) => boolean) {
  const table = Uint8Array.from({ length: 256 }, (_, value) => (isMember(value) ? 1 : 0));
  const unvisited = new Uint8Array(voxelCount(size));
  let count = 0;
  for (let i = 0; i < unvisited.length; i++) {
    const flag = table[data[i]];
    unvisited[i] = flag;
    count += flag;
  }
  return { unvisited, count };
}

/** Breadth-first growth from a seed; the queue, from `start` on, is at the same time the list of voxels found. */
function growth(
  { size: [nx, ny, nz] }: Volume<Uint8Array>,
  unvisited: Uint8Array,
  queue: Uint32Array,
  connectivity: Connectivity,
): (seed: number, start: number) => number {
  const isFlat = nz === 1;
  const steps = neighbourSteps(connectivity).filter(([, , dk]) => !isFlat || dk === 0);
  const offsets = Int32Array.from(steps, ([di, dj, dk]) => di + nx * (dj + ny * dk));
  return (seed, start) => {
    let end = start;
    unvisited[seed] = 0;
    queue[end++] = seed;
    for (let next = start; next < end; next++) {
      const index = queue[next];
      const i = index % nx;
      const j = ((index - i) / nx) % ny;
      const k = (index - i - j * nx) / (nx * ny);
      const isInside = i > 0 && i < nx - 1 && j > 0 && j < ny - 1 && (isFlat || (k > 0 && k < nz - 1));
      for (let step = 0; step < offsets.length; step++) {
        if (!isInside) {
          const [ni, nj, nk] = [i + steps[step][0], j + steps[step][1], k + steps[step][2]];
          if (ni < 0 || ni >= nx || nj < 0 || nj >= ny || nk < 0 || nk >= nz) continue;
        }
        const neighbour = index + offsets[step];
        if (unvisited[neighbour] === 0) continue;
        unvisited[neighbour] = 0;
        queue[end++] = neighbour;
      }
    }
    return end;
  };
}

function neighbourSteps(connectivity: Connectivity): [number, number, number][] {
  const around = [-1, 0, 1];
  const all = around.flatMap((k) =>
    around.flatMap((j) => around.map((i): [number, number, number] => [i, j, k])),
  );
  const limit = connectivity === 6 ? 1 : 3;
  return all.filter(([i, j, k]) => {
    const distance = Math.abs(i) + Math.abs(j) + Math.abs(k);
    return distance > 0 && distance <= limit;
  });
}

function describe({ size: [nx, ny], affine }: Volume<Uint8Array>, voxels: Uint32Array): Component {
  let [sumI, sumJ, sumK] = [0, 0, 0];
  for (const index of voxels) {
    const i = index % nx;
    const j = ((index - i) / nx) % ny;
    sumI += i;
    sumJ += j;
    sumK += (index - i - j * nx) / (nx * ny);
  }
  const n = voxels.length;
  const centroid = [sumI / n, sumJ / n, sumK / n] as const;
  return { voxelCount: n, centroid, centroidMm: voxelToWorld(affine, ...centroid), voxels };
}
