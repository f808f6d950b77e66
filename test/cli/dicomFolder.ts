import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { voxelSpacing } from '../../src/volume/affine.js';
import type { Affine, Size, Volume } from '../../src/volume/volume.js';
import type { SeriesSpec } from '../dicom/writeSeries.js';

/** What a scanner writes in the header of each sequence. */
export const HEADERS = {
  t1: { SeriesDescription: 'T1 SE AX', EchoTime: '14', RepetitionTime: '500' },
  t1ce: {
    SeriesDescription: 'T1 SE AX post Gd',
    EchoTime: '14',
    RepetitionTime: '500',
    ContrastBolusAgent: 'Gadovist',
  },
  t2: { SeriesDescription: 'T2 TSE AX', EchoTime: '98', RepetitionTime: '4500' },
  flair: {
    SeriesDescription: 'FLAIR AX',
    EchoTime: '120',
    RepetitionTime: '9000',
    InversionTime: '2500',
  },
} as const;

let number = 0;

/** A name out of a fixed, shuffled order that tells nothing. */
export function shuffledName(): string {
  return `${((++number * 7919) % 10007).toString(36)}${number % 3 === 0 ? '.dcm' : ''}`;
}

export interface Examination {
  readonly folder: string;
  readonly patient?: string;
  readonly study: string;
  readonly date: string;
  readonly drop?: readonly string[];
}

/** A series to be written: the volume as it is, in one file per slice, among everything else in the folder. */
export function seriesSpec(
  { folder, patient = 'P-1', study, date, drop }: Examination,
  series: number,
  volume: Volume,
  tags: Readonly<Record<string, string>>,
): SeriesSpec {
  mkdirSync(folder, { recursive: true });
  const source = join(folder, '..', `${study}.${series}.raw`);
  writeFileSync(source, Uint8Array.from(Buffer.from(Int16Array.from(volume.data, Math.round).buffer)));
  return {
    folder,
    names: Array.from({ length: volume.size[2] }, shuffledName),
    source,
    size: volume.size,
    affine: [...volume.affine],
    ...(drop ? { drop } : {}),
    tags: {
      PatientID: patient,
      PatientName: 'Doe^Jane',
      StudyInstanceUID: study,
      SeriesInstanceUID: `${study}.${series}`,
      FrameOfReferenceUID: `${study}.0`,
      StudyDate: date,
      SeriesDate: date,
      SeriesNumber: series,
      SliceThickness: String(voxelSpacing(volume.affine)[2]),
      ...tags,
    },
  };
}

/** The box [from, to) of a volume, with `factor` neighbouring voxels along each axis averaged into one. */
export function averaged({ size, affine, data }: Volume, from: Size, to: Size, factor: Size): Volume {
  const made = [0, 1, 2].map((axis) => Math.floor((to[axis] - from[axis]) / factor[axis]));
  const result = new Float32Array(made[0] * made[1] * made[2]);
  const count = factor[0] * factor[1] * factor[2];
  for (let k = 0; k < made[2] * factor[2]; k++)
    for (let j = 0; j < made[1] * factor[1]; j++)
      for (let i = 0; i < made[0] * factor[0]; i++) {
        const [x, y, z] = [i, j, k].map((v, axis) => Math.floor(v / factor[axis]));
        const value = data[from[0] + i + size[0] * (from[1] + j + size[1] * (from[2] + k))];
        result[x + made[0] * (y + made[1] * z)] += value / count;
      }
  const moved = [...affine];
  for (let row = 0; row < 3; row++) {
    for (let axis = 0; axis < 3; axis++) {
      moved[4 * axis + row] = affine[4 * axis + row] * factor[axis];
      moved[12 + row] += affine[4 * axis + row] * (from[axis] + (factor[axis] - 1) / 2);
    }
  }
  return { size: made as unknown as Size, affine: moved as unknown as Affine, data: result };
}
