import { join } from 'node:path';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { extentOf } from '../../src/volume/extent.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import { mapAxes } from '../../src/volume/tuples.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';

/** Voxels of an image: the first, and how many along each axis. */
interface Box {
  readonly low: Size;
  readonly size: Size;
}
/** A box around the tumour of the simulated sample patient: a tenth of the head, and of the work. */
const AROUND: Box = { low: [40, 70, 50], size: [96, 112, 80] };
/** The tumour and next to nothing beside it: less than half of the work. */
export const TUMOUR_ALONE: Box = { low: [60, 88, 60], size: [64, 88, 64] };

/** Boxes around the tumours of two real patients. */
export const REAL_BOXES = {
  'TCGA-DU-7294': { low: [64, 60, 76], size: [80, 80, 64] },
  Brats18_CBICA_AAB_1: { low: [44, 70, 24], size: [104, 120, 96] },
} as const satisfies Record<string, Box>;

/** Boxes around the tumour of TCGA-FG-6692 in two of its raw series, which have thick slices. */
export const RAW_BOXES = {
  t1ce: { low: [44, 104, 8], size: [80, 84, 18] },
  flair: { low: [14, 120, 8], size: [80, 84, 18] },
} as const satisfies Record<string, Box>;

/** Writes `<folder>/<name>_<part>.nii.gz` for sequences and `seg`, in the world where they were. `segment` needs `--force` for them. */
export async function writeCroppedSample(
  folder: string,
  name: string,
  parts: readonly string[],
  box = AROUND,
): Promise<void> {
  const fileOf = (part: string) => join(SAMPLE_PATIENT, `simulated-patient_${part}.nii.gz`);
  await writeCropped(fileOf, folder, name, parts, box);
}

/** The same of any patient's images. */
export async function writeCropped(
  fileOf: (part: string) => string,
  folder: string,
  name: string,
  parts: readonly string[],
  box: Box,
): Promise<void> {
  for (const part of parts) {
    const cut = crop(await readVolume(fileOf(part)), box);
    const data = part === 'seg' ? Uint8Array.from(cut.data) : Int16Array.from(cut.data);
    await writeNifti(join(folder, `${name}_${part}.nii.gz`), { ...cut, data });
  }
}

/** The box of a head with room to be moved in: less than half of the voxels of a BraTS file. */
export function roomAround({ data, size }: Volume): Box {
  const { first, last } = extentOf(data, size)!;
  const low = mapAxes(first, (n) => Math.max(0, n - 10));
  const high = mapAxes(last, (n, axis) => Math.min(size[axis], n + 11));
  return { low, size: mapAxes(high, (n, axis) => n - low[axis]) };
}

/** The box of a volume, in the world where it was. */
export function crop({ data, size, affine }: Volume, box: Box): Volume {
  const [x, y, z] = box.low;
  const [width, height, depth] = box.size;
  const cut = new Float32Array(width * height * depth);
  for (let k = 0, at = 0; k < depth; k++)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, at++) cut[at] = data[i + x + size[0] * (j + y + size[1] * (k + z))];
  const moved = [...affine];
  for (let row = 0; row < 3; row++)
    moved[12 + row] += x * affine[row] + y * affine[4 + row] + z * affine[8 + row];
  return { size: box.size, affine: moved as unknown as Affine, data: cut };
}
