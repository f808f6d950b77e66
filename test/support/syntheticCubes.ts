import { lpsAffine, writeCase, writeDescription } from '../training/datasetFolder.js';

/** The model's spacing in mm, where cut-outs must lie. */
export const MODEL_SPACING: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];

/** Whether a voxel of 16³ (x fastest) lies in the ball that is the tumour of case `index`. */
export function inTumour(index: number, voxel: number): boolean {
  const at = [voxel % 16, Math.floor(voxel / 16) % 16, Math.floor(voxel / 256)];
  return at.reduce((sum, x, axis) => sum + (x - 7 - ((index + axis) % 3)) ** 2, 0) < 20;
}

/**
 * A data set of four cut-outs of 16³ voxels, `p0_cube` to `p3_cube`, z-scored, one patient each. Their tumours are
 * bright balls, all enhancing; the third has T1 and FLAIR alone, the fourth T1ce and FLAIR.
 */
export async function writeCubes(folder: string): Promise<string> {
  await writeDescription(folder, {
    intensities: 'z-score',
    known: 'nonzero-box',
    patient: '^p\\d+',
    spacing: MODEL_SPACING,
  });
  const lists = [
    ['t1', 't1ce', 't2', 'flair'],
    ['t1', 't1ce', 't2', 'flair'],
    ['t1', 'flair'],
    ['t1ce', 'flair'],
  ];
  for (const [index, modalities] of lists.entries()) {
    await writeCase(folder, `p${index}_cube`, {
      size: [16, 16, 16],
      affine: lpsAffine(MODEL_SPACING),
      modalities,
      labels: Array.from({ length: 4096 }, (_, v) => (inTumour(index, v) ? 4 : 0)),
      value: (modality, v) => (inTumour(index, v) ? 2 : -0.3) + Math.sin(v * 7.1 + modality.length) / 4,
    });
  }
  return folder;
}
