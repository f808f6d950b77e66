import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import { FORMATS, type FormatId, NO_FORMATS } from '../../src/contract/formats.js';
import type { CaseReport } from '../../src/contract/index.js';
import type { Surroundings } from '../../src/pipeline/context.js';
import { createServices, type Services } from '../../src/session/services.js';
import { allCombinations, combinationName, REGIONS } from '../../src/terms.js';
import { segmentEnd } from '../commands/command.js';
import { jobEnd, openCase, segment, writeTinyStudy } from '../session/harness.js';
import { localWorker } from '../session/localWorker.js';

/**
 * The same request by both roads: `quorum segment`, and a window that opens, segments and exports. Clock and identifiers are
 * fixed, so that everything that is written can be compared byte by byte.
 */

const AROUND: Surroundings = {
  quorumVersion: 'test',
  now: () => new Date('2026-01-02T03:04:05Z'),
  newUid: () => '2.25.1',
  peakMemoryMb: () => 1,
};
/** What differs by nature. */
const BY_NATURE = ['seconds'];

/** As small as the network takes: every request is computed on both roads. */
const SIDE = 32;

let folder: string;
let study: string;
let services: Services;
let id: string;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-roads-'));
  study = await writeTinyStudy(folder, undefined, undefined, SIDE);
  services = createServices({
    profileFolder: join(folder, 'profile'),
    launchWorker: localWorker(AROUND),
  });
  id = (await openCase(services, study)).id;
  await segment(services, id);
});

afterAll(async () => {
  await services.close();
  await rm(folder, { recursive: true, force: true });
});

interface Options extends Partial<Record<FormatId, boolean>> {
  readonly combinations?: string[];
  readonly threshold?: number | null;
  readonly labels?: 'brats' | 'consecutive';
  readonly keepSpecks?: boolean;
  readonly unsupported?: boolean;
  readonly neutralNames?: boolean;
}

