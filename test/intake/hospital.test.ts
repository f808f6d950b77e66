import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StudyCandidate } from '../../src/intake/candidate.js';
import { assignSeries } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { dicomBytes, element } from '../dicom/dicomBytes.js';

/** Made-up examinations as hospitals' scanners write them: few words, no agent, one name twice. */

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-hospital-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Times = readonly [te: number, tr: number, ti?: number | undefined, flip?: number];
const SE: Times = [10, 500];
const TFE: Times = [3.7, 8.1, undefined, 8];
const T2: Times = [100, 3000];
const FLAIR: Times = [120, 11000, 2800];

interface Made {
  readonly number: number;
  readonly name: string;
  readonly clock: string;
  readonly times: Times;
  readonly scanning?: string;
  readonly plane?: 'axial' | 'coronal' | 'sagittal';
  /** Slices and their distance in mm. */
  readonly stack?: readonly [slices: number, mm: number];
  readonly type?: string;
  /** So far each axial slice lies behind the one below, mm. */
  readonly tilt?: number;
  readonly agent?: string;
  readonly protocol?: string;
  readonly body?: string;
  /** Pixel Spacing, in place of 1 mm. */
  readonly pixel?: string;
  /** What each slice's pixels are. */
  readonly values?: (at: number) => number;
}

const ORIENTATION = {
  axial: '1\\0\\0\\0\\1\\0',
  coronal: '1\\0\\0\\0\\0\\-1',
  sagittal: '0\\1\\0\\0\\0\\-1',
};

async function examination(name: string, study: string, series: readonly Made[]): Promise<StudyCandidate> {
  for (const one of series) writeSeries(join(root, name, String(one.number)), study, one);
  const { studies } = await scan([join(root, name)], { workingFolder: join(root, 'working') });
  expect(studies).toHaveLength(1);
  return studies[0];
}

function writeSeries(folder: string, study: string, made: Made): void {
  mkdirSync(folder, { recursive: true });
  const { number, name, clock, times, scanning = 'SE', plane = 'axial', stack = [28, 5.5] } = made;
  const [te, tr, ti, flip = 90] = times;
  const ds = (group: number, tag: number, value: string | number) => element(group, tag, 'DS', String(value));
  for (let slice = 0; slice < stack[0]; slice++) {
    const height = (slice - stack[0] / 2) * stack[1];
    const position = {
      axial: [-3, -4 + slice * (made.tilt ?? 0), height],
      coronal: [-3, height, 4],
      sagittal: [height, -3, 4],
    }[plane];
    const pixels = Buffer.alloc(96);
    for (let at = 0; at < 48; at++) pixels.writeUInt16LE(made.values?.(at) ?? 40 + at * 7 + slice, at * 2);
    const extra = [
      element(8, 8, 'CS', made.type ?? 'ORIGINAL\\PRIMARY\\M_SE\\M\\SE'),
      element(8, 0x22, 'DA', '20200131'),
      element(8, 0x32, 'TM', clock),
      element(8, 0x70, 'LO', 'Philips Medical Systems'),
      element(8, 0x1030, 'LO', study),
      ...(made.agent === undefined ? [] : [element(0x18, 0x10, 'LO', made.agent)]),
      element(0x18, 0x15, 'CS', made.body ?? 'HEAD'),
      element(0x18, 0x20, 'CS', scanning),
      ds(0x18, 0x80, tr),
      ds(0x18, 0x81, te),
      ...(ti === undefined ? [] : [ds(0x18, 0x82, ti)]),
      element(0x18, 0x1030, 'LO', made.protocol ?? name),
      ds(0x18, 0x1314, flip),
      element(0x20, 0x11, 'IS', String(number)),
      element(0x20, 0x37, 'DS', ORIENTATION[plane]),
    ];
    const bytes = dicomBytes({
      ...(made.pixel === undefined ? {} : { spacing: made.pixel }),
      slice,
      series: String(number),
      study: '1.2.9',
      description: name,
      position: position as unknown as readonly [number, number, number],
      extra,
      pixels,
    });
    writeFileSync(join(folder, `${slice}`), bytes);
  }
}

