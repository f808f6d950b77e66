import { join } from 'node:path';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';

/** A box around the tumour of the simulated sample patient: a tenth of the head, and of the work. */
const LOW = [40, 70, 50] as const satisfies Size;
export const CROPPED_SIZE = [96, 112, 80] as const satisfies Size;
const SIZE: Size = CROPPED_SIZE;

/** Writes `<folder>/<name>_<part>.nii.gz` for sequences and `seg`, in the world where they were. `segment` needs `--force` for them. */
export async function writeCroppedSample(
  folder: string,
  name: string,
  parts: readonly string[],
): Promise<void> {
  for (const part of parts) {
    const cut = crop(await readVolume(join(SAMPLE_PATIENT, `simulated-patient_${part}.nii.gz`)));
    const data = part === 'seg' ? Uint8Array.from(cut.data) : Int16Array.from(cut.data);
    await writeNifti(join(folder, `${name}_${part}.nii.gz`), { ...cut, data });
  }
}

function crop({ data, size, affine }: Volume): Volume {
  const cut = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let k = 0, at = 0; k < SIZE[2]; k++)
    for (let j = 0; j < SIZE[1]; j++)
      for (let i = 0; i < SIZE[0]; i++, at++)
        cut[at] = data[i + LOW[0] + size[0] * (j + LOW[1] + size[1] * (k + LOW[2]))];
  const moved = [...affine];
  for (let row = 0; row < 3; row++)
    moved[12 + row] += LOW[0] * affine[row] + LOW[1] * affine[4 + row] + LOW[2] * affine[8 + row];
  return { size: SIZE, affine: moved as unknown as Affine, data: cut };
}
