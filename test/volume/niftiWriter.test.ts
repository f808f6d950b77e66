import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { problemOfRefusal, temporaryFolder } from './folder.js';
import { niftiBytes } from './niftiBytes.js';

const folder = temporaryFolder();
let count = 0;
const target = () => join(folder.path, `written${count++}.nii.gz`);

const AFFINE: Affine = [-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 10, 20, 30, 1];
const labels: Volume<Uint8Array> = {
  size: [2, 2, 2],
  affine: AFFINE,
  data: Uint8Array.from([0, 1, 2, 4, 0, 0, 1, 4]),
};

/** Fields of nifti1.h by offset, read back without the project. */
function fields(file: string) {
  const bytes = gunzipSync(readFileSync(file));
  const floats = (at: number, n: number) =>
    Array.from({ length: n }, (_, i) => bytes.readFloatLE(at + i * 4));
  return {
    bytes,
    dim: Array.from({ length: 8 }, (_, i) => bytes.readInt16LE(40 + i * 2)),
    datatype: [bytes.readInt16LE(70), bytes.readInt16LE(72)],
    pixdim: floats(76, 8),
    voxOffset: floats(108, 1)[0],
    scaling: floats(112, 2),
    units: bytes[123],
    codes: [bytes.readInt16LE(252), bytes.readInt16LE(254)],
    quatern: floats(256, 6),
    srow: floats(280, 12),
    magic: bytes.toString('latin1', 344, 348),
    extension: [...bytes.subarray(348, 352)],
  };
}

describe('the header that is written', () => {
  it('repeats every orientation field of the source byte by byte, and no text', async () => {
    const extension = Buffer.alloc(16);
    extension.writeInt32LE(16, 0);
    const source = niftiBytes({
      pixdim: [-1, 1.0000001, 2, 3, 4.5, 0, 7, 0],
      qformCode: 2,
      sformCode: 1,
      quatern: [0.1, -0, 0.7071071],
      qoffset: [9.3, -0, 8.1],
      srow: [-1, -0, 0.001, 10.7, 0, -2, 0, 20, 0, 0, 3, 30],
      xyztUnits: 10,
      description: 'Jane Doe 1970-01-01',
      extension,
    });
    const image = await readVolume(folder.write('.nii', source));
    const file = target();
    await writeNifti(file, { ...labels, affine: image.affine }, { form: image.niftiHeader });
    const { bytes } = fields(file);
    // pixdim; xyzt_units; qform_code to srow_z
    for (const [from, to] of [
      [76, 108],
      [123, 124],
      [252, 328],
    ]) {
      expect(bytes.subarray(from, to).equals(source.subarray(from, to)), `bytes ${from} to ${to}`).toBe(true);
    }
    // db_name and the rest of the unused head; descrip and aux_file; intent_name; extension flag
    for (const [from, to] of [
      [4, 38],
      [148, 252],
      [328, 344],
      [348, 352],
    ]) {
      expect(
        bytes.subarray(from, to).every((b) => b === 0),
        `bytes ${from} to ${to}`,
      ).toBe(true);
    }
    expect(bytes.includes('Jane')).toBe(false);
    expect([...bytes.subarray(352)]).toEqual([...labels.data]);
  });

  it('states sform and qform of a volume that has no NIfTI source', async () => {
    const file = target();
    await writeNifti(file, labels);
    expect(fields(file)).toMatchObject({
      dim: [3, 2, 2, 2, 1, 1, 1, 1],
      datatype: [2, 8],
      pixdim: [1, 1, 2, 3, 0, 0, 0, 0],
      voxOffset: 352,
      scaling: [1, 0],
      units: 2,
      codes: [1, 1],
      srow: [-1, 0, 0, 10, 0, -2, 0, 20, 0, 0, 3, 30],
      magic: 'n+1\0',
      extension: [0, 0, 0, 0],
    });
    // Half a turn about z: b = c = 0, d = ±1.
    const { quatern } = fields(file);
    expect([quatern[0], quatern[1], Math.abs(quatern[2])].map((v) => v + 0)).toEqual([0, 0, 1]);
    expect(quatern.slice(3)).toEqual([10, 20, 30]);
  });

  it.each([
    ['int16', Int16Array.from([-32768, -1, 0, 1, 2, 3, 4, 32767]), [4, 16]],
    ['float32', Float32Array.from([-1.5, 0, 0.1, 1e-20, 1e20, 3, 4, 5]), [16, 32]],
  ])('%s', async (name, data, codes) => {
    const file = target();
    await writeNifti(file, { ...labels, data });
    expect(fields(file).datatype).toEqual(codes);
    const back = await readVolume(file);
    expect(back.datatype).toBe(name);
    expect([...back.data]).toEqual([...data]);
    expect([...(back.affine as number[])]).toEqual([...(AFFINE as number[])]);
  });

  it('writes volumes of many pieces whole', async () => {
    const data = Int16Array.from({ length: 150 * 151 * 70 }, (_, i) => (i * 7919) % 4001);
    const file = target();
    await writeNifti(file, { size: [150, 151, 70], affine: AFFINE, data });
    expect(Buffer.compare(fields(file).bytes.subarray(352), Buffer.from(data.buffer))).toBe(0);
  });

  it('refuses a form that places the voxels elsewhere', async () => {
    const image = await readVolume(folder.write('.nii', niftiBytes()));
    const file = target();
    const refusal = writeNifti(file, labels, { form: image.niftiHeader });
    expect(await problemOfRefusal(refusal)).toMatchObject({ code: 'GRIDS_DIFFER', file });
    expect(existsSync(file)).toBe(false);
  });
});

describe('where nothing can be written', () => {
  it('a missing folder, a file in place of the folder, a folder in place of the file', async () => {
    const blocker = join(folder.path, 'blocker');
    writeFileSync(blocker, 'x');
    const taken = join(folder.path, 'taken.nii.gz');
    mkdirSync(join(taken, 'inside'), { recursive: true });
    for (const file of [join(folder.path, 'no', 'mask.nii.gz'), join(blocker, 'mask.nii.gz'), taken]) {
      const before = readdirSync(folder.path);
      expect(await problemOfRefusal(writeNifti(file, labels))).toMatchObject({
        code: 'OUTPUT_NOT_WRITABLE',
        file,
      });
      expect(readdirSync(folder.path)).toEqual(before);
    }
  });
});

/** A disk of 64 KiB, where one can be mounted (root on Linux). */
function tinyDisk(): string | null {
  const path = join(folder.path, 'disk');
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0;
  if (!mounted) console.warn('SKIPPED: "a full disk" needs the right to mount a tmpfs');
  return mounted ? path : null;
}

const disk = tinyDisk();
describe.skipIf(disk === null)('a full disk', () => {
  afterAll(() => {
    spawnSync('umount', [disk as string]);
  });

  it('is said, leaves no temporary file and keeps what was there', async () => {
    const file = join(disk as string, 'mask.nii.gz');
    await writeNifti(file, labels);
    const before = readFileSync(file);
    const noise = Float32Array.from({ length: 64 ** 3 }, (_, i) => Math.sin(i * i));
    const big = { size: [64, 64, 64], affine: AFFINE, data: noise } as const;
    expect(await problemOfRefusal(writeNifti(file, big))).toMatchObject({ code: 'DISK_FULL', file });
    expect(readdirSync(disk as string)).toEqual(['mask.nii.gz']);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
