import type { Size } from './volume.js';

/** Neighbours by face (6), or by face, edge and corner (26). */
export type Connectivity = 6 | 26;

/** A connected component without its voxels. */
export interface ComponentSize {
  /** Index of its first voxel. */
  readonly first: number;
  readonly voxels: number;
}

/**
 * How large the connected components of a mask are, by first voxel: runs along x that touch are joined (union-find), which looks at
 * each voxel once, where a walk looks at all neighbours of each.
 *
 * @param flags 1 in the mask, 0 outside; x fastest.
 */
export function sizesOfRuns(flags: Uint8Array, size: Size, connectivity: Connectivity): ComponentSize[] {
  const { first, end, rowStart } = runsAlongX(flags, size);
  const parent = Uint32Array.from(first, (_, run) => run);
  const join = joining(parent);
  const [nx, ny, nz] = size;
  // Runs of diagonal neighbours touch where one ends beside the other's beginning.
  const reach = connectivity === 26 ? 1 : 0;
  const rowsBefore = connectivity === 26 ? DIAGONAL_ROWS : STRAIGHT_ROWS;
  for (let row = 0; row < ny * nz; row++) {
    if (rowStart[row] === rowStart[row + 1]) continue;
    const j = row % ny;
    for (const [dj, dk] of rowsBefore) {
      const other = row + dj + ny * dk;
      if (other < 0 || j + dj < 0 || j + dj >= ny) continue;
      const shift = (row - other) * nx;
      let a = rowStart[other];
      let b = rowStart[row];
      while (a < rowStart[other + 1] && b < rowStart[row + 1]) {
        if (first[a] + shift < end[b] + reach && first[b] < end[a] + shift + reach) join(a, b);
        if (end[a] + shift < end[b]) a++;
        else b++;
      }
    }
  }
  return sizesByRoot(parent, first, end);
}

/** Rows (dj, dk) before a row that it may touch. */
const STRAIGHT_ROWS = [
  [-1, 0],
  [0, -1],
] as const;
const DIAGONAL_ROWS = [...STRAIGHT_ROWS, [-1, -1], [1, -1]] as const;

/** First voxel and the one after the last of each run, and each row's first run; one more row ends the last. */
function runsAlongX(flags: Uint8Array, [nx, ny, nz]: Size) {
  const first: number[] = [];
  const end: number[] = [];
  const rowStart = new Uint32Array(ny * nz + 1);
  for (let row = 0, at = 0; row < ny * nz; row++) {
    rowStart[row] = first.length;
    const rowEnd = at + nx;
    while (at < rowEnd) {
      while (at < rowEnd && flags[at] === 0) at++;
      if (at === rowEnd) break;
      first.push(at);
      while (at < rowEnd && flags[at] !== 0) at++;
      end.push(at);
    }
  }
  rowStart[ny * nz] = first.length;
  return { first, end, rowStart };
}

/** Joins the trees of two runs; the smaller index is the root, so that a root holds its component's first voxel. */
function joining(parent: Uint32Array): (a: number, b: number) => void {
  const rootOf = (run: number) => {
    let at = run;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  return (a, b) => {
    const [rootA, rootB] = [rootOf(a), rootOf(b)];
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  };
}

function sizesByRoot(parent: Uint32Array, first: readonly number[], end: readonly number[]): ComponentSize[] {
  const voxels = new Uint32Array(parent.length);
  // A parent comes before its children: by the time a run is reached, its parent is its root.
  for (let run = 0; run < parent.length; run++) {
    parent[run] = parent[parent[run]];
    voxels[parent[run]] += end[run] - first[run];
  }
  return first.flatMap((start, run) => (parent[run] === run ? [{ first: start, voxels: voxels[run] }] : []));
}
