import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCandidate, openSeries } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';
import {
  haveDicomTools,
  type SeriesSpec,
  SYNTAXES,
  sameVoxels,
  sourceVolume,
  writeSeries,
} from './writeSeries.js';

const SLICES = [0, 1, 2, 3, 4, 5, 6, 7];

describe.skipIf(!haveDicomTools('DICOM in ten transfer syntaxes'))('converting DICOM', () => {
  let folder: string;
  let volume: Volume<Int16Array>;
  let source: string;
  const working = () => mkdtempSync(join(folder, 'working-'));

  const spec = (name: string, more: Partial<SeriesSpec> = {}): SeriesSpec => ({
    folder: join(folder, name),
    // Names in an order that says nothing of the slices' order.
    names: SLICES.map((k) => `IM${(k * 5) % 8}`),
    source,
    size: volume.size,
    affine: [...volume.affine],
    slices: SLICES,
    tags: {
      PatientID: 'P1',
      PatientName: 'Test^Patient',
      StudyInstanceUID: '1.2.826.0.1.1',
      SeriesInstanceUID: '1.2.826.0.1.1.5',
      SeriesDescription: 'T1 AX',
      EchoTime: '14',
      RepetitionTime: '500',
      StudyDate: '20200131',
    },
    ...more,
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quorum-syntaxes-'));
    ({ volume, file: source } = await sourceVolume(folder));
    writeSeries([
      ...SYNTAXES.map((syntax) => spec(syntax, { syntax })),
      spec('enhanced', { enhanced: true, names: ['multi.dcm'] }),
      spec('bare', { preamble: false }),
      spec('fragmented', { syntax: 'jpegLsFragmented' }),
    ]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const convert = async (name: string) => {
    const found = await scan([join(folder, name)], { workingFolder: working() });
    expect(found.problems).toEqual([]);
    expect(found.studies).toHaveLength(1);
    const { study } = await openCandidate(found.studies[0], { workingFolder: working() });
    const series = study.images.t1!;
    return { series, image: await readVolume(series.file) };
  };
  /** Largest difference from the source, voxel by voxel, through both affines. */
  const differenceFrom = (image: Volume, wanted: (value: number) => number = (value) => value) => {
    const at = sameVoxels(image, volume);
    if (!at) return 'another geometry';
    return image.data.reduce(
      (most, value, n) => Math.max(most, Math.abs(value - wanted(volume.data[at[n]]))),
      0,
    );
  };

  const LOSSLESS = [
    ...SYNTAXES.filter((syntax) => syntax !== 'jpegBaseline'),
    'enhanced',
    'bare',
    'fragmented',
  ];
  it.each(LOSSLESS)('gives the same voxels at the same place from %s', async (name) => {
    const { image } = await convert(name);
    expect(image.size).toEqual([volume.size[0], volume.size[1], SLICES.length]);
    expect(differenceFrom(image)).toBe(0);
  });

  it('writes these files in ten different transfer syntaxes', () => {
    const uids = SYNTAXES.map((name) => {
      const bytes = readFileSync(join(folder, name, 'IM0'));
      return bytes.toString('latin1', 132, 400).match(/1\.2\.840\.10008\.1\.2[0-9.]*/)?.[0];
    });
    expect(new Set(uids).size).toBe(10);
  });

  it('writes one of them in several fragments', () => {
    const bytes = readFileSync(join(folder, 'fragmented', 'IM0'));
    let items = 0;
    for (let at = bytes.indexOf('feff00e0', 0, 'hex'); at >= 0; at = bytes.indexOf('feff00e0', at + 4, 'hex'))
      items++;
    // The offset table is the first item.
    expect(items).toBeGreaterThan(2);
  });

  it('gives what an independent decoder gives from JPEG baseline', async () => {
    const { image } = await convert('jpegBaseline');
    const decoded = join(folder, 'decoded');
    for (const name of readdirSync(join(folder, 'jpegBaseline'))) {
      spawnSync('mkdir', ['-p', decoded]);
      spawnSync('dcmdjpeg', [join(folder, 'jpegBaseline', name), join(decoded, name)]);
    }
    const other = await convert('decoded');
    const most = image.data.reduce((m, value, n) => Math.max(m, Math.abs(value - other.image.data[n])), 0);
    expect(most).toBeLessThanOrEqual(2);
    expect(image.data.some((value) => value > 50)).toBe(true);
  });

  it.each(['implicit', 'enhanced'])('lists the frames of %s in the order of the slices', async (name) => {
    const { series, image } = await convert(name);
    const { frames, rows, columns, pixelSpacing } = series.dicom!;
    expect([columns, rows]).toEqual(image.size.slice(0, 2));
    expect(pixelSpacing[0]).toBeCloseTo(Math.hypot(...[4, 5, 6].map((c) => image.affine[c])), 4);
    frames.forEach(({ imagePositionPatient: [x, y, z], imageOrientationPatient }, k) => {
      // The frame's first pixel is the last voxel of the flipped column: DICOM's rows grow downwards, the NIfTI's upwards.
      const last = image.size[1] - 1;
      const world = [0, 1, 2].map(
        (r) => image.affine[r + 4] * last + image.affine[r + 8] * k + image.affine[r + 12],
      );
      expect(Math.hypot(world[0] + x, world[1] + y, world[2] - z)).toBeLessThan(0.01);
      expect(imageOrientationPatient).toHaveLength(6);
    });
    const uids = frames.map(({ sopInstanceUid, frame }) => `${sopInstanceUid}#${frame}`);
    expect(new Set(uids).size).toBe(SLICES.length);
  });

  it('stops a conversion that takes too long, and one that is cancelled', async () => {
    const found = await scan([join(folder, 'explicit')], { workingFolder: working() });
    const [series] = found.studies[0].series;
    const problem = (options: object) =>
      openSeries(series, { workingFolder: working(), ...options }).catch((error) => error.code);
    expect(await problem({ limitMs: 1 })).toBe('CONVERSION_TOO_LONG');
    expect(await problem({ signal: AbortSignal.abort() })).toBe('CANCELLED');
    expect(await problem({ limitBytes: 1000 })).toBe('DATA_TOO_LARGE');
  });

  it('leaves the patient’s files as they were', () => {
    expect(readdirSync(join(folder, 'implicit')).sort()).toEqual(SLICES.map((k) => `IM${k}`));
  });
});
