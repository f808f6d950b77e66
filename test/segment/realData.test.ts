import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import type { Model } from '../../src/model/model.js';
import { openModel } from '../../src/services/services.js';
import { MODALITIES } from '../../src/terms.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { score } from './scoredCase.js';

const SUITE = 'segmenting real patients';
/** Of `partial/`, by docs/results/split.json. */
const VALIDATION = ['Brats18_CBICA_AQN_1', 'Brats18_TCIA08_105_1', 'brats_2013_pat0003_1'];

describe.skipIf(!haveRealData(SUITE))(SUITE, () => {
  let model: Model;
  let engine: InferenceEngine;
  beforeAll(async () => {
    model = await openModel();
    engine = await createOnnxEngine({ parameters: model.parameters, layers: model.layers, modalityCount: 4 });
  });
  afterAll(() => engine.dispose());

  it('BraTS19_CBICA_ABM_1, never trained on, with 4, 2 and 1 sequences', async () => {
    const scores = await score(
      join(REAL_DATA, 'whole/BraTS19_CBICA_ABM_1'),
      [[...MODALITIES], ['t1ce', 'flair'], ['flair']],
      model,
      engine,
    );
    expect(scores[0].whole).toBeGreaterThan(0.85);
  });

  it('the two-sequence cases of the validation part as they are', async () => {
    const scores: number[] = [];
    for (const name of VALIDATION) {
      const [{ whole }] = await score(join(REAL_DATA, 'partial', name), [], model, engine);
      scores.push(whole);
    }
    console.info(
      `partial/: mean WT Dice ${(scores.reduce((sum, s) => sum + s, 0) / scores.length).toFixed(3)} of ${scores.length} validation cases`,
    );
    expect(Math.min(...scores)).toBeGreaterThan(0.75);
  });
});
