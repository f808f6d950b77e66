import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { writeStrippedImages } from '../../src/export/strippedImages.js';
import { readVolume } from '../../src/volume/read.js';
import { temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();

/** A NIfTI file with texts in every free field, an extension and a name. */
function nameful(file: string): string {
  const header = Buffer.alloc(352 + 64);
  header.writeInt32LE(348, 0);
  header.write('Doe^Jane', 4, 'latin1'); // data_type
  header.write('Doe^Jane', 14, 'latin1'); // db_name
  header.write('r', 38, 'latin1');
  [3, 4, 5, 6, 1, 1, 1, 1].forEach((n, i) => {
    header.writeInt16LE(n, 40 + 2 * i);
  });
  header.writeInt16LE(4, 70);
  header.writeInt16LE(16, 72);
  [1, 1, 1.5, 2, 0, 0, 0, 0].forEach((n, i) => {
    header.writeFloatLE(n, 76 + 4 * i);
  });
  header.writeFloatLE(416, 108);
  header.write('Jane Doe, born 1950', 148, 'latin1'); // descrip
  header.write('doe_jane.hdr', 228, 'latin1'); // aux_file
  header.writeInt16LE(1, 254);
  [1, 0, 0, -10, 0, 1.5, 0, 20, 0, 0, 2, -30].forEach((n, i) => {
    header.writeFloatLE(n, 280 + 4 * i);
  });
  header.write('Doe', 328, 'latin1'); // intent_name
  header.write('n+1\0', 344, 'latin1');
  header[348] = 1;
  header.writeInt32LE(64, 352);
  header.writeInt32LE(6, 356);
  header.write('PatientName: Doe^Jane', 360, 'latin1');
  const voxels = Int16Array.from({ length: 120 }, (_, at) => at * 3 - 100);
  writeFileSync(file, Buffer.concat([header, Buffer.from(voxels.buffer)]));
  return file;
}

describe('images without header text', () => {
  it('keep voxels and geometry, and nothing of the texts, extensions and names', async () => {
    const source = await readVolume(nameful(join(folder.path, 'Doe_Jane_t1.nii')));
    const half = { ...source, data: source.data.map((value) => value / 2) };
    mkdirSync(join(folder.path, 'images'));
    await writeStrippedImages(
      { t1: source, flair: half },
      { grid: source, form: source.niftiHeader },
      [],
      async (file) => join(folder.path, file),
    );
    for (const [name, expected] of [
      ['t1', source],
      ['flair', half],
    ] as const) {
      const file = join(folder.path, `images/${name}.nii.gz`);
      const bytes = gunzipSync(readFileSync(file));
      for (const text of ['Doe', 'Jane', '1950']) {
        expect(bytes.includes(text)).toBe(false);
        expect(readFileSync(file).includes(text)).toBe(false);
      }
      expect(bytes.readFloatLE(108)).toBe(352);
      expect(bytes[348]).toBe(0);
      for (const [from, to] of [
        [4, 32],
        [148, 252],
        [328, 344],
      ])
        expect(bytes.subarray(from, to).every((byte) => byte === 0)).toBe(true);
      const read = await readVolume(file);
      expect(read.data).toEqual(expected.data);
      expect(read.affine).toEqual(source.affine);
    }
  });

  it('are refused while a face is on them', async () => {
    const problem = { code: 'NOT_SKULL_STRIPPED', file: 'x.nii' } as const;
    const image = await readVolume(nameful(join(folder.path, 'y_t1.nii')));
    const written = writeStrippedImages(
      { t1: image },
      { grid: image, form: undefined },
      [problem],
      async () => {
        throw new Error('written');
      },
    );
    await expect(written).rejects.toMatchObject({ problem });
  });
});
