import type { HeaderRemark } from '../volume/read.js';

/** What headers leave open, or contradict themselves in, in words. */
export const HEADER_REMARKS: Record<HeaderRemark, string> = {
  ORIENTATION_UNKNOWN: 'no header says which side is left and which is right',
  VOXEL_SIZE_FROM_PIXDIM: 'its matrix (sform) has no voxel size: pixdim was taken',
  SFORM_UNUSABLE: 'its matrix (sform) places no voxel: the qform was taken',
};
