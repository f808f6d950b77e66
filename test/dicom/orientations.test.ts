import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { readVolume } from '../../src/volume/read.js';
import type { Affine, Size } from '../../src/volume/volume.js';
import { havePydicom, type SeriesSpec, sameVoxels, writeSeries } from './writeSeries.js';

const SUITE = '3-D series in every orientation';
const SIZE: Size = [26, 22, 18];
const SPACING = [0.9, 1.1, 1.3];

type Three = readonly [number, number, number];
/** Where i (along a row), j (along a column) and k (from slice to slice) lead, in RAS. */
const PLANES: Readonly<Record<string, readonly [Three, Three, Three]>> = {
  axial: [
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, 1],
  ],
  'axial from above': [
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, -1],
  ],
  coronal: [
    [-1, 0, 0],
    [0, 0, -1],
    [0, -1, 0],
  ],
  'coronal from behind': [
    [-1, 0, 0],
    [0, 0, -1],
    [0, 1, 0],
  ],
  sagittal: [
    [0, -1, 0],
    [0, 0, -1],
    [-1, 0, 0],
  ],
  'sagittal from the left': [
    [0, -1, 0],
    [0, 0, -1],
    [1, 0, 0],
  ],
};
const VENDORS = {
  siemens: {
    Manufacturer: 'SIEMENS',
    SequenceName: '*tfl3d1_16ns',
    ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'ND', 'NORM'],
  },
  ge: { Manufacturer: 'GE MEDICAL SYSTEMS', ImageType: ['ORIGINAL', 'PRIMARY', 'OTHER'] },
  philips: {
    Manufacturer: 'Philips Medical Systems',
    ImageType: ['ORIGINAL', 'PRIMARY', 'M_FFE', 'M', 'FFE'],
  },
  canon: { Manufacturer: 'CANON_MEC', ImageType: ['ORIGINAL', 'PRIMARY'] },
} as const;

/** The plane turned by two angles (degrees), so that no axis lies on an anatomical one. */
function affineOf(plane: string, degrees: number): Affine {
  const [a, b] = [degrees, -0.6 * degrees].map((value) => (value * Math.PI) / 180);
  const turned = ([x, y, z]: Three): Three => {
    const [y1, z1] = [y * Math.cos(a) - z * Math.sin(a), y * Math.sin(a) + z * Math.cos(a)];
    return [x * Math.cos(b) - y1 * Math.sin(b), x * Math.sin(b) + y1 * Math.cos(b), z1];
  };
  const columns = PLANES[plane].map((direction, axis) => turned(direction).map((v) => v * SPACING[axis]));
  return [...columns.flatMap((column) => [...column, 0]), 31, -12, 7, 1] as unknown as Affine;
}

describe.skipIf(!havePydicom(SUITE))(SUITE, () => {
  let folder: string;
  let source: string;
  const data = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]).map((_, at) => (at * 7919) % 10007);
  const frames = Array.from({ length: SIZE[2] }, (_, k) => k);

  const kinds = Object.keys(PLANES).flatMap((plane) =>
    [0, 17].flatMap((degrees) =>
      (Object.keys(VENDORS) as (keyof typeof VENDORS)[]).flatMap((vendor) =>
        // Every vendor in single files; enhanced files of those that write them, with the frames in either order.
        [
          { plane, degrees, vendor, form: 'single' },
          ...(vendor === 'siemens' || vendor === 'philips'
            ? [
                {
                  plane,
                  degrees,
                  vendor,
                  form: vendor === 'siemens' ? 'enhanced' : 'enhanced, last frame first',
                },
              ]
            : []),
        ],
      ),
    ),
  );
  const nameOf = (kind: (typeof kinds)[number]) => Object.values(kind).join(' ').replace(/\W+/g, '-');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorum-orientations-'));
    source = join(folder, 'source.raw');
    writeFileSync(source, Buffer.from(data.buffer));
    writeSeries(
      kinds.map((kind, n): SeriesSpec => {
        const isEnhanced = kind.form !== 'single';
        return {
          folder: join(folder, nameOf(kind)),
          names: isEnhanced ? ['multi'] : frames.map((k) => `IM${(k * 7) % SIZE[2]}`),
          source,
          size: SIZE,
          affine: [...affineOf(kind.plane, kind.degrees)],
          slices: kind.form.endsWith('first') ? [...frames].reverse() : frames,
          enhanced: isEnhanced,
          tags: {
            ...VENDORS[kind.vendor],
            PatientID: 'P1',
            StudyInstanceUID: `1.2.826.0.1.${n + 1}`,
            SeriesInstanceUID: `1.2.826.0.1.${n + 1}.5`,
            SeriesDescription: 'T1 3D',
            MRAcquisitionType: '3D',
            EchoTime: '3',
            RepetitionTime: '2300',
          },
        };
      }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(kinds)(
    '$plane, turned by $degrees°, $vendor, $form: every voxel where the headers put it',
    async (kind) => {
      const workingFolder = mkdtempSync(join(folder, 'working-'));
      const found = await scan([join(folder, nameOf(kind))], { workingFolder });
      const { study } = await openCandidate(found.studies[0], { workingFolder });
      const image = await readVolume(study.images.t1!.file);
      const at = sameVoxels(image, { size: SIZE, affine: affineOf(kind.plane, kind.degrees) });
      expect(at).not.toBeNull();
      expect(image.data.every((value, n) => value === data[at![n]])).toBe(true);
      expect(
        new Set(
          study.images.t1!.dicom!.frames.map(({ sopInstanceUid, frame }) => `${sopInstanceUid}#${frame}`),
        ).size,
      ).toBe(SIZE[2]);
    },
  );
});