interface Written {
  readonly report: CaseReport;
  /** Every file but the report, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

async function written(output: string): Promise<Written> {
  const entries = await readdir(output, { recursive: true, withFileTypes: true });
  const files = new Map<string, Buffer>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(output.length + 1), await readFile(path));
  }
  const report: CaseReport = JSON.parse(files.get('report.json')!.toString());
  files.delete('report.json');
  // The files themselves are compared, not what the report claims of them.
  const compared = Object.entries(report).filter(([field]) => ![...BY_NATURE, 'files'].includes(field));
  return { report: Object.fromEntries(compared) as unknown as CaseReport, files };
}

async function done(job: string): Promise<void> {
  const end = await jobEnd(services, job);
  expect(end.problem).toBeUndefined();
}

async function byCommand(options: Options): Promise<Written> {
  const output = join(folder, `command-${++runs}`);
  const end = await segmentEnd(hostOf(join(folder, 'profile'), AROUND), {
    inputs: [study],
    output,
    force: true,
    device: 'cpu',
    ...NO_FORMATS,
    ...(options as object),
  });
  expect(end.problem).toBeUndefined();
  return written(output);
}

async function byWindow(options: Options): Promise<Written> {
  const output = join(folder, `window-${++runs}`);
  const { job } = await services.call('export.start', {
    case: id,
    folder: output,
    combination: 't1+t1ce+t2+flair',
    ...NO_FORMATS,
    ...options,
  } as never);
  await done(job);
  return written(output);
}

const made = new Map<string, Promise<[command: Written, window: Written]>>();

/** Both, once for the same options. */
function both(options: Options): Promise<[command: Written, window: Written]> {
  const key = JSON.stringify(options);
  const pair = made.get(key) ?? inTurn(options);
  made.set(key, pair);
  return pair;
}

async function inTurn(options: Options): Promise<[command: Written, window: Written]> {
  return [await byCommand(options), await byWindow(options)];
}

const COMBINATIONS = allCombinations().map(combinationName);
/** Formats that this input can have. */
const POSSIBLE = FORMATS.filter(
  ({ missing }) => missing({ dicom: false, prepared: false, stripped: false, sequences: 4 }) === null,
);

describe('both roads', () => {
  it('write the same bytes, whatever is asked for', async () => {
    const formats = fc.record(Object.fromEntries(POSSIBLE.map(({ id: format }) => [format, fc.boolean()])));
    const options = fc.record({
      combinations: fc.uniqueArray(fc.constantFrom(...COMBINATIONS), { maxLength: 3 }),
      threshold: fc.constantFrom(null, 0.2, 0.5, 0.8),
      labels: fc.constantFrom('brats' as const, 'consecutive' as const),
      keepSpecks: fc.boolean(),
      unsupported: fc.boolean(),
      neutralNames: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(formats, options, async (chosen, rest) => {
        const [command, window] = await both({ ...rest, ...chosen });
        expect([...window.files.keys()].sort()).toEqual([...command.files.keys()].sort());
        for (const [name, bytes] of command.files)
          expect({ name, same: window.files.get(name)!.equals(bytes) }).toEqual({ name, same: true });
        expect(window.report).toEqual(command.report);
      }),
      { numRuns: 3, seed: 7, endOnFailure: true },
    );
  });

  it('rows 1, 17-21: engine events, images, set-aside files, fingerprint and passes are the same', async () => {
    const [command, window] = await both({});
    for (const field of [
      'engine',
      'images',
      'setAside',
      'fingerprint',
      'networkPasses',
      'preparation',
    ] as const)
      expect(window.report[field]).toEqual(command.report[field]);
    expect(window.report.images.map(({ sequence }) => sequence)).toEqual(['t1', 't1ce', 't2', 'flair']);
  });

  it('rows 2-4: spread, warnings of a combination and enhancing lesions are in both', async () => {
    for (const { report } of await both({ probabilities: true, combinations: ['t1'] })) {
      expect(report.spread!.WT).toBeGreaterThan(0);
      const codes = report.combinations.t1.warnings.map(({ code }) => code);
      expect(codes).toContain('REGION_NOT_SUPPORTED');
      expect(report.combinations['t1+t1ce+t2+flair'].enhancingLesions).not.toBeNull();
    }
  });

  it('row 7: an overridden check is a warning, once a code', async () => {
    for (const { report } of await both({})) {
      const overridden = report.warnings.filter(({ code }) => code === 'CHECK_OVERRIDDEN');
      expect(overridden.length).toBe(new Set(overridden.map(({ text }) => text)).size);
      expect(overridden.length).toBeGreaterThan(0);
    }
  });

  it('rows 8, 9: numbers, surfaces and maps of unsupported regions are withheld unless asked for', async () => {
    const options = { combinations: ['t1'], stl: true, probabilities: true };
    for (const { report } of await both(options)) {
      for (const region of REGIONS) {
        expect(report.combinations.t1.volumes[region]).toEqual({
          ml: null,
          supported: false,
          range: null,
          expectedDice: null,
          trust: null,
        });
        expect(report.combinations.t1.diameters[region]).toBeNull();
      }
    }
    for (const { report } of await both({ ...options, unsupported: true }))
      for (const region of REGIONS)
        expect(report.combinations.t1.volumes[region]).toMatchObject({
          ml: expect.any(Number),
          supported: false,
        });
  });

  it('rows 10, 11: the report counts the mask that is written, at any threshold and with specks', async () => {
    for (const options of [{ threshold: 0.05 }, { keepSpecks: true, threshold: 0.3 }]) {
      for (const { report, files } of await both({ ...options, csv: true })) {
        const csv = files.get(`${report.case}_volumes.csv`)!.toString().split('\r\n');
        const all = report.combinations[report.combination];
        expect(Number(csv[1].split(',')[3])).toBe(all.volumes.WT.ml);
        expect(all.volumes.WT.range).toBeNull();
        expect(all.agreement).toEqual({ WT: null, TC: null, ET: null });
        expect(all.specks.every(({ removed }) => removed === !options.keepSpecks)).toBe(true);
      }
    }
  });

  it('row 12: the picture draws each combination once, also when the main one is in the list', async () => {
    const [command] = await both({ picture: true, combinations: ['t1', 't1+t1ce+t2+flair'] });
    const [without] = await both({ picture: true, combinations: ['t1'] });
    const name = [...command.files.keys()].find((file) => file.endsWith('.png'))!;
    expect(command.files.get(name)!.equals(without.files.get(name)!)).toBe(true);
  });

  it('row 16: CSV and HTML report exist on both', async () => {
    for (const { files } of await both({ csv: true, report: true }))
      expect([...files.keys()].filter((name) => /\.(csv|html)$/.test(name))).toHaveLength(2);
  });
});
