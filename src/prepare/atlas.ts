import { fileURLToPath } from 'node:url';
import { QuorumError } from '../errors.js';
import { sameGrid } from '../volume/affine.js';
import { readLabelMap, readVolume } from '../volume/read.js';
import type { Grid, Volume } from '../volume/volume.js';

/** Where BraTS volumes lie: 240 × 240 × 155 voxels of 1 mm, axes to the left, the back and upwards. */
export const BRATS_GRID: Grid = {
  size: [240, 240, 155],
  affine: [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 239, 0, 1],
};

/** Radius by which the sulci of the atlas's brain mask are filled (resources/atlas/make-atlas.ts). */
export const ATLAS_MASK_CLOSING_MM = 6;

/** One head and its brain on the BraTS grid (Colin 27, T1-weighted: Holmes et al., J Comput Assist Tomogr 1998). */
export interface Atlas {
  readonly head: Volume;
  /** 1 inside the brain. */
  readonly brain: Volume<Uint8Array>;
}

const folder = new URL('../../resources/atlas/', import.meta.url);

let loaded: Promise<Atlas> | null = null;

/**
 * The atlas that comes with Quorum, read once per process.
 *
 * @throws QuorumError ATLAS_INVALID when its files are not on the BraTS grid, and what reading a file throws.
 */
export function openAtlas(): Promise<Atlas> {
  loaded ??= readAtlas();
  return loaded;
}

async function readAtlas(): Promise<Atlas> {
  const [head, brain] = await Promise.all([
    readVolume(fileURLToPath(new URL('head.nii.gz', folder))),
    readLabelMap(fileURLToPath(new URL('brain-mask.nii.gz', folder))),
  ]);
  if (!sameGrid(head, BRATS_GRID) || !sameGrid(brain, BRATS_GRID))
    throw new QuorumError({ code: 'ATLAS_INVALID', expected: 'the BraTS grid' });
  return { head, brain };
}
