import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvParseRows } from 'd3-dsv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCase } from '../../src/cli/results.js';
import {
  type CaseReport,
  describeWarning,
  inOrder,
  type OpenCase,
  REGION_TITLES,
  type Request,
} from '../../src/contract/index.js';
import { mlText } from '../../src/numbers.js';
import { SURROUNDINGS } from '../../src/pipeline/surroundings.js';
import { createServices, type Services } from '../../src/session/services.js';
import { combinationName, type Modality, REGIONS, type Region } from '../../src/terms.js';
import { jobEnd, openCase, runsBody, segment, writeTinyStudy } from '../session/harness.js';
import { localWorker } from '../session/localWorker.js';

/** What window, report.json, CSV, HTML report and terminal say of one mask. */

let folder: string;
let services: Services;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-faces-'));
  services = createServices({
    profileFolder: join(folder, 'profile'),
    launchWorker: localWorker(SURROUNDINGS),
  });
});

afterAll(async () => {
  await services.close();
  await rm(folder, { recursive: true, force: true });
});

async function segmented(...sequences: Modality[]): Promise<OpenCase> {
  const study = await writeTinyStudy(join(folder, `case${++runs}`), 'patient', sequences);
  const { id } = await openCase(services, study);
  await services.call('cases.answer', {
    case: id,
    answers: { adult: 'no', treated: 'unknown', glioma: 'yes' },
  });
  return segment(services, id);
}

interface Faces {
  readonly report: CaseReport;
  /** Cells of the first mask by region and column. */
  readonly csv: (region: Region, column: string) => string;
  readonly html: string;
  /** ml cells of the first mask in the HTML report's table. */
  readonly htmlMl: (region: Region) => string;
  readonly terminal: string;
}

async function exported(open: OpenCase, options: Partial<Request<'export.start'>> = {}): Promise<Faces> {
  const output = join(folder, `out${++runs}`);
  const combination = open.result!.all as Request<'export.start'>['combination'];
  const { job } = await services.call('export.start', {
    case: open.id,
    folder: output,
    combination,
    picture: false,
    ...options,
  });
  expect((await jobEnd(services, job)).problem).toBeUndefined();
  const read = (name: string) => readFile(join(output, name), 'utf8');
  const report: CaseReport = JSON.parse(await read('report.json'));
  // A remark may hold a comma.
  const [header, ...rows] = csvParseRows(await read('patient_volumes.csv'));
  const html = await read('patient_report.html');
  return {
    report,
    html,
    csv: (region, column) => rows[REGIONS.indexOf(region)][header.indexOf(column)],
    htmlMl: (region) => {
      const row = html.split('<tr>').find((one) => one.includes(`<td>${REGION_TITLES[region]}</td>`))!;
      return row.match(/<td class="number">([^<]*)</)![1];
    },
    terminal: describeCase({ ...report, skipped: false }, output),
  };
}

/** What every face says of a region's volume; `ml` is what the mask holds. */
function expectVolumes(
  faces: Faces,
  ml: Record<Region, number>,
  supported: Record<Region, boolean>,
  asked: boolean,
) {
  const { report, csv, htmlMl, terminal } = faces;
  const said = report.edited?.volumes ?? report.combinations[report.combination].volumes;
  for (const region of REGIONS) {
    const isGiven = supported[region] || asked;
    const expected = isGiven ? Number(ml[region].toFixed(3)) : null;
    expect(said[region]).toMatchObject({ ml: expected, supported: supported[region] });
    expect(csv(region, 'volume_ml')).toBe(expected === null ? '' : String(expected));
    expect(csv(region, 'supported')).toBe(supported[region] ? 'yes' : 'no');
    expect(htmlMl(region)).toBe(expected === null ? '–' : mlText(expected).replace('<', '&lt;'));
  }
  if (report.edited) return;
  const row = terminal.split('\n').find((line) => /^[●○]/.test(line))!;
  const texts = REGIONS.map((region) => {
    const isGiven = supported[region] || asked;
    return `${isGiven ? mlText(Number(ml[region].toFixed(3))) : '–'}${supported[region] ? '' : '*'}`;
  });
  expect(row.replaceAll('< 0.1', '<0.1').split(/\s+/).slice(4, 7)).toEqual(
    texts.map((t) => t.replace('< ', '<')),
  );
}

