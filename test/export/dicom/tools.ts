import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DicomSeries } from '../../../src/dicom/series.js';
import type { Grid } from '../../../src/volume/volume.js';
import { missingProgram } from '../../support/missing.js';

const PYTHON = '/usr/bin/python3';
const DCIODVFY = '/usr/bin/dciodvfy';

/** Whether python3-pydicom and dicom3tools are here; says loudly, by the suite's name, when a suite is skipped for want of them. */
export function haveDicomTools(suite: string): boolean {
  const have = existsSync(DCIODVFY) && spawnSync(PYTHON, ['-c', 'import pydicom, numpy']).status === 0;
  if (!have) missingProgram(suite, "Debian's python3-pydicom and dicom3tools");
  return have;
}

/** Runs a script of this folder with JSON in and out. */
export function python<Out>(script: string, input: unknown): Out {
  const file = join(import.meta.dirname, script);
  const { status, stdout, stderr } = spawnSync(PYTHON, [file], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The lines in which dciodvfy finds an error. */
export function validatorErrors(file: string): string[] {
  const { stderr, stdout } = spawnSync(DCIODVFY, [file], { encoding: 'utf8' });
  return `${stderr}${stdout}`.split('\n').filter((line) => /^Error|Error -/.test(line));
}

/** A series to be made by makeSeries.py; positions and directions in LPS mm. */
export interface SeriesSpec {
  readonly folder: string;
  readonly orientation: readonly number[];
  readonly origin: readonly number[];
  /** From one slice to the next. */
  readonly step: readonly number[];
  readonly pixelSpacing: readonly [number, number];
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly thickness?: number;
  readonly patientName?: string;
  readonly characterSet?: string;
  readonly description?: string;
  /** A new one when absent. */
  readonly studyInstanceUid?: string;
  readonly seriesNumber?: number;
  /** A file of uint16 pixels, slice by slice, row by row. */
  readonly volume?: string;
  /** Further attributes of every file, by keyword. */
  readonly tags?: Readonly<Record<string, unknown>>;
}

export function makeSeries(specs: readonly SeriesSpec[]): DicomSeries[] {
  return python<DicomSeries[]>('makeSeries.py', specs);
}

/** The grid that a converter makes of a series: columns along i, rows along j, slices along k, each forwards or backwards. */
export function gridOfSeries(
  spec: SeriesSpec,
  { rowsReversed, slicesReversed }: { rowsReversed: boolean; slicesReversed: boolean },
): Grid {
  const { orientation, origin, step, pixelSpacing, rows, columns, slices } = spec;
  const across = orientation.slice(0, 3).map((v) => v * pixelSpacing[1]);
  const down = orientation.slice(3).map((v) => v * pixelSpacing[0] * (rowsReversed ? -1 : 1));
  const through = step.map((v) => v * (slicesReversed ? -1 : 1));
  const corner = origin.map(
    (v, axis) =>
      v - (rowsReversed ? down[axis] * (rows - 1) : 0) - (slicesReversed ? through[axis] * (slices - 1) : 0),
  );
  const ras = (v: readonly number[]) => [-v[0], -v[1], v[2]];
  const affine = [...ras(across), 0, ...ras(down), 0, ...ras(through), 0, ...ras(corner), 1];
  return { size: [columns, rows, slices], affine: affine as unknown as Grid['affine'] };
}
