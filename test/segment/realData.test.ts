import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../src/intake/study.js';
import type { Model } from '../../src/model/model.js';
import { prepareCase } from '../../src/prepare/case.js';
import { removeSpecks, volumesOf } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { computeLogits } from '../../src/segment/logits.js';
import { openModel } from '../../src/services/services.js';
import { combinationName, MODALITIES, type Modality, REGIONS } from '../../src/terms.js';
import { readLabelMap } from '../../src/volume/read.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { diceOfMaps } from '../support/dice.js';

const SUITE = 'segmenting real patients';

/** Masks of some combinations of one case, with Dice against its truth, printed. */
async function score(
  folder: string,
  combinations: readonly Modality[][],
  model: Model,
  engine: InferenceEngine,
) {
  const study = await openStudy([folder]);
  const prepared = await prepareCase(study);
  const logits = await computeLogits(prepared, model, engine);
  const present = logits.maps.map(({ modality }) => modality);
  const wanted = combinations.length > 0 ? combinations : [present];
  const { labels } = await combine(
    logits,
    prepared.grid,
    fusionOf(model.description, present),
    wanted.map((s) => bitsOf(s, present)),
  );
  const truth = await readLabelMap(study.masks[0].file);
  return wanted.map((members) => {
    const mask = labels.get(bitsOf(members, present))!;
    removeSpecks(mask, prepared.grid, model.description.cleanUp);
    const scores = diceOfMaps({ data: mask, size: prepared.grid.size }, truth);
    const ml = volumesOf(mask, prepared.grid);
    const numbers = REGIONS.map((r) => `${r} Dice ${scores[r].toFixed(3)} (${ml[r].toFixed(1)} ml)`).join(
      '  ',
    );
    console.info(`${study.name} ${combinationName(members)}: ${numbers}`);
    return { whole: scores.WT, ml };
  });
}

describe.skipIf(!haveRealData(SUITE))(SUITE, () => {
  let model: Model;
  let engine: InferenceEngine;
  beforeAll(async () => {
    model = await openModel();
    engine = await createOnnxEngine({ parameters: model.parameters, layers: model.layers, modalityCount: 4 });
  });
  afterAll(() => engine.dispose());

  it('TCGA-DU-7294, not trained on: volumes as another implementation gave them for the interim weights, within 3 %', async () => {
    const [all, flair, contrast] = await score(
      join(REAL_DATA, 'whole/TCGA-DU-7294'),
      [[...MODALITIES], ['flair'], ['t1ce'], ['t1', 't2']],
      model,
      engine,
    );
    expect(all.whole).toBeCloseTo(0.84, 1);
    if (model.description.name !== 'Quorum interim') return;
    expect(Math.abs(all.ml.WT / 25.2 - 1)).toBeLessThan(0.03);
    expect(Math.abs(flair.ml.WT / 74 - 1)).toBeLessThan(0.03);
    expect(Math.abs(contrast.ml.WT / 94 - 1)).toBeLessThan(0.03);
  });

  it('BraTS19_CBICA_ABM_1 (the interim weights were trained on it) with 4, 2 and 1 sequences', async () => {
    const scores = await score(
      join(REAL_DATA, 'whole/BraTS19_CBICA_ABM_1'),
      [[...MODALITIES], ['t1ce', 'flair'], ['flair']],
      model,
      engine,
    );
    expect(scores[0].whole).toBeGreaterThan(0.8);
  });

  it('every two-sequence case as it is (the interim weights were trained on them)', async () => {
    const scores: number[] = [];
    for (const name of readdirSync(join(REAL_DATA, 'partial')).sort()) {
      const [{ whole }] = await score(join(REAL_DATA, 'partial', name), [], model, engine);
      scores.push(whole);
    }
    console.info(
      `partial/: mean WT Dice ${(scores.reduce((sum, s) => sum + s, 0) / scores.length).toFixed(3)} of ${scores.length} cases (training cases)`,
    );
    expect(Math.min(...scores)).toBeGreaterThan(0.6);
  });
});
