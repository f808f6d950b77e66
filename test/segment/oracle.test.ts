import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { byRegion } from '../../src/evaluate/scores.js';
import { type Model, openModel } from '../../src/model/model.js';
import { buildLayers } from '../../src/network/layers.js';
import { takeParameters } from '../../src/network/parameters.js';
import { readSafetensors } from '../../src/network/safetensors.js';
import { MODALITIES, REGIONS } from '../../src/terms.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { score } from './scoredCase.js';

const SUITE = 'the whole pipeline against another implementation';
const WEIGHTS = join(REAL_DATA, '../models/interim/weights.safetensors');

/** Weights that another implementation has run, with its settings, in the description of the shipped model. */
async function oracleModel(): Promise<Model> {
  const shipped = await openModel();
  const layers = buildLayers(0.25);
  const { channels: _, ...description } = shipped.description;
  const { tensors } = await readSafetensors(await readFile(WEIGHTS), { file: WEIGHTS });
  const weights = tensors.get('region_weights')!.data;
  const network = new Map([...tensors].filter(([name]) => name !== 'region_weights'));
  const table = (value: (m: number, r: number) => number) =>
    Object.fromEntries(
      MODALITIES.map((m, i) => [m, byRegion((region) => value(i, REGIONS.indexOf(region)))]),
    );
  const fusion = { weights: table((m, r) => Number(weights[3 * m + r])), biases: table(() => 0) };
  const patch = { ...description.patch, mirrored: false };
  const cleanUp = { ...description.cleanUp, minimumMl: { WT: 0, TC: 0, ET: 0.13 } };
  return {
    ...shipped,
    layers,
    parameters: takeParameters(network, layers, MODALITIES.length, { file: WEIGHTS }),
    description: { ...description, width: 0.25, patch, threshold: 0.5, fusion, cleanUp },
  };
}

describe.skipIf(!haveRealData(SUITE))(SUITE, () => {
  let model: Model;
  let engine: InferenceEngine;
  beforeAll(async () => {
    model = await oracleModel();
    engine = await createOnnxEngine({ parameters: model.parameters, layers: model.layers, modalityCount: 4 });
  });
  afterAll(() => engine.dispose());

  // T1ce alone is no comparison: the other implementation counts tumour in the air, where most of T1ce's was.
  it('TCGA-DU-7294: the same volumes within 3 %', async () => {
    const folder = join(REAL_DATA, 'whole/TCGA-DU-7294');
    const [all, flair] = await score(folder, [[...MODALITIES], ['flair']], model, engine);
    expect(all.whole).toBeCloseTo(0.84, 1);
    expect(Math.abs(all.ml.WT / 25.2 - 1)).toBeLessThan(0.03);
    expect(Math.abs(flair.ml.WT / 74 - 1)).toBeLessThan(0.03);
  });
});
