import { type CoarseCase, stridesOf } from '../prepare/coarse.js';
import { voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { eroded, stepsFrom } from './morphology.js';
import { above, type OverTissue } from './overTissue.js';

/** A compact part of the brain that takes up contrast agent, whatever the mask says of it. */
export interface UptakeMass {
  readonly ml: number;
  /** Share of its surface (faces of voxels of 2 mm) where the brain ends: about a fifth of half a ball on the dura. */
  readonly edge: number;
  /** Share of it that is marked as enhancing tumour. */
  readonly marked: number;
}

/** T1ce above tissue less T1 above tissue, in standard deviations of the brain. */
const TAKES_UP = 2.5;
/** T1ce above tissue, in the same: what is merely darker in T1 takes up nothing. */
export const BRIGHT = 0.5;
/** Steps of 2 mm by which it is eroded: vessels, sinuses, meninges and thin rings vanish, what has 10 mm and more across stays. */
const COMPACT = 2;

/** 1 where T1ce shows uptake that T1 does not explain. */
export function uptakeIn(t1ce: OverTissue, t1: OverTissue, brain: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(brain.length);
  for (let v = 0; v < brain.length; v++) {
    if (brain[v] === 0 || t1.image.depth[v] === 0 || t1ce.image.depth[v] === 0) continue;
    const bright = above(t1ce, v);
    if (bright > BRIGHT && bright - above(t1, v) > TAKES_UP) out[v] = 1;
  }
  return out;
}

/**
 * Compact parts that take up contrast agent, largest first.
 *
 * @param uptake of `uptakeIn`.
 * @param enhancing the share of each coarse voxel that is marked as enhancing tumour.
 */
export function uptakeMasses(
  { grid, brain }: Pick<CoarseCase, 'grid' | 'brain'>,
  uptake: Uint8Array<ArrayBuffer>,
  enhancing: Float32Array,
): UptakeMass[] {
  const strides = stridesOf(grid.size);
  let cores = uptake;
  for (let step = 0; step < COMPACT; step++) cores = eroded(cores, strides);
  const ml = voxelVolume(grid.affine) / 1000;
  return connectedComponents({ ...grid, data: cores }, (one) => one === 1, 6).map(({ voxels }) => {
    const own = stepsFrom(voxels, uptake, strides, COMPACT);
    let [faces, edge, marked] = [0, 0, 0];
    for (const v of own.keys()) {
      if (enhancing[v] > 0.1) marked += 1;
      for (const stride of strides)
        for (const to of [v - stride, v + stride]) {
          if (own.has(to)) continue;
          faces += 1;
          if (brain[to] !== 1) edge += 1;
        }
    }
    return { ml: own.size * ml, edge: edge / faces, marked: marked / own.size };
  });
}
