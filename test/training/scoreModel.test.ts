import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../src/engine/engine.js';
import { expectedCalibrationError } from '../../src/evaluate/calibration.js';
import type { Model } from '../../src/model/model.js';
import { descriptionTemplate } from '../../src/model/template.js';
import { openDataset } from '../../src/training/dataset.js';
import { scoreModel } from '../../src/training/scoreModel.js';
import { verifyDataset } from '../../src/training/verify.js';
import { affineFromRows } from '../../src/volume/affine.js';
import { temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;
const SPACING: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];
const ABOUT = { name: 'test', version: '1', description: '', trainingData: '' };

function modelWith(
  change: (description: ReturnType<typeof descriptionTemplate>) => void = () => undefined,
): Model {
  const description = descriptionTemplate(ABOUT, 0.25);
  description.cleanUp.minimumMl = { WT: 0, TC: 0, ET: 0 };
  change(description);
  return {
    folder: '',
    layers: [],
    parameters: new Map(),
    hash: '',
    description: { ...description, weightsSha256: '' },
  };
}

/** All three logits are 4 · the normalised value. */
function brightness(): InferenceEngine & { passes: number } {
  const engine = {
    name: 'wasm' as const,
    device: 'test',
    passes: 0,
    async logits(_: number, { data }: { data: Float32Array }) {
      engine.passes += 1;
      const logits = new Float32Array(3 * data.length);
      for (let r = 0; r < 3; r++)
        logits.set(
          data.map((value) => 4 * value),
          r * data.length,
        );
      return logits;
    },
    async pass(modality: number, input: { data: Float32Array }) {
      return { logits: await engine.logits(modality, input), features: new Float32Array(0) };
    },
    async dispose() {},
  };
  return engine;
}

async function verified(folder: string) {
  return verifyDataset(await openDataset(folder));
}

