/**
 * Which of two T1 of one head is after contrast agent, by their voxels (src/recognise/contrastUptake.ts): every skull-stripped pair of the data,
 * and the one raw pair with its skull, as it is and with one of the two changed; and what two images of one phase give. Prints the rates and
 * writes docs/results/logs/contrast.json after every pair: `npx tsx docs/results/contrast.ts`.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contrastUptake, UPTAKE_MARGIN } from '../../src/recognise/contrastUptake.js';
import { randomStream } from '../../src/training/random.js';
import { multiplyAffines, voxelToWorld } from '../../src/volume/affine.js';
import { isotropicGrid, movedTo } from '../../src/volume/placement.js';
import { readVolume } from '../../src/volume/read.js';
import { resample } from '../../src/volume/resample.js';
import type { Affine, Volume } from '../../src/volume/volume.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/contrast.json' },
    /** At most so many pairs of each stripped set, the first by name. */
    most: { type: 'string', default: '1000' },
  },
});

/** `uptake` of the second over the first; null: not comparable. */
interface Row {
  readonly set: string;
  readonly name: string;
  readonly uptake: number | null;
}
const rows: Row[] = [];
const add = (set: string, name: string, a: Volume, b: Volume) => {
  const uptake = contrastUptake(a, b);
  rows.push({ set, name, uptake: uptake === null ? null : Number(uptake.toFixed(3)) });
  console.log(set, name, rows.at(-1)!.uptake);
  const log = { kind: 'contrast', margin: UPTAKE_MARGIN, rates: ratesOf(), rows };
  writeFileSync(options.out, `${JSON.stringify(log, null, 1)}\n`);
};

function ratesOf() {
  const told = (row: Row) => row.uptake !== null && Math.abs(row.uptake) >= UPTAKE_MARGIN;
  return [...new Set(rows.map(({ set }) => set))].map((set) => {
    const own = rows.filter((row) => row.set === set);
    const sign = set === 'raw, exchanged' ? -1 : 1;
    const wrong = own.filter((row) => told(row) && (set === 'one phase' || sign * row.uptake! < 0)).length;
    return { set, pairs: own.length, told: own.filter(told).length, wrong };
  });
}

const RAW = join(options.data, 'raw/TCGA-FG-6692');
const published = (sequence: string) => readVolume(join(RAW, 'stripped', `TCGA-FG-6692_${sequence}.nii.gz`));
add('raw, stripped', 'TCGA-FG-6692', await published('t1'), await published('t1ce'));

const raw = (part: string) => readVolume(join(RAW, readdirSync(RAW).find((name) => name.startsWith(part))!));
const [t1, t1ce]: Volume[] = [await raw('T1_AX_Other'), await raw('MRHR_T1_AX_POST')];
const random = randomStream(1);

const shaded = (axis: 0 | 1 | 2) => (image: Volume) => {
  const { size, data } = image;
  const stride = [1, size[0], size[0] * size[1]][axis];
  const place = (v: number) => (2 * (Math.floor(v / stride) % size[axis])) / (size[axis] - 1) - 1;
  return { ...image, data: data.map((value, v) => value * Math.exp(0.3 * place(v))) };
};
const noisy = (share: number) => (image: Volume) => {
  const sigma = share * image.data.slice().sort()[Math.floor(0.9 * image.data.length)];
  const noise = () => sigma * random.normal();
  return { ...image, data: image.data.map((value) => Math.hypot(value + noise(), noise())) };
};
const on = (mm: number) => (image: Volume) => {
  const grid = isotropicGrid(image, mm);
  return { ...grid, data: resample(image, grid, { interpolation: 'linear' }) };
};
const curved = (power: number) => (image: Volume) => {
  const top = image.data.slice().sort()[Math.floor(0.999 * image.data.length)];
  return { ...image, data: image.data.map((value) => top * (Math.max(0, value) / top) ** power) };
};
/** The head elsewhere: 4 mm, and 4° about its long axis; the voxels are those of the scanner's grid again. */
const moved = (image: Volume) => {
  const [c, s] = [Math.cos(0.07), Math.sin(0.07)];
  const turn: Affine = [c, s, 0, 0, -s, c, 0, 0, 0, 0, 1, 0, 2, -2, 3, 1];
  const middle = voxelToWorld(image.affine, ...(image.size.map((n) => n / 2) as [number, number, number]));
  const [to, from] = [1, -1].map((sign): Affine => {
    const [x, y, z] = middle.map((mm) => sign * mm);
    return [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1];
  });
  const motion = multiplyAffines(to, multiplyAffines(turn, from));
  return { ...image, data: resample(movedTo(image, motion), image, { interpolation: 'linear' }) };
};
const then =
  (...changes: ((image: Volume) => Volume)[]) =>
  (image: Volume) =>
    changes.reduce((changed, change) => change(changed), image);

const changes: Readonly<Record<string, (image: Volume) => Volume>> = {
  'as it is': (image) => image,
  'shaded along x': shaded(0),
  'shaded along y': shaded(1),
  'noise of 8 %': noisy(0.08),
  'voxels of 3 mm': on(3),
  'brightness to the power 0.7': curved(0.7),
  'brightness to the power 1.4': curved(1.4),
  'moved 4 mm and 4°': moved,
  'moved, shaded, noise of 4 %': then(moved, shaded(1), noisy(0.04)),
  'moved, power 0.7, shaded, noise of 4 %': then(moved, curved(0.7), shaded(0), noisy(0.04)),
};
for (const [name, change] of Object.entries(changes)) {
  add('raw, T1ce changed', name, t1, change(t1ce));
  add('raw, T1 changed', name, change(t1), t1ce);
  add('raw, exchanged', name, change(t1ce), t1);
  if (name === 'as it is') continue;
  add('one phase', `T1, ${name}`, t1, change(t1));
  add('one phase', `T1ce, ${name}`, t1ce, change(t1ce));
}

for (const set of ['brains', 'brains3', 'whole'])
  for (const name of readdirSync(join(options.data, set)).slice(0, Number(options.most))) {
    const file = (sequence: string) => join(options.data, set, name, `${name}_${sequence}.nii.gz`);
    if (existsSync(file('t1ce')))
      add(set, name, await readVolume(file('t1')), await readVolume(file('t1ce')));
  }

console.table(ratesOf());
