/**
 * How far volumes wander when the same head lies elsewhere: six paddings with air and six shifts by 0.3 mm of two whole cases:
 * `npx tsx docs/results/stability.ts --model MODEL`. Writes docs/results/logs/stability.json.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byRegion } from '../../src/evaluate/scores.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { prepareCase } from '../../src/prepare/case.js';
import { mean } from '../../src/statistics.js';
import { MODALITIES } from '../../src/terms.js';
import type { Affine, Size } from '../../src/volume/volume.js';
import { openModel } from './measure/cases.js';
import { caseOf, type Subject } from './measure/changes.js';
import { volumesIn } from './measure/volumes.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/stability.json' },
    threads: { type: 'string', default: '2' },
  },
});

/** Planes of air added before and behind along each axis. */
const PADDINGS = [
  [0, 0, 0, 0, 0, 0],
  [1, 0, 1, 0, 1, 0],
  [4, 0, 4, 0, 4, 0],
  [0, 16, 0, 16, 0, 16],
  [8, 8, 8, 8, 8, 8],
  [3, 0, 0, 5, 2, 7],
] as const;
const SHIFTS_MM = [0, 1, 2].flatMap((axis) =>
  [-0.3, 0.3].map((mm) => [0, 1, 2].map((a) => (a === axis ? mm : 0)) as [number, number, number]),
);
const CASES = {
  'TCGA-FG-6692': 'raw/TCGA-FG-6692/stripped',
  BraTS19_CBICA_ABM_1: 'whole/BraTS19_CBICA_ABM_1',
};

const { model, engine } = await openModel(options.model, Number(options.threads));
const { description } = model;
const rows = [];
for (const [name, folder] of Object.entries(CASES)) {
  const { grid, images } = await prepareCase(await openStudy([join(options.data, folder)]), { force: true });
  const entries = MODALITIES.flatMap((m) => (images[m] ? [[m, images[m].data]] : []));
  const subject: Subject = { grid, images: Object.fromEntries(entries), truth: new Uint8Array(0) };
  for (const [what, variants] of [
    ['padding', PADDINGS.map((padding) => padded(subject, padding))],
    ['shift by 0.3 mm', SHIFTS_MM.map((shift) => moved(subject, shift))],
  ] as const) {
    const volumes: Awaited<ReturnType<typeof volumesIn>>[] = [];
    for (const variant of variants)
      volumes.push(await volumesIn(caseOf(variant, 'case'), { model, engine }, ['t1ce']));
    for (const combination of Object.keys(volumes[0])) {
      const spread = byRegion((region) => {
        const ml = volumes.map((one) => one[combination][region]);
        return Number(((Math.max(...ml) - Math.min(...ml)) / mean(ml)).toFixed(4));
      });
      const ml = byRegion((region) => volumes.map((one) => Number(one[combination][region].toFixed(2))));
      rows.push({ name, what, combination, spread, ml });
      console.log(name, what, combination, JSON.stringify(spread));
    }
  }
}
await engine.dispose();
const about = { name: description.name, version: description.version, hash: model.hash };
writeFileSync(options.out, `${JSON.stringify({ kind: 'stability', model: about, rows }, null, 1)}\n`);

function moved(subject: Subject, shift: readonly number[]): Subject {
  const affine = [...subject.grid.affine];
  for (const axis of [0, 1, 2]) affine[12 + axis] += shift[axis];
  return { ...subject, grid: { ...subject.grid, affine: affine as unknown as Affine } };
}

/** The same head in a larger field of view. */
function padded({ grid, images, truth }: Subject, by: readonly number[]): Subject {
  const size = [0, 1, 2].map((a) => grid.size[a] + by[2 * a] + by[2 * a + 1]) as unknown as Size;
  const affine = [...grid.affine];
  for (const row of [0, 1, 2]) for (const a of [0, 1, 2]) affine[12 + row] -= affine[4 * a + row] * by[2 * a];
  const larger = (data: Float32Array) => {
    const out = new Float32Array(size[0] * size[1] * size[2]);
    for (let k = 0; k < grid.size[2]; k++)
      for (let j = 0; j < grid.size[1]; j++) {
        const from = grid.size[0] * (j + grid.size[1] * k);
        const to = by[0] + size[0] * (j + by[2] + size[1] * (k + by[4]));
        out.set(data.subarray(from, from + grid.size[0]), to);
      }
    return out;
  };
  const entries = MODALITIES.flatMap((m) => (images[m] ? [[m, larger(images[m])]] : []));
  return { grid: { size, affine: affine as unknown as Affine }, images: Object.fromEntries(entries), truth };
}
