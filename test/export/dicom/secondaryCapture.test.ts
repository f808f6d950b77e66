import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DicomSeries } from '../../../src/dicom/series.js';
import { secondaryCaptures } from '../../../src/export/dicom/secondaryCapture.js';
import { readSourceHeader } from '../../../src/export/dicom/sourceHeader.js';
import { temporaryFolder } from '../../volume/folder.js';
import { labelAt, PROVENANCE, paint, pixelPlaces, TURNED_SERIES } from './bodies.js';
import { gridOfSeries, haveDicomTools, makeSeries, python, validatorErrors } from './tools.js';

const folder = temporaryFolder();
const have = haveDicomTools('RGB Secondary Capture');

interface ReadBack {
  name: string;
  description: string;
  series: string;
  instance: string;
  number: number;
  sopClass: string;
  source: string;
  rows: number;
  columns: number;
  points: [label: number, x: number, y: number, z: number][];
  brightest: number;
  lit: number;
}

describe.skipIf(!have).each([TURNED_SERIES[3]])('RGB Secondary Capture, $name', (turned) => {
  let series: DicomSeries;
  let read: ReadBack[];
  const files: string[] = [];

  beforeAll(async () => {
    const spec = { ...turned.spec, folder: join(folder.path, turned.name) };
    [series] = makeSeries([spec]);
    const mask = paint(gridOfSeries(spec, turned));
    const image = { ...mask, data: Float32Array.from(mask.data, (_, at) => (at * 7) % 1000) };
    const header = await readSourceHeader(series.frames[0].file);
    const source = { series, header, image, mask, volumes: { WT: 12.34, TC: 4.5, ET: null } };
    for (const bytes of secondaryCaptures(source, PROVENANCE)) {
      files.push(join(folder.path, `${turned.name} ${files.length}.dcm`));
      writeFileSync(files[files.length - 1], bytes);
    }
    read = python('readCaptures.py', {
      files,
      rows: turned.spec.rows * Math.ceil(512 / turned.spec.columns),
    });
  });

  it('has no error by dciodvfy', () => {
    for (const file of files.slice(0, 3)) expect(validatorErrors(file)).toEqual([]);
  });

  it('is one image per slice, one series, each from its own source image', () => {
    expect(files).toHaveLength(turned.spec.slices);
    expect(new Set(read.map(({ instance }) => instance)).size).toBe(files.length);
    expect(new Set(read.map((one) => one.series)).size).toBe(1);
    expect(new Set(read.map(({ source }) => source))).toEqual(
      new Set(series.frames.map(({ sopInstanceUid }) => sopInstanceUid)),
    );
    expect(read.map(({ number }) => number)).toEqual(files.map((_, n) => n + 1));
    for (const { description, name, sopClass, brightest, lit } of read) {
      expect(description).toMatch(/^RESEARCH, NOT FOR DIAGNOSIS/);
      expect([name, sopClass]).toEqual(['Müller^Jörg', '1.2.840.10008.5.1.4.1.1.7']);
      expect(brightest).toBe(255);
      expect(lit).toBeGreaterThan(1000);
    }
  });

  it('draws every outline pixel inside its own label, in the patient', () => {
    const coloured = read.flatMap(({ points }) => points);
    const { spec } = turned;
    const voxelOf = (p: readonly number[]) => {
      const d = p.map((v, axis) => v - spec.origin[axis]);
      const dot = (v: readonly number[]) => d[0] * v[0] + d[1] * v[1] + d[2] * v[2];
      const length = Math.hypot(...spec.step);
      const normal = spec.step.map((v) => v / length);
      return [
        Math.round(dot(spec.orientation.slice(0, 3)) / spec.pixelSpacing[1]),
        Math.round(dot(spec.orientation.slice(3)) / spec.pixelSpacing[0]),
        Math.round(dot(normal) / length),
      ];
    };
    const centreOf = ([column, row, k]: readonly number[]) =>
      [0, 1, 2].map(
        (axis) =>
          spec.origin[axis] +
          k * spec.step[axis] +
          column * spec.pixelSpacing[1] * spec.orientation[axis] +
          row * spec.pixelSpacing[0] * spec.orientation[3 + axis],
      ) as [number, number, number];
    const outlined = new Set<string>();
    for (const [label, ...place] of coloured) {
      const voxel = voxelOf(place);
      if (labelAt(...centreOf(voxel)) !== label) throw new Error(`label ${label} drawn at ${place}`);
      outlined.add(voxel.join());
    }
    for (const place of pixelPlaces(turned)) {
      const [column, row, k] = voxelOf(place);
      const label = labelAt(...place);
      const neighbours = [
        [column - 1, row, k],
        [column + 1, row, k],
        [column, row - 1, k],
        [column, row + 1, k],
      ];
      const border = label !== 0 && neighbours.some((one) => labelAt(...centreOf(one)) !== label);
      expect(outlined.has([column, row, k].join())).toBe(border);
    }
  });
});
