/**
 * How far volumes wander with the preparation of one raw head: TCGA-FG-6692 as it is, moved in its headers, moved in its voxels, stored in
 * another order of axes, and as DICOM: `npx tsx docs/results/preparation.ts --model MODEL`. Writes docs/results/logs/preparation.json
 * after every row; with `--only`, rows of the same model that are not measured again stay.
 * `apartMm` is how far the placement differs from the plain one's, mean over the corners of a box of 120 mm around the brain's middle.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byRegion } from '../../src/evaluate/scores.js';
import { openCandidate } from '../../src/intake/openCandidate.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { scan } from '../../src/intake/scan.js';
import type { Study } from '../../src/intake/study.js';
import type { Case } from '../../src/prepare/case.js';
import { prepareStudy } from '../../src/prepare/prepareStudy.js';
import { MODALITIES, type Modality, type Region } from '../../src/terms.js';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { reorient } from '../../src/volume/orientation.js';
import { inverse, movedTo } from '../../src/volume/placement.js';
import { type ImageFile, readVolume } from '../../src/volume/read.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine } from '../../src/volume/volume.js';
import { rawSeriesSpecs } from '../../test/export/dicom/rawSeries.js';
import { makeSeries } from '../../test/export/dicom/tools.js';
import { openModel } from './measure/cases.js';
import { volumesIn } from './measure/volumes.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/preparation.json' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const RAW = join(options.data, 'raw/TCGA-FG-6692');
const PARTS = { t1: 'T1_AX_Other', t1ce: 'T1_AX_POST', t2: 'T2_AX', flair: 'FLAIR' } as const;
const folder = mkdtempSync(join(tmpdir(), 'quorum-preparation-'));
const raw: Record<string, ImageFile> = {};
for (const m of MODALITIES)
  raw[m] = await readVolume(join(RAW, readdirSync(RAW).find((name) => name.includes(PARTS[m]))!));

/** 0.3 mm and 0.3°, about an axis, around the middle of the T1ce. */
function motion(axis: 0 | 1 | 2, sign: number): Affine {
  const angle = (sign * 0.3 * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
  const m = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  m[4 * a + a] = c;
  m[4 * b + b] = c;
  m[4 * a + b] = s;
  m[4 * b + a] = -s;
  const { size, affine } = raw.t1ce;
  const middle = voxelToWorld(affine, ...(size.map((n) => (n - 1) / 2) as [number, number, number]));
  const turned = voxelToWorld(m as unknown as Affine, ...middle);
  for (const row of [0, 1, 2]) m[12 + row] = middle[row] - turned[row] + (row === axis ? sign * 0.3 : 0);
  return m as unknown as Affine;
}

async function written(
  name: string,
  made: (image: ImageFile) => Pick<ImageFile, 'size' | 'affine' | 'data'>,
) {
  const into = join(folder, name);
  mkdirSync(into);
  for (const m of MODALITIES) {
    const { data, ...grid } = made(raw[m]);
    await writeNifti(join(into, `p_${m}.nii.gz`), { ...grid, data: Float32Array.from(data) });
  }
  return openStudy([into]);
}

async function asDicom(): Promise<Study> {
  const into = join(folder, 'dicom');
  mkdirSync(into);
  const studyInstanceUid = '1.2.826.0.1.3680043.8.498.1';
  makeSeries((await rawSeriesSpecs(RAW, into)).map((spec) => ({ ...spec, studyInstanceUid })));
  const workingFolder = join(folder, 'work');
  mkdirSync(workingFolder);
  const { studies } = await scan([into], { workingFolder });
  return (await openCandidate(studies[0], { workingFolder, confirmed: true })).study;
}

const still: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const AXES = [0, 1, 2] as const;
const moves = AXES.flatMap((axis) => [-1, 1].map((sign) => [axis, sign, motion(axis, sign)] as const));
const variants: { name: string; moved: Affine; study: () => Promise<Study> }[] = [
  { name: 'plain', moved: still, study: () => written('plain', (image) => image) },
  ...moves.map(([axis, sign, moved]) => ({
    name: `headers ${'xyz'[axis]}${sign < 0 ? '-' : '+'}`,
    moved,
    study: () => written(`h${axis}${sign}`, (image) => movedTo(image, moved)),
  })),
  ...moves.map(([axis, sign, moved]) => ({
    name: `voxels ${'xyz'[axis]}${sign < 0 ? '-' : '+'}`,
    moved,
    study: () =>
      written(`v${axis}${sign}`, (image) => ({
        ...image,
        data: resample(movedTo(image, moved), image, { interpolation: 'linear' }),
      })),
  })),
  {
    name: 'LPS',
    moved: still,
    study: () => written('lps', (image) => ({ ...image, ...reorient(image, 'LPS') })),
  },
  {
    name: 'SLA',
    moved: still,
    study: () => written('sla', (image) => ({ ...image, ...reorient(image, 'SLA') })),
  },
  { name: 'DICOM', moved: still, study: asDicom },
];

const { model, engine } = await openModel(options.model, Number(options.threads));
const about = { name: model.description.name, version: model.description.version, hash: model.hash };
let plain: Case | null = null;
let rows = earlierRows();
for (const { name, moved, study } of variants.filter(
  ({ name: n }) => n === 'plain' || !options.only || options.only.split(',').some((one) => n.includes(one)),
)) {
  const prepared = await prepareStudy(await study());
  plain ??= prepared;
  const apartMm = MODALITIES.map((m) => [m, apart(plain!, prepared, moved, m)] as const);
  const ml = await volumesIn(prepared, { model, engine }, ['t1ce', 'flair']);
  const row = { name, apartMm: Object.fromEntries(apartMm), brainMl: prepared.preparation!.brainMask.ml, ml };
  rows = variants.flatMap(({ name: n }) => (n === name ? [row] : rows.filter((one) => one.name === n)));
  writeFileSync(options.out, `${JSON.stringify({ kind: 'preparation', model: about, rows }, null, 1)}\n`);
  console.log(JSON.stringify(row));
}
await engine.dispose();
for (const combination of Object.keys(rows[0].ml)) {
  const spread = byRegion((region) => {
    const ml = rows.map((row) => row.ml[combination][region]);
    return `${Math.min(...ml).toFixed(2)}–${Math.max(...ml).toFixed(2)} ml, at most ${Math.max(...ml.map((v) => 100 * Math.abs(v / ml[0] - 1))).toFixed(1)} % from plain`;
  });
  console.log(combination, JSON.stringify(spread));
}
rmSync(folder, { recursive: true });

interface Row {
  readonly name: string;
  readonly apartMm: Readonly<Partial<Record<Modality, number>>>;
  readonly brainMl: number;
  readonly ml: Readonly<Record<string, Record<Region, number>>>;
}

function earlierRows(): Row[] {
  if (!options.only || !existsSync(options.out)) return [];
  const earlier = JSON.parse(readFileSync(options.out, 'utf8')) as { model: { hash: string }; rows: Row[] };
  return earlier.model.hash === model.hash ? earlier.rows : [];
}

/** Case → series, the motion taken back: how far it lies from the plain one's. */
function apart(before: Case, after: Case, moved: Affine, modality: Modality): number {
  const [a, b] = [before, after].map((one) => inverse(one.placements![modality]!.toCase));
  const back = multiplyAffines(inverse(moved), b);
  const middle = voxelToWorld(before.grid.affine, 120, 125, 75);
  let sum = 0;
  for (const [x, y, z] of [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, (n >> 1) & 1, n >> 2])) {
    const corner = [x, y, z].map((side, axis) => middle[axis] + (side - 0.5) * 120) as [
      number,
      number,
      number,
    ];
    const [p, q] = [a, back].map((to) => voxelToWorld(to, ...corner));
    sum += Math.hypot(...p.map((mm, axis) => mm - q[axis]));
  }
  return Number((sum / 8).toFixed(3));
}
