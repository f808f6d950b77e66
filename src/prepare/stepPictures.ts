import { multiplyAffines } from '../volume/affine.js';
import { inverse, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Volume } from '../volume/volume.js';
import { openAtlas } from './atlas.js';
import { checkPicture } from './checkPicture.js';
import { measureImage } from './measure.js';
import type { PreparationTransforms } from './preparation.js';

/** Check pictures of a preparation's steps, each as soon as the step is done: PNG. */
export interface StepPictures {
  /** A checkerboard of the reference and a sequence that was aligned to it, both on the Case's grid. */
  aligned(second: Float32Array): Uint8Array;
  /** A checkerboard of the atlas and the reference; the reference alone without the atlas. */
  atlas(): Uint8Array;
  /** The reference with the brain's outline. */
  brain(mask: Uint8Array): Uint8Array;
  /** The reference as it was cut out. */
  cutOut(image: Float32Array): Uint8Array;
}

/**
 * @param first the reference on the Case's grid, skull and all.
 * @param transforms how the atlas lies in the Case.
 */
export async function stepPictures(
  first: Float32Array,
  grid: Grid,
  transforms: Pick<PreparationTransforms, 'caseToReference' | 'atlasToReference'>,
): Promise<StepPictures> {
  const { caseToReference, atlasToReference } = transforms;
  const toCase = atlasToReference && multiplyAffines(inverse(caseToReference), atlasToReference);
  const atlas = toCase && (await openAtlas());
  const carried = (image: Volume) => resample(movedTo(image, toCase!), grid, { interpolation: 'linear' });
  const brain = atlas ? carried({ ...atlas.brain, data: Float32Array.from(atlas.brain.data) }) : first;
  const { box } = measureImage({ ...grid, data: brain });
  const through = mapAxes(box.first, (n, axis) => Math.max(0, (n + box.last[axis]) >> 1));
  return {
    aligned: (second) => checkPicture({ first, second, through }, grid),
    atlas: () => checkPicture({ first, second: atlas ? carried(atlas.head) : first, through }, grid),
    brain: (mask) => checkPicture({ first, mask, through }, grid),
    cutOut: (image) => checkPicture({ first: image, through }, grid),
  };
}
