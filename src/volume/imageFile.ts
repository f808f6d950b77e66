import { QuorumError } from '../errors.js';
import { largestShear } from './affine.js';
import type { HeaderRemark, NiftiForm } from './niftiForm.js';
import { type Affine, type Grid, type Size, type Volume, voxelCount } from './volume.js';
import { BYTES_PER_VOXEL, type VoxelType } from './voxelTypes.js';

export type ImageFormat = 'nifti1' | 'nifti2' | 'analyze' | 'metaimage' | 'nrrd' | 'mgh';

/** How the names of image files end; an Analyze pair goes by its .hdr. */
export const IMAGE_ENDINGS = [
  '.nii',
  '.nii.gz',
  '.mha',
  '.mhd',
  '.nrrd',
  '.nhdr',
  '.mgz',
  '.mgh',
  '.hdr',
] as const;

/** What is known of an image file without its voxels: geometry (RAS mm), stored type, and where it came from. */
export interface ImageHeader extends Grid {
  readonly file: string;
  readonly format: ImageFormat;
  /** How a voxel is stored in the file, before any scaling. */
  readonly datatype: VoxelType;
  /** NIfTI only: the orientation fields as the file has them, to write a mask on exactly the same ones. */
  readonly niftiHeader?: NiftiForm;
  /** The file that holds the voxels, where that is another one beside the header. */
  readonly dataFile?: string;
  /** What is to be said of where its voxels lie; absent where nothing is. */
  readonly remarks?: readonly HeaderRemark[];
}

/** An image file with its voxels, scaled as its header says, all finite. */
export interface ImageFile extends ImageHeader, Volume<Float32Array> {}

/** Bounds beyond which a header is taken for damaged or hostile rather than for a head. */
export const MAX_AXIS = 4096;
export const MAX_VOXELS = 2 ** 29;

/**
 * Refuses a size that no head scan has, before anything of that size is allocated.
 * @throws QuorumError HEADER_INVALID (an axis below 1 or not whole), DATA_TOO_LARGE
 */
export function checkSize(size: Size, field: string, file: string): void {
  for (const n of size) {
    if (!Number.isInteger(n) || n < 1) {
      throw new QuorumError({
        code: 'HEADER_INVALID',
        field,
        expected: 'whole numbers from 1',
        found: size.join(' × '),
        file,
      });
    }
  }
  if (size.some((n) => n > MAX_AXIS) || voxelCount(size) > MAX_VOXELS) {
    throw new QuorumError({
      code: 'DATA_TOO_LARGE',
      field,
      expected: `at most ${MAX_AXIS} along an axis and ${MAX_VOXELS} voxels`,
      found: size.join(' × '),
      file,
    });
  }
}

/** Axes that meet at angles further than this from 90° are sheared: sampling and resampling here take them as orthogonal. */
const MOST_SHEAR = 0.05;

/**
 * Refuses a grid whose axes do not meet at right angles.
 * @throws QuorumError HEADER_INVALID
 */
export function checkRightAngles(affine: Affine, field: string, file: string): void {
  const shear = largestShear(affine);
  if (shear <= MOST_SHEAR) return;
  throw new QuorumError({
    code: 'HEADER_INVALID',
    field,
    expected:
      'axes at right angles: resample the image onto such a grid, without the shear of an affine registration',
    found: `sheared by ${shear.toFixed(2)}°`,
    file,
  });
}

/** Bytes that the voxels of a header take in its file once decompressed. */
export function storedBytes(header: Pick<ImageHeader, 'size' | 'datatype'>): number {
  return voxelCount(header.size) * BYTES_PER_VOXEL[header.datatype];
}