const taken = ({ choices, series }: StudyCandidate) =>
  Object.fromEntries(
    Object.entries(choices).map(([m, { winner }]) => [
      m,
      series.find(({ id }) => id === winner)!.about.seriesNumber,
    ]),
  );
const whyNot = ({ choices, series }: StudyCandidate, number: number) => {
  const one = series.find(({ about }) => about.seriesNumber === number)!;
  const rejected = Object.values(choices).flatMap((choice) => choice.rejected);
  return one.setAside ?? one.doubt ?? rejected.find(({ id }) => id === one.id)?.why;
};

const FINE = { plane: 'sagittal', stack: [170, 1], scanning: 'GR', times: TFE } as const;
const PHILIPS: readonly Made[] = [
  {
    number: 101,
    name: 'Survey_SHC',
    clock: '100000',
    times: [4.6, 11, undefined, 20],
    scanning: 'GR',
    stack: [9, 10],
  },
  { number: 201, name: 'sT1W_3D_TFE', clock: '100300', ...FINE },
  { number: 301, name: 'T1W_SE', clock: '100900', times: SE },
  { number: 401, name: 'T2W_TSE', clock: '101300', times: T2 },
  { number: 501, name: 'T2W_TSE', clock: '101700', times: T2, plane: 'coronal', stack: [36, 4.5] },
  { number: 601, name: 'FLAIR_longTR', clock: '102100', times: FLAIR, scanning: 'SE\\IR' },
  { number: 701, name: 'DWI_3b', clock: '102400', times: [75, 4000], scanning: 'EP' },
  {
    number: 702,
    name: 'dADC',
    clock: '102401',
    times: [75, 4000],
    scanning: 'EP',
    type: 'DERIVED\\PRIMARY\\ADC\\ADC',
  },
  { number: 801, name: 'SWIp', clock: '102700', times: [31, 44, undefined, 17], scanning: 'GR' },
  {
    number: 802,
    name: 'SWIp',
    clock: '102701',
    times: [31, 44, undefined, 17],
    scanning: 'GR',
    type: 'ORIGINAL\\PRIMARY\\PHASE MAP\\P',
  },
  {
    number: 901,
    name: 's3DI_MC_HR',
    clock: '103000',
    times: [3.5, 23, undefined, 18],
    scanning: 'GR',
    protocol: 'TOF',
  },
  { number: 1001, name: 'FE_EPI', clock: '103200', times: [40, 1500], scanning: 'EP', stack: [600, 5] },
  { number: 1101, name: 'T1W_SE', clock: '103800', times: SE },
  { number: 1201, name: 'FLAIR_longTR', clock: '104200', times: FLAIR, scanning: 'SE\\IR' },
  { number: 1301, name: 'T1W_3D_ISO', clock: '105200', ...FINE },
  {
    number: 1302,
    name: 'T1W_3D_ISO',
    clock: '105201',
    ...FINE,
    type: 'DERIVED\\SECONDARY\\MPR',
    plane: 'axial',
  },
  { number: 1401, name: 'PD_TSE', clock: '105600', times: [15, 3000] },
  {
    number: 1501,
    name: 'T2W_TSE_SAG C-SPINE',
    clock: '110000',
    times: T2,
    plane: 'sagittal',
    stack: [15, 3.3],
  },
  { number: 1601, name: 'Report', clock: '110500', times: SE, stack: [5, 5] },
];

