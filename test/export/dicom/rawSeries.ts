import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { voxelSpacing, voxelToWorld } from '../../../src/volume/affine.js';
import { readVolume } from '../../../src/volume/read.js';
import type { Volume } from '../../../src/volume/volume.js';
import type { SeriesSpec } from './tools.js';

const KINDS = [
  ['T1_AX_Other', 'T1 AX'],
  ['T1_AX_POST', 'T1 AX POST GAD'],
  ['T2_AX', 'T2 AX'],
  ['FLAIR', 'FLAIR AX'],
] as const;

/** The four raw files of TCGA-FG-6692 as series for `makeSeries`, each in a folder below `folder`. */
export async function rawSeriesSpecs(raw: string, folder: string): Promise<SeriesSpec[]> {
  const specs: SeriesSpec[] = [];
  for (const [part, description] of KINDS) {
    const file = readdirSync(raw).find((name) => name.includes(part))!;
    specs.push(specOf(await readVolume(join(raw, file)), join(folder, part), description));
  }
  return specs;
}

/** The volume as the scanner would have sent it: rows from the front, slices as they lie. */
function specOf(volume: Volume, folder: string, description: string): SeriesSpec {
  const [columns, rows, slices] = volume.size;
  const spacing = voxelSpacing(volume.affine);
  const lps = ([x, y, z]: readonly number[]) => [-x, -y, z];
  const column = (axis: number) => lps([0, 1, 2].map((row) => volume.affine[4 * axis + row]));
  const raw = new Uint16Array(volume.data.length);
  for (let k = 0, to = 0; k < slices; k++)
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < columns; i++, to++)
        raw[to] = Math.round(volume.data[i + columns * (rows - 1 - row + rows * k)]);
  const file = `${folder}.raw`;
  writeFileSync(file, raw);
  return {
    folder,
    description,
    volume: file,
    orientation: [...column(0).map((v) => v / spacing[0]), ...column(1).map((v) => -v / spacing[1])],
    origin: lps(voxelToWorld(volume.affine, 0, rows - 1, 0)),
    step: column(2),
    pixelSpacing: [spacing[1], spacing[0]],
    rows,
    columns,
    slices,
    thickness: spacing[2],
  };
}
