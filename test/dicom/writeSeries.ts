import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invertAffine, multiplyAffines } from '../../src/volume/affine.js';
import { readVolume } from '../../src/volume/read.js';
import type { Affine, Grid, Size, Volume } from '../../src/volume/volume.js';
import { REAL_DATA } from '../support/data.js';
import { missingProgram } from '../support/missing.js';

const SCRIPT = fileURLToPath(new URL('./write_series.py', import.meta.url));
const PYTHON = '/usr/bin/python3';

export const SYNTAXES = [
  'implicit',
  'explicit',
  'bigEndian',
  'deflated',
  'rle',
  'jpegBaseline',
  'jpegLossless',
  'jpegLosslessFirstOrder',
  'jpegLs',
  'jpeg2000',
] as const;

export interface SeriesSpec {
  readonly folder: string;
  readonly names: readonly string[];
  readonly source: string;
  readonly size: Size;
  readonly affine: readonly number[];
  readonly tags: Readonly<Record<string, string | number | readonly string[]>>;
  readonly syntax?: (typeof SYNTAXES)[number] | 'jpegLsFragmented';
  readonly slices?: readonly number[];
  readonly enhanced?: boolean;
  readonly preamble?: boolean;
  readonly drop?: readonly string[];
  readonly colour?: boolean;
}

/** Whether pydicom is here, which writes uncompressed series; says loudly, by the suite's name, when a suite is skipped for want of it. */
export function havePydicom(suite: string): boolean {
  const works = spawnSync(PYTHON, ['-c', 'import pydicom, numpy']).status === 0;
  if (!works) missingProgram(suite, 'python3-pydicom');
  return works;
}

/** Whether pydicom and the encoders of DCMTK and GDCM are here; says loudly, by the suite's name, when a suite is skipped for want of them. */
export function haveDicomTools(suite: string): boolean {
  const works = (command: string, ...options: string[]) => spawnSync(command, options).status === 0;
  const missing = [
    works(PYTHON, '-c', 'import pydicom, numpy') ? '' : 'python3-pydicom',
    works('dcmconv', '--version') ? '' : 'dcmtk',
    works('gdcmconv', '--version') ? '' : 'libgdcm-tools',
  ].filter(Boolean);
  if (missing.length > 0) missingProgram(suite, missing.join(', '));
  return missing.length === 0;
}

/** Writes DICOM series; their source files hold int16 voxels, x fastest. */
export function writeSeries(specs: readonly SeriesSpec[]): void {
  const made = spawnSync(PYTHON, [SCRIPT], { input: JSON.stringify(specs), encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
}

/** A volume to write series of: one of the real raw files, or, without them, an oblique one made of numbers. */
export async function sourceVolume(folder: string): Promise<{ volume: Volume<Int16Array>; file: string }> {
  const real = join(
    REAL_DATA,
    'raw/TCGA-FG-6692',
    'T1_AX_OtherEXampleTCIA_TCGA-FG-6692_Si_TCGA-FG-6692_T1_AX_SE_10_se2d1_t1.nii.gz',
  );
  const volume = existsSync(real) ? await readReal(real) : madeVolume();
  const file = join(folder, 'source.raw');
  writeFileSync(file, Buffer.from(volume.data.buffer, volume.data.byteOffset, volume.data.byteLength));
  return { volume, file };
}

async function readReal(file: string): Promise<Volume<Int16Array>> {
  const { size, affine, data } = await readVolume(file);
  return { size, affine, data: Int16Array.from(data) };
}

function madeVolume(): Volume<Int16Array> {
  const size: Size = [64, 56, 20];
  const data = new Int16Array(64 * 56 * 20).map((_, at) => (at * 7919) % 1531);
  const [c, s] = [Math.cos(0.2), Math.sin(0.2)];
  const affine = [-0.9 * c, 0, -0.9 * s, 0, 0, -1.1, 0, 0, -5.5 * s, 0, 5.5 * c, 0, 30, 31, -50, 1];
  return { size, affine: affine as unknown as Affine, data };
}

/**
 * Where voxel (i, j, k) of `to` lies in `from`: a signed permutation of the axes for one and the same volume; else null.
 * Gives, for each linear index of `to`, the linear index in `from`.
 */
export function sameVoxels(to: Grid, from: Grid): Int32Array | null {
  const inverse = invertAffine(from.affine);
  if (!inverse) return null;
  const map = multiplyAffines(inverse, to.affine);
  const at = new Int32Array(to.size[0] * to.size[1] * to.size[2]);
  const [nx, ny, nz] = from.size;
  for (let k = 0, n = 0; k < to.size[2]; k++) {
    for (let j = 0; j < to.size[1]; j++) {
      for (let i = 0; i < to.size[0]; i++, n++) {
        const [x, y, z] = [0, 1, 2].map((r) => map[r] * i + map[r + 4] * j + map[r + 8] * k + map[r + 12]);
        const [rx, ry, rz] = [Math.round(x), Math.round(y), Math.round(z)];
        if (Math.abs(x - rx) + Math.abs(y - ry) + Math.abs(z - rz) > 0.01) return null;
        if (rx < 0 || ry < 0 || rz < 0 || rx >= nx || ry >= ny || rz >= nz) return null;
        at[n] = rx + nx * (ry + ny * rz);
      }
    }
  }
  return at;
}