describe('an examination of 19 series without a word of contrast in any series', () => {
  it('takes each sequence from its right series, and says why not the others', async () => {
    const found = await examination('philips', 'MRI BRAIN CONTRAST', PHILIPS);
    expect(found.series).toHaveLength(19);
    expect(found.questions).toEqual([]);
    expect(taken(found)).toEqual({ t1: 201, t1ce: 1301, t2: 401, flair: 601 });
    expect(whyNot(found, 501)).toContain('coronal');
    expect(whyNot(found, 1201)).toContain('after contrast agent');
    const twin = found.series.find(({ about }) => about.seriesNumber === 1101)!;
    expect([twin.sequence, twin.reason]).toEqual([
      't1ce',
      expect.stringContaining('the same name twice, 29 minutes apart'),
    ]);
    for (const number of [101, 701, 702, 801, 802, 901, 1001, 1302, 1401, 1501, 1601])
      expect([number, whyNot(found, number)]).toEqual([number, expect.stringMatching(/./)]);
  });

  it('takes the earlier of two of one name for T1 where the fine ones are not there', async () => {
    const found = await examination(
      'thick',
      'MRI BRAIN CONTRAST',
      PHILIPS.filter(({ number }) => ![201, 1301, 1302].includes(number)),
    );
    expect(taken(found)).toEqual({ t1: 301, t1ce: 1101, t2: 401, flair: 601 });
  });

  it('asks where two T1 have different names and nothing tells, and one answer settles the other', async () => {
    const two = PHILIPS.filter(({ number }) => [201, 601, 1301].includes(number));
    const found = await examination('names', 'MRI BRAIN', two);
    expect(taken(found)).toEqual({ flair: 601 });
    expect(found.questions).toMatchObject([{ sequences: ['t1', 't1ce'] }]);
    expect(found.questions[0].series).toHaveLength(2);
    const later = found.series.find(({ about }) => about.seriesNumber === 1301)!;
    expect(taken(assignSeries(found, later.id, 't1ce'))).toEqual({ t1: 201, t1ce: 1301, flair: 601 });
  });

  it('never takes a repeat within minutes for the one after contrast agent', async () => {
    const repeated = PHILIPS.filter(({ number }) => [301, 601].includes(number));
    const again = { ...repeated[0], number: 302, clock: '101100' };
    const found = await examination('repeat', 'MRI BRAIN', [...repeated, again]);
    expect(taken(found)).toEqual({ t1: 302, flair: 601 });
  });
});

