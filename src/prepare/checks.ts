import type { Problem } from '../errors.js';
import { ABOUT_1MM, isAbout1mm, voxelSpacing } from '../volume/affine.js';
import type { ImageFile } from '../volume/read.js';
import { DISTINCT_LIMIT, type ImageMeasurements } from './measure.js';

/** A skull-stripped brain has this many ml of non-zero voxels (chosen, not measured). */
export const PLAUSIBLE_BRAIN_ML: readonly [number, number] = [600, 2000];

/** A brain with air around it fills at most this share of the box around it (an ellipsoid fills 0.52). */
const LARGEST_BOX_FILL = 0.85;

/** Problems that no option overrides: there is nothing in the image, or it is a mask. */
export function contentProblem(image: ImageFile, measured: ImageMeasurements): Problem | null {
  if (measured.nonZeroVoxels === 0) {
    return { code: 'EMPTY_IMAGE', file: image.file, expected: 'non-zero voxels', found: 'all voxels are 0' };
  }
  if (measured.allIntegers && measured.distinctValues <= DISTINCT_LIMIT) {
    const found = `${measured.distinctValues} distinct integer values`;
    return { code: 'MASK_AS_IMAGE', file: image.file, expected: 'image intensities', found };
  }
  return null;
}

/** What a scan that was not prepared for this model lacks: about 1 mm voxels, and a stripped skull. */
export function preparationProblems(image: ImageFile, measured: ImageMeasurements): Problem[] {
  const problems: Problem[] = [];
  const spacing = voxelSpacing(image.affine);
  if (!isAbout1mm(image)) {
    problems.push({
      code: 'NOT_ISOTROPIC_1MM',
      file: image.file,
      expected: `voxel sides of ${ABOUT_1MM.join('–')} mm`,
      found: `${spacing.map((side) => side.toFixed(2)).join(' × ')} mm`,
    });
  }
  const ml = (measured.nonZeroVoxels * spacing[0] * spacing[1] * spacing[2]) / 1000;
  const [least, most] = PLAUSIBLE_BRAIN_ML;
  if (ml < least || ml > most || measured.boxFill > LARGEST_BOX_FILL) {
    problems.push({
      code: 'NOT_SKULL_STRIPPED',
      file: image.file,
      expected: `${least}–${most} ml of non-zero voxels with air (exactly 0) around them`,
      found: `${ml.toFixed(0)} ml, ${(100 * measured.boxFill).toFixed(0)} % of the box around them`,
    });
  }
  return problems;
}
