import { multiplyAffines, voxelSpacing } from '../volume/affine.js';
import { reorient, reorientationTo } from '../volume/orientation.js';
import type { ImageFile } from '../volume/read.js';
import type { Affine, Grid } from '../volume/volume.js';
import { inverse, movedTo } from './placement.js';
import type { PreparationTransforms } from './preparation.js';

/**
 * The frame that an image gives by itself: its axes, named by the patient's axes next to them, and its middle at 0. Two copies of one scan
 * whose headers place it otherwise, or store it in another order, are the same in it, and so is all that registration finds.
 */
export interface OwnFrame {
  /** RAS mm by the headers → mm of this frame. */
  readonly toOwn: Affine;
  readonly fromOwn: Affine;
}

export function ownFrameOf(reference: Grid): OwnFrame {
  const { size, affine } = reorientationTo(reference, 'RAS').target;
  const [x, y, z] = voxelSpacing(affine);
  const [ox, oy, oz] = [x, y, z].map((mm, axis) => (-mm * (size[axis] - 1)) / 2);
  const straight: Affine = [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, ox, oy, oz, 1];
  const toOwn = multiplyAffines(straight, inverse(affine));
  return { toOwn, fromOwn: inverse(toOwn) };
}

/** The image in the frame, its voxels in the order of RAS. */
export function inFrame(image: ImageFile, { toOwn }: OwnFrame): ImageFile {
  return movedTo({ ...image, ...reorient(image, 'RAS') }, toOwn);
}

/** Transforms between RAS mm of the headers, in the frame. */
export function intoFrame(transforms: PreparationTransforms, frame: OwnFrame): PreparationTransforms {
  return carried(transforms, frame.toOwn, frame.fromOwn);
}

/** Transforms in the frame, between RAS mm of the headers. */
export function outOfFrame(transforms: PreparationTransforms, frame: OwnFrame): PreparationTransforms {
  return carried(transforms, frame.fromOwn, frame.toOwn);
}

function carried(
  { fromReference, caseToReference, atlasToReference }: PreparationTransforms,
  to: Affine,
  back: Affine,
): PreparationTransforms {
  return {
    fromReference: Object.fromEntries(
      Object.entries(fromReference).map(([m, one]) => [m, multiplyAffines(to, multiplyAffines(one, back))]),
    ),
    caseToReference: multiplyAffines(to, caseToReference),
    atlasToReference: atlasToReference && multiplyAffines(to, atlasToReference),
  };
}
