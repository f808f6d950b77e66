import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { affineRows } from '../../src/volume/affine.js';
import { connectedComponents } from '../../src/volume/connectedComponents.js';
import { type ImageFile, readLabelMap, readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';

const FOLDER = fileURLToPath(new URL('../../resources/sample/simulated-patient/', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../../resources/sample/make-sample.ts', import.meta.url));
const fileOf = (suffix: string) => join(FOLDER, `simulated-patient_${suffix}.nii.gz`);
const MRICRON = process.env.MRICRON_TEMPLATES ?? '/usr/share/mricron/templates';
const hasColin = ['ch2', 'ch2bet'].every((name) => existsSync(join(MRICRON, `${name}.nii.gz`)));
if (!hasColin) {
  console.warn(`SKIPPED: the sample is not made anew, Debian's mricron-data is not installed (${MRICRON})`);
}

/** Real cases, z-scores: mean and spread in the order T1, T1ce, T2, FLAIR. */
const REAL = {
  necrosis: [-0.54, 0.85, -0.65, 0.95, 1.82, 1.16, 1.72, 1.47],
  oedema: [0.06, 0.64, -0.18, 0.64, 1.02, 0.86, 2.04, 1.01],
  enhancing: [0.02, 0.81, 2.12, 1.4, 1.12, 0.94, 2.04, 1.33],
  darkest: [-1.71, 0.32, -1.15, 1.02, 1.51, 1.17, -1.08, 0.89],
  middle: [-0.45, 0.36, -0.19, 0.93, 0.12, 0.69, 0.02, 0.79],
  brightest: [0.78, 0.52, 0.41, 0.49, -0.51, 0.38, 0.09, 0.51],
};

describe('the simulated sample patient', () => {
  const images = {} as Record<Modality, ImageFile>;
  let truth: Volume<Uint8Array>;
  beforeAll(async () => {
    for (const modality of MODALITIES) images[modality] = await readVolume(fileOf(modality));
    truth = await readLabelMap(fileOf('seg'));
  });

  const millilitres = (...labels: number[]) => truth.data.filter((v) => labels.includes(v)).length / 1000;

  it('lies on the BraTS grid', () => {
    for (const image of [...Object.values(images), truth]) {
      expect(image.size).toEqual([240, 240, 155]);
      expect(affineRows(image.affine).map((row) => row.map((v) => v + 0))).toEqual([
        [-1, 0, 0, 0],
        [0, -1, 0, 239],
        [0, 0, 1, 0],
      ]);
    }
    for (const modality of MODALITIES) expect(images[modality].datatype).toBe('int16');
  });

  it('is skull-stripped: one brain of plausible size, the same in all sequences, positive, air exactly 0', () => {
    const { t1, ...others } = images;
    const brain = t1.data.filter((v) => v > 0).length / 1000;
    expect(brain).toBeGreaterThan(1200);
    expect(brain).toBeLessThan(1500);
    expect(t1.data.every((v) => v >= 0)).toBe(true);
    for (const { data } of Object.values(others)) {
      let wrong = 0;
      for (let n = 0; n < data.length; n++) if (data[n] < 0 || data[n] > 0 !== t1.data[n] > 0) wrong++;
      expect(wrong).toBe(0);
    }
    expect(
      connectedComponents({ ...t1, data: Uint8Array.from(t1.data, (v) => (v > 0 ? 1 : 0)) }, (v) => v > 0, 6),
    ).toHaveLength(1);
  });

  it('has a truth of the labels 0, 1, 2 and 4, within the brain, of the size of a glioblastoma', () => {
    expect([...new Set(truth.data)].sort()).toEqual([0, 1, 2, 4]);
    expect(truth.data.every((label, n) => label === 0 || images.t1.data[n] > 0)).toBe(true);
    expect(millilitres(1, 2, 4)).toBeGreaterThan(60);
    expect(millilitres(1, 2, 4)).toBeLessThan(90);
    expect(millilitres(1, 4)).toBeGreaterThan(25);
    expect(millilitres(1, 4)).toBeLessThan(35);
    expect(millilitres(4)).toBeGreaterThan(10);
    expect(millilitres(4)).toBeLessThan(15);
  });

  it('has one tumour, in the right hemisphere, with necrosis enclosed by the rim', () => {
    const parts = connectedComponents(truth, (label) => label > 0, 26);
    expect(parts).toHaveLength(1);
    const { size } = truth;
    const steps = [1, -1, size[0], -size[0], size[0] * size[1], -size[0] * size[1]];
    let columns = 0;
    let open = 0;
    for (let v = 0; v < truth.data.length; v++) {
      if (truth.data[v] > 0) columns += v % size[0];
      if (
        truth.data[v] === 1 &&
        steps.some((step) => truth.data[v + step] === 0 || truth.data[v + step] === 2)
      )
        open++;
    }
    expect(open).toBe(0);
    expect(columns / (1000 * millilitres(1, 2, 4))).toBeLessThan(size[0] / 2 - 10);
  });

  it('shows each class as real cases do, within one spread of them', () => {
    const healthy = images.t1.data.filter((v, n) => v > 0 && truth.data[n] === 0).sort();
    const [low, half] = [0.12, 0.5].map((share) => healthy[Math.floor(share * healthy.length)]);
    const classOf = (n: number): keyof typeof REAL => {
      if (truth.data[n] > 0)
        return truth.data[n] === 1 ? 'necrosis' : truth.data[n] === 2 ? 'oedema' : 'enhancing';
      const t1 = images.t1.data[n];
      return t1 < low ? 'darkest' : t1 < half ? 'middle' : 'brightest';
    };
    MODALITIES.forEach((modality, m) => {
      for (const [name, mean] of classMeans(images[modality].data, classOf)) {
        const [expected, spread] = [REAL[name][2 * m], REAL[name][2 * m + 1]];
        expect(Math.abs(mean - expected), `${modality} ${name} ${mean.toFixed(2)}`).toBeLessThan(spread);
      }
    });
  });

  it('takes less than 8 MB', () => {
    const bytes = [...MODALITIES, 'seg'].reduce((sum, suffix) => sum + statSync(fileOf(suffix)).size, 0);
    expect(bytes).toBeLessThan(8e6);
  });

  it.skipIf(!hasColin)(
    'is made anew from Colin 27 voxel by voxel',
    async () => {
      const out = await mkdtemp(join(tmpdir(), 'quorum-sample-'));
      const [head, brain] = ['ch2', 'ch2bet'].map((name) => join(MRICRON, `${name}.nii.gz`));
      await promisify(execFile)(process.execPath, ['--import', 'tsx', SCRIPT, head, brain, out]);
      for (const [suffix, image] of Object.entries({ ...images, seg: truth })) {
        const made = await readVolume(join(out, 'simulated-patient', `simulated-patient_${suffix}.nii.gz`));
        expect(made.data.filter((v, n) => v !== image.data[n]).length, suffix).toBe(0);
      }
      await rm(out, { recursive: true });
    },
    600_000,
  );
});

/** Mean z-score of each class, the z-scores being over the non-zero voxels. */
function classMeans<Name extends string>(
  image: Float32Array,
  classOf: (n: number) => Name,
): Map<Name, number> {
  const brain = image.filter((v) => v > 0);
  const mean = brain.reduce((sum, v) => sum + v, 0) / brain.length;
  const spread = Math.sqrt(brain.reduce((sum, v) => sum + (v - mean) ** 2, 0) / brain.length);
  const sums = new Map<Name, [number, number]>();
  image.forEach((v, n) => {
    if (v === 0) return;
    const name = classOf(n);
    const [sum, count] = sums.get(name) ?? [0, 0];
    sums.set(name, [sum + (v - mean) / spread, count + 1]);
  });
  return new Map([...sums].map(([name, [sum, count]]) => [name, sum / count]));
}