describe('scoring a model', () => {
  it('feeds a cut-out whole and scores it inside its known box, however its file is turned', async () => {
    const folder = join(root, 'cut');
    await writeDescription(folder, {
      intensities: 'z-score',
      known: 'nonzero-box',
      patient: '^.',
      spacing: SPACING,
    });
    const turned = affineFromRows([
      [SPACING[0], 0, 0, 0],
      [0, SPACING[1], 0, 0],
      [0, 0, -SPACING[2], 0],
    ]);
    // 5×6×7 voxels: bright in the first eight, tumour in the first six; T1 is 0 (not seen) in the last slice.
    const files = {
      size: [5, 6, 7] as const,
      labels: [4, 4, 4, 4, 4, 4],
      value: (modality: string, v: number) => (v >= 180 ? 0 : (v < 8 ? 1 : -1) * (modality === 't1' ? 1 : 2)),
    };
    await writeCase(folder, 'a1', { ...files, affine: lpsAffine(SPACING) });
    await writeCase(folder, 'a2', { ...files, affine: turned });
    const data = await verified(folder);
    const engine = brightness();
    const { cases, calibration } = await scoreModel(data, data.cases, modelWith(), engine);
    expect(engine.passes).toBe(4);
    expect(cases.map(({ caseName, combination }) => `${caseName} ${combination}`)).toEqual([
      'a1 t1+flair',
      'a1 t1',
      'a1 flair',
      'a2 t1+flair',
      'a2 t1',
      'a2 flair',
    ]);
    for (const { regions, patient } of cases) {
      expect(patient).toBe('a');
      expect(regions.ET!.overlap).toEqual({ truePositives: 6, falsePositives: 2, falseNegatives: 0 });
      expect(regions.ET!.hd95.value).toBeCloseTo(cases[0].regions.ET!.hd95.value, 12);
      expect(regions.WT!.volumeErrorMl).toBeCloseTo((2 * SPACING[0] * SPACING[1] * SPACING[2]) / 1000, 12);
    }
    // T1 alone: logit ±4 on 180 known voxels a case, two of which are wrong.
    const p = 1 / (1 + Math.exp(-4));
    const expected = (Math.abs(8 * p - 6) + 172 * (1 - p)) / 180;
    expect(expectedCalibrationError(calibration.get('t1')!.WT)).toBeCloseTo(expected, 5);
  });

  it('uses the model’s threshold, region weights and clean-up', async () => {
    const folder = join(root, 'rules');
    await writeDescription(folder, { intensities: 'z-score', known: 'nonzero-box', spacing: SPACING });
    const value = (modality: string, v: number) => (modality === 't1' ? 0.3 : v < 2 ? -0.4 : 0.2);
    await writeCase(folder, 'a', { affine: lpsAffine(SPACING), labels: [1, 1], value });
    const data = await verified(folder);
    const dice = async (model: Model) => {
      const { cases } = await scoreModel(data, data.cases, model, brightness());
      return cases.map(
        ({ regions }) => regions.WT!.overlap.truePositives + regions.WT!.overlap.falsePositives,
      );
    };
    // Logits T1 1.2 everywhere; FLAIR −1.6 in two voxels, 0.8 in the other 62.
    expect(await dice(modelWith())).toEqual([62, 64, 62]);
    expect(await dice(modelWith((d) => Object.assign(d, { threshold: 0.75 })))).toEqual([0, 64, 0]);
    const heavy = modelWith((d) => {
      d.fusion.weights.t1 = { WT: 9, TC: 1, ET: 1 };
    });
    expect(await dice(heavy)).toEqual([64, 64, 62]);
    expect(await dice(modelWith((d) => Object.assign(d.cleanUp.minimumMl, { WT: 1 })))).toEqual([0, 0, 0]);
  });

  it('segments a whole case and scores it on its own grid', async () => {
    const folder = join(root, 'whole');
    const [nx, ny] = [30, 30];
    const at = (v: number) => [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    const ball = (v: number, radius: number) =>
      at(v).reduce((sum, x) => sum + (x - 15) ** 2, 0) <= radius ** 2;
    await writeCase(folder, 'a', {
      size: [30, 30, 30],
      value: (_, v) => (ball(v, 10) ? 300 + (v % 50) : ball(v, 13) ? 100 + (v % 50) : 0),
      labels: Array.from({ length: 27000 }, (_, v) => (ball(v, 10) ? 4 : 0)),
    });
    const data = await verified(folder);
    const { cases, calibration } = await scoreModel(data, data.cases, modelWith(), brightness(), {
      force: true,
    });
    expect(cases.map(({ combination }) => combination)).toEqual(['t1+flair', 't1', 'flair']);
    for (const { regions } of cases) {
      expect(regions.WT!.dice).toBeGreaterThan(0.9);
      expect(regions.WT!.hd95.value).toBeLessThan(2);
    }
    // Calibration: all the sequences of the case, over the voxels that are not air.
    const count = (radius: number) =>
      Array.from({ length: 27000 }, (_, v) => v).filter((v) => ball(v, radius)).length;
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    expect([...calibration.keys()]).toEqual(['t1+flair']);
    const { counts, positives } = calibration.get('t1+flair')!.WT;
    expect([sum(counts), sum(positives)]).toEqual([count(13), count(10)]);
    expect(expectedCalibrationError(calibration.get('t1+flair')!.WT)).toBeLessThan(0.2);
  });

  it('takes a whole case that is z-scored as it is, on its true spacing', async () => {
    const folder = join(root, 'whole-z');
    await writeDescription(folder, { intensities: 'z-score', spacing: [1, 1, 1.2] });
    const ball = (v: number, radius: number) =>
      [v % 30, Math.floor(v / 30) % 30, Math.floor(v / 900)].reduce((sum, x) => sum + (x - 15) ** 2, 0) <=
      radius ** 2;
    // All of the ball is tumour (but half a lattice point at its border, where the logit falls to −10 of air); normalised anew, its
    // shell would not be.
    const model = modelWith((d) => {
      d.fusion.biases.flair = { WT: -1, TC: -1, ET: -1 };
    });
    await writeCase(folder, 'a', {
      size: [30, 30, 30],
      modalities: ['flair'],
      value: (_, v) => (ball(v, 10) ? 250 : ball(v, 13) ? 50 : 0) * (1 + (v % 50) / 100),
      labels: Array.from({ length: 27000 }, (_, v) => (ball(v, 10) ? 4 : 0)),
    });
    const data = await verified(folder);
    const { cases } = await scoreModel(data, data.cases, model, brightness(), { force: true });
    const count = (radius: number) =>
      Array.from({ length: 27000 }, (_, v) => ball(v, radius)).filter(Boolean).length;
    const shellMl = ((count(13) - count(10)) * 1.2) / 1000;
    expect(cases[0].regions.WT!.volumeErrorMl / shellMl).toBeGreaterThan(0.9);
    expect(cases[0].regions.WT!.volumeErrorMl / shellMl).toBeLessThan(1.1);
  });
});