const perRegion = <T>(value: (region: Region) => T) =>
  Object.fromEntries(REGIONS.map((region) => [region, value(region)])) as Record<Region, T>;

describe.each([[['flair']], [['t1', 'flair']], [['t1', 't1ce', 't2']], [['t1', 't1ce', 't2', 'flair']]] as [
  Modality[],
][])('every face of a case with %s', (sequences) => {
  let open: OpenCase;
  beforeAll(async () => {
    open = await segmented(...sequences);
  });

  const found = () => open.result!.combinations[combinationName(sequences)];
  const supported = () => perRegion((region) => found().volumes[region].supported);

  it('gives the same volumes, and the same regions none', async () => {
    const ml = perRegion((region) => found().volumes[region].ml);
    expectVolumes(await exported(open), ml, supported(), false);
    expectVolumes(await exported(open, { unsupported: true }), ml, supported(), true);
  });

  it('says every warning that the window says', async () => {
    const { report, html, csv, terminal } = await exported(open);
    const warnings = [...open.result!.warnings, ...found().warnings];
    expect(warnings.map(({ code }) => code)).toContain('OUTSIDE_TRAINING');
    const told = inOrder(open.result!.warnings, found().warnings);
    expect(csv('WT', 'warnings')).toBe(told.map(({ code }) => code).join(' '));
    const listed = [...report.warnings, ...report.combinations[report.combination].warnings];
    expect(listed.map(({ text }) => text)).toEqual(warnings.map(describeWarning));
    for (const text of warnings.map(describeWarning)) {
      expect(html).toContain(text.replaceAll('&', '&amp;').replaceAll("'", '&#39;'));
      expect(terminal).toContain(text);
    }
    expect(html).not.toContain('No warning was triggered');
  });

  it('counts the mask at a moved threshold, and knows no range or agreement of it', async () => {
    const combination = combinationName(sequences) as never;
    const mask = { kind: 'combination', combination, threshold: 0.1 } as const;
    const { header } = await services.callBinary('masks.labels', { case: open.id, mask });
    const faces = await exported(open, { threshold: 0.1 });
    expectVolumes(faces, header.volumes, supported(), false);
    expect(faces.report.threshold).toBe(0.1);
    for (const region of REGIONS) {
      expect(faces.csv(region, 'agreement')).toBe('');
      expect(faces.csv(region, 'range_lower_ml')).toBe('');
    }
  });

  it('gives an edited mask its own numbers, and the warnings of the automatic one', async () => {
    const combination = combinationName(sequences) as never;
    await services.call('edits.start', { case: open.id, from: { kind: 'combination', combination } });
    const { volumes } = await services.call(
      'edits.stroke',
      { case: open.id, tool: 'brush' },
      runsBody([0, 3000, 2]),
    );
    const faces = await exported(open);
    expectVolumes(faces, volumes, supported(), false);
    expect(faces.html).not.toContain('No warning was triggered');
    for (const warning of found().warnings)
      expect(faces.html).toContain(`The automatic mask had a warning: ${describeWarning(warning)}`);
    await services.call('edits.discard', { case: open.id, confirmed: true });
  });
});

describe('one sequence', () => {
  it('gets no map of disagreement: it has nothing to disagree with', async () => {
    const { report } = await exported(await segmented('flair'), { probabilities: true });
    expect(report.files.some(({ file }) => file.includes('spread'))).toBe(false);
    expect(report.leftOut.some(({ file }) => file.includes('spread_WT'))).toBe(true);
    expect(report.spread).toEqual({ WT: null, TC: null, ET: null });
  });
});
