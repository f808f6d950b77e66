import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { secondaryCaptures } from '../../../src/export/dicom/secondaryCapture.js';
import { dicomSegmentation } from '../../../src/export/dicom/segmentation.js';
import { readSourceHeader } from '../../../src/export/dicom/sourceHeader.js';
import { openCandidate } from '../../../src/intake/openCandidate.js';
import { scan } from '../../../src/intake/scan.js';
import type { Series } from '../../../src/intake/study.js';
import { voxelToWorld } from '../../../src/volume/affine.js';
import { readVolume } from '../../../src/volume/read.js';
import { haveRealData, REAL_DATA } from '../../support/data.js';
import { temporaryFolder } from '../../volume/folder.js';
import { PROVENANCE } from './bodies.js';
import { rawSeriesSpecs } from './rawSeries.js';
import { haveDicomTools, makeSeries, python, validatorErrors } from './tools.js';

const SUITE = 'DICOM-SEG on real raw series';
const have = haveDicomTools(SUITE) && haveRealData(SUITE);
const folder = temporaryFolder();
const RAW = join(REAL_DATA, 'raw/TCGA-FG-6692');

describe.skipIf(!have)(SUITE, () => {
  const series: Series[] = [];

  beforeAll(async () => {
    const specs = await rawSeriesSpecs(RAW, folder.path);
    makeSeries(specs);
    const workingFolder = join(folder.path, 'work');
    mkdirSync(workingFolder);
    for (const spec of specs) {
      const { studies } = await scan([spec.folder], { workingFolder });
      const { study } = await openCandidate(studies[0], { workingFolder, confirmed: true });
      series.push(Object.values(study.images)[0]);
    }
  });

  it('a blob drawn on each converted series comes back at its place, pixel by pixel', async () => {
    const files: string[] = [];
    const expected: number[] = [];
    const inBlob = (x: number, y: number, z: number, [cx, cy, cz]: readonly number[]) =>
      ((x - cx) / 21) ** 2 + ((y - cy) / 13) ** 2 + ((z - cz) / 17) ** 2 <= 1;
    const centres: number[][] = [];
    for (const [n, { file, dicom }] of series.entries()) {
      const image = await readVolume(file);
      const [nx, ny, nz] = image.size;
      const centre = voxelToWorld(image.affine, nx * 0.4, ny * 0.6, nz * 0.55);
      centres.push([-centre[0], -centre[1], centre[2]]);
      const data = new Uint8Array(nx * ny * nz);
      for (let at = 0; at < data.length; at++) {
        const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
        const place = voxelToWorld(image.affine, i, j, k);
        if (inBlob(-place[0], -place[1], place[2], centres[n])) data[at] = 4;
      }
      expected.push(data.reduce((sum, label) => sum + (label ? 1 : 0), 0));
      const header = await readSourceHeader(dicom!.frames[0].file);
      const mask = { size: image.size, affine: image.affine, data };
      files.push(join(folder.path, `${n}.dcm`));
      writeFileSync(files[n], dicomSegmentation(dicom!, header, mask, PROVENANCE));
      expect(validatorErrors(files[n])).toEqual([]);
      if (n === 3) {
        const capture = { series: dicom!, header, image, mask, volumes: { WT: 10, TC: 10, ET: 10 } };
        const pictures = [...secondaryCaptures(capture, PROVENANCE)];
        expect(pictures).toHaveLength(nz);
        const picture = join(folder.path, 'picture.dcm');
        writeFileSync(picture, pictures[Math.floor(nz / 2)]);
        expect(validatorErrors(picture)).toEqual([]);
      }
    }
    const read = python<{ frames: { lps: number[][] }[] }[]>('readSegmentations.py', files);
    for (const [n, { frames }] of read.entries()) {
      const found = frames.flatMap(({ lps }) => lps);
      expect(found).toHaveLength(expected[n]);
      expect(expected[n]).toBeGreaterThan(500);
      const grown = found.filter(([x, y, z]) => {
        const [cx, cy, cz] = centres[n];
        return ((x - cx) / 21.01) ** 2 + ((y - cy) / 13.01) ** 2 + ((z - cz) / 17.01) ** 2 > 1;
      });
      expect(grown).toEqual([]);
    }
  });
});
