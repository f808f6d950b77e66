import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { axisCodes, sameGrid, voxelSpacing } from '../../src/volume/affine.js';
import { parseNiftiHeader } from '../../src/volume/niftiHeader.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readHeader, readLabelMap, readVolume } from '../../src/volume/read.js';

const data = process.env.QUORUM_DATA ?? join('..', 'shared', 'data');
const whole = join(data, 'whole');
const raw = join(data, 'raw');
const present = existsSync(whole) && existsSync(raw);
if (!present)
  console.warn(`SKIPPED: "files as scanners and BraTS left them" needs ${data} (set QUORUM_DATA)`);

const images = (folder: string) =>
  present
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.nii.gz'))
        .map((name) => join(folder, name))
    : [];

describe.skipIf(!present)('files as scanners and BraTS left them', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'quorum-real-'));
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it.each(images(whole))('%s is on the BraTS grid', async (file) => {
    const header = await readHeader(file);
    expect(header.size).toEqual([240, 240, 155]);
    expect(voxelSpacing(header.affine)).toEqual([1, 1, 1]);
    expect(axisCodes(header.affine)).toBe('LPS');
    const image = await readVolume(file);
    expect(sameGrid(image, header, 0)).toBe(true);
    // Compared with the bytes behind vox_offset, both whole cases being little-endian and unscaled.
    const bytes = gunzipSync(readFileSync(file));
    const at = bytes.readFloatLE(108);
    const wide = bytes.readInt16LE(70) === 4;
    const value = (n: number) => (wide ? bytes.readInt16LE(at + 2 * n) : bytes[at + n]);
    expect(image.data.findIndex((v, n) => v !== value(n))).toBe(-1);
  });

  it.each(images(raw).filter((file) => !file.includes('stripped')))(
    '%s: qform and sform agree',
    async (file) => {
      const header = await readHeader(file);
      expect(voxelSpacing(header.affine)[2]).toBeCloseTo(5.5, 3);
      // This scanner's converter wrote both forms; the qform read through its quaternion must match the sform.
      const bytes = gunzipSync(readFileSync(file)).subarray(0, 352);
      bytes.writeInt16LE(0, 254);
      const byQform = parseNiftiHeader(bytes, file);
      expect(sameGrid(header, byQform, 0.01)).toBe(true);
    },
  );

  it.each(images(whole).filter((file) => file.endsWith('_seg.nii.gz')))(
    'a mask written for %s lies on exactly its forms',
    async (file) => {
      const labels = await readLabelMap(file);
      const out = join(temporary, 'mask.nii.gz');
      await writeNifti(out, labels, { form: labels.niftiHeader });
      const [source, written] = [file, out].map((name) => gunzipSync(readFileSync(name)));
      for (const [from, to] of [
        [40, 56],
        [76, 108],
        [123, 124],
        [252, 328],
        [344, 348],
      ]) {
        expect(written.subarray(from, to).equals(source.subarray(from, to)), `bytes ${from} to ${to}`).toBe(
          true,
        );
      }
      expect(Buffer.compare((await readLabelMap(out)).data, labels.data)).toBe(0);
    },
  );
});
