import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followUpInputs } from '../../src/commands/followUp.js';
import { hostOf } from '../../src/commands/host.js';
import { followUpRequestSchema } from '../../src/contract/commands.js';
import type { FollowUpReport } from '../../src/contract/index.js';
import type { DicomSeries } from '../../src/dicom/series.js';
import type { Services } from '../../src/session/services.js';
import { readVolume } from '../../src/volume/read.js';
import { haveDicomTools, makeSeries, python, validatorErrors } from '../export/dicom/tools.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { temporaryFolder } from '../volume/folder.js';
import { jobEnd, openCase, segment, startServices } from './harness.js';

const SUITE = 'DICOM-SEG of a follow-up';
const have = haveDicomTools(SUITE);
const DATES = ['20240312', '20240905'] as const;
const NAMES = ['march', 'september'] as const;
const SEQUENCES = { t1ce: 'AX T1 POST GAD', flair: 'AX FLAIR' } as const;

interface ReadBack {
  readonly texts: Readonly<Record<string, string>>;
  readonly frames: readonly { readonly source: string; readonly lps: readonly (readonly number[])[] }[];
  readonly series: string;
  readonly instances: readonly string[];
}

/** Two examinations as a scanner writes them: DICOM in, window and command line, DICOM-SEG out. */
describe.skipIf(!have)(SUITE, () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let started: Awaited<ReturnType<typeof startServices>>;
  let services: Services;
  /** By examination, then by sequence. */
  let series: DicomSeries[][];

  beforeAll(async () => {
    mkdirSync(at('source'));
    await writeCroppedSample(at('source'), 'sample', Object.keys(SEQUENCES), TUMOUR_ALONE);
    const specs = [];
    for (const [n, name] of NAMES.entries())
      for (const [m, [sequence, description]] of Object.entries(SEQUENCES).entries()) {
        const { size, affine, data } = await readVolume(at('source', `sample_${sequence}.nii.gz`));
        const volume = at('source', `${sequence}.raw`);
        writeFileSync(volume, Buffer.from(Uint16Array.from(data).buffer));
        const lps = (column: number) => [
          -affine[4 * column],
          -affine[4 * column + 1],
          affine[4 * column + 2],
        ];
        specs.push({
          folder: at('in', name, sequence),
          orientation: [...lps(0), ...lps(1)],
          origin: lps(3),
          step: lps(2),
          pixelSpacing: [1, 1] as const,
          columns: size[0],
          rows: size[1],
          slices: size[2],
          studyInstanceUid: `1.2.826.0.1.3680043.8.498.${n + 1}`,
          seriesNumber: m + 1,
          ...{ volume, description },
          tags: { StudyDate: DATES[n], SeriesDate: DATES[n], AcquisitionDate: DATES[n] },
        });
      }
    const made = makeSeries(specs);
    series = NAMES.map((_, n) => made.slice(2 * n, 2 * n + 2));
    started = await startServices();
    ({ services } = started);
  }, 120_000);
  afterAll(() => started?.dispose());

  /** What DICOM-SEG files below a folder say, each checked with dciodvfy. */
  function segmentations(below: string): ReadBack[] {
    const files = readdirSync(below, { recursive: true, encoding: 'utf8' })
      .filter((file) => /seg.*\.dcm$/i.test(basename(file)))
      .sort()
      .map((file) => join(below, file));
    for (const file of files) expect({ file, errors: validatorErrors(file) }).toEqual({ file, errors: [] });
    return python<ReadBack[]>('readSegmentations.py', files);
  }

  /** Each refers to the series of its own examination, and the two sequences to two. */
  function refersTo(n: number, found: readonly ReadBack[]): void {
    expect(found.map((one) => one.series).sort()).toEqual(
      series[n].map(({ seriesInstanceUid }) => seriesInstanceUid).sort(),
    );
    for (const one of found) {
      const own = series[n].find(({ seriesInstanceUid }) => seriesInstanceUid === one.series)!;
      const instances = new Set(own.frames.map(({ sopInstanceUid }) => sopInstanceUid));
      expect(one.texts).toMatchObject({ StudyInstanceUID: own.studyInstanceUid, StudyDate: DATES[n] });
      expect(one.instances.every((uid) => instances.has(uid))).toBe(true);
      expect(one.frames.every(({ source }) => instances.has(source))).toBe(true);
      expect(one.frames.reduce((sum, { lps }) => sum + lps.length, 0)).toBeGreaterThan(1000);
    }
  }

  it('is written by a window for each time point, and refers to that one’s series', async () => {
    const ids: string[] = [];
    for (const name of NAMES) {
      const opened = await openCase(services, at('in', name));
      expect(opened.available).toEqual(['t1ce', 'flair']);
      await segment(services, opened.id);
      ids.push(opened.id);
    }
    const view = await services.call('followups.open', { members: ids.map((id) => ({ case: id })) });
    const compared = await services.call('followups.compare', { followUp: view.id });
    const report = (await jobEnd(services, compared.job)).result as FollowUpReport;
    // Dates are those of the headers.
    expect(report.points.map(({ date, days }) => [date, days])).toEqual([
      ['2024-03-12', 0],
      ['2024-09-05', 177],
    ]);
    const request = { followUp: view.id, folder: at('window'), dicomSeg: true };
    const { job } = await services.call('followups.export', request);
    const end = await jobEnd(services, job);
    expect(end.problem).toBeUndefined();
    for (const n of [0, 1]) refersTo(n, segmentations(at('window', `time-point-${n + 1}`)));
  }, 300_000);

  it('is written by the command line into each time point’s folder', async () => {
    const request = followUpRequestSchema.parse({
      ...{ inputs: NAMES.map((name) => at('in', name)), output: at('cli'), dicomSeg: true },
      ...{ force: true, device: 'cpu' },
    });
    const context = { signal: new AbortController().signal, report: () => undefined };
    const report = await followUpInputs(request, hostOf(at('profile')), context);
    expect(report.points.map(({ date }) => date)).toEqual(['2024-03-12', '2024-09-05']);
    for (const [n, { id }] of report.points.entries()) refersTo(n, segmentations(at('cli', id)));
  }, 300_000);
});