describe('what headers say that voxels or the examination contradict', () => {
  it('a mask of 0 and 1 on the headers of a later FLAIR is none', async () => {
    const flair = PHILIPS.find(({ number }) => number === 601)!;
    const mask = { ...flair, number: 2601, clock: '120000', values: (at: number) => (at % 7 === 0 ? 1 : 0) };
    const found = await examination('mask', 'MRI BRAIN', [flair, mask]);
    expect(taken(found)).toEqual({ flair: 601 });
    expect(whyNot(found, 2601)).toContain('mask');
  });

  it.each([
    ['MRT ISG mit KM', 'ISG_KM', 't1_tse_cor_fs'],
    ['RM sacro-ilíacas con contraste', 't1 gd', 'T1 TSE COR'],
    ['MRT LWS nativ und KM', 'LWS', 't1_tse_sag KM'],
    ['IRM du genou', 'genou', 'T1 SAG'],
    ['MR Kniegelenk rechts', 'knie', 'T1 TSE SAG'],
    ['RM kolana', 'kolano', 'T1 SAG'],
  ])('%s is no examination of the head', async (study, protocol, name) => {
    const series = {
      number: 5,
      name,
      clock: '100000',
      times: SE,
      plane: 'coronal',
      protocol,
      body: '',
      agent: 'Gadovist',
    } as const;
    const found = await examination(`part-${study}`, study, [series]);
    expect(taken(found)).toEqual({});
    expect(whyNot(found, 5)).toContain('another part of the body');
  });

  it('a body part HEAD that was left over does not make a knee or a spine a head', async () => {
    const one = { number: 5, name: 't1_tse_fs_cor KM', clock: '100000', times: SE, body: 'HEAD' } as const;
    const far = await examination('left over', 'MRT ISG mit KM', [one]);
    expect(taken(far)).toEqual({});
    expect(whyNot(far, 5)).toContain('isg');
    // The neck and the orbit are looked at together with the head.
    expect(taken(await examination('near', 'MRT Hals mit KM', [one]))).toEqual({ t1ce: 5 });
  });

  it('two T1 of an examination without contrast agent are not asked about', async () => {
    const series = [
      { number: 3, name: 'T1 AX', clock: '100000', times: SE },
      { number: 4, name: 'T1 SAG', clock: '101000', times: SE, plane: 'sagittal' },
    ] as const;
    const found = await examination('without', 'MRI BRAIN WITHOUT CONTRAST', series);
    expect(found.questions).toEqual([]);
    expect(taken(found)).toEqual({ t1: 3 });
    expect((await examination('silent', 'MRI BRAIN', series)).questions).toHaveLength(1);
  });

  it('the plane is that of the frames, also where slices are thin and pixels long', async () => {
    const thin = { name: 'T2W_TSE COR', plane: 'coronal', stack: [128, 1.8], pixel: '17\\1.8' } as const;
    const series = [
      { number: 2, name: 'FLAIR', clock: '100000', times: FLAIR, scanning: 'SE\\IR' },
      { number: 3, name: 'T2W_TSE', clock: '100500', times: T2, stack: [10, 17] },
      { number: 4, clock: '101000', times: T2, ...thin },
    ] as const;
    const found = await examination('planes', 'MRI BRAIN', series);
    expect(taken(found)).toEqual({ flair: 2, t2: 3 });
    expect(whyNot(found, 4)).toContain('coronal');
  });

  it.each([
    ['MRT Schädel mit KM', 'HEAD'],
    ['IRM cérébrale', ''],
    ['MRI brain and cervical spine', 'HEAD'],
    ['RM encéfalo', 'EXTREMITY'],
  ])('%s is one', async (study, body) => {
    const series = { number: 5, name: 'T2 TSE', clock: '100000', times: T2, body } as const;
    expect(taken(await examination(`head-${study}`, study, [series]))).toEqual({ t2: 5 });
  });

  it('an agent in every header tells nothing of one T1 alone; in the later series it does', async () => {
    const agent = 'Gadovist';
    const t1 = { number: 3, name: 'T1W', clock: '100500', times: SE } as const;
    const flair = { number: 2, name: 'FLAIR', clock: '100000', times: FLAIR, scanning: 'SE\\IR' } as const;
    const everywhere = await examination('agent', 'MRI BRAIN', [
      { ...t1, agent },
      { ...flair, agent },
    ]);
    expect([taken(everywhere), everywhere.questions.length]).toEqual([{ flair: 2 }, 1]);
    const later = await examination('agent-later', 'MRI BRAIN', [{ ...t1, agent }, flair]);
    expect(taken(later)).toEqual({ t1ce: 3, flair: 2 });
  });
});

describe('one name three times', () => {
  const t1 = (number: number, clock: string): Made => ({ number, name: 'AX T1', clock, times: SE });
  it('the earliest is before contrast agent, the latest after, and what lies between serves as neither', async () => {
    const found = await examination('three', 'MR BRAIN W AND WO', [
      t1(5, '100000'),
      t1(6, '102500'),
      t1(7, '103100'),
    ]);
    expect(taken(found)).toEqual({ t1: 5, t1ce: 7 });
    expect(found.questions).toEqual([]);
  });
});

describe('slices that are shifted against each other', () => {
  it('are set aside with the angle, as nothing here takes a sheared grid', async () => {
    const found = await examination('tilted', 'MRI HEAD', [
      { number: 5, name: 'T1 AX', clock: '100000', times: SE },
      { number: 6, name: 'FLAIR AX', clock: '101000', times: FLAIR, scanning: 'SE\\IR', tilt: 1.2 },
    ]);
    expect(taken(found)).toEqual({ t1: 5 });
    expect(whyNot(found, 6)).toMatch(/shifted against each other by 12°/);
  });
});
