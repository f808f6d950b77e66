import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { affineFromRows } from '../../src/volume/affine.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Affine, Size } from '../../src/volume/volume.js';

/** LPS, as the model's grid; spacing in mm. */
export function lpsAffine(spacing: readonly [number, number, number] = [1, 1, 1]): Affine {
  return affineFromRows([
    [-spacing[0], 0, 0, 0],
    [0, -spacing[1], 0, 0],
    [0, 0, spacing[2], 0],
  ]);
}

export interface CaseFiles {
  readonly size?: Size;
  readonly affine?: Affine;
  readonly modalities?: readonly string[];
  /** Labels of the first voxels; the rest is 0. */
  readonly labels?: readonly number[];
  readonly value?: (modality: string, voxel: number) => number;
}

/** Writes `<folder>/<name>/<name>_<modality>.nii.gz` and `_seg.nii.gz`. */
export async function writeCase(folder: string, name: string, files: CaseFiles = {}): Promise<string> {
  const { size = [4, 4, 4], affine = lpsAffine(), modalities = ['t1', 'flair'], labels = [1, 2, 4] } = files;
  const value = files.value ?? ((_, voxel) => voxel + 1);
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const voxels = size[0] * size[1] * size[2];
  for (const modality of modalities) {
    const data = Float32Array.from({ length: voxels }, (_, v) => value(modality, v));
    await writeNifti(join(path, `${name}_${modality}.nii.gz`), { data, size, affine });
  }
  const mask = Uint8Array.from({ length: voxels }, (_, v) => labels[v] ?? 0);
  await writeNifti(join(path, `${name}_seg.nii.gz`), { data: mask, size, affine });
  return path;
}

export async function writeDescription(folder: string, description: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = typeof description === 'string' ? description : JSON.stringify(description);
  await writeFile(join(folder, 'dataset.json'), text);
}
