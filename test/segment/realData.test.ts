import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { type Model, openModel } from '../../src/model/model.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf, membersOfBits } from '../../src/segment/fusion.js';
import { allCombinations, MODALITIES, type Modality } from '../../src/terms.js';
import type { Volume } from '../../src/volume/volume.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { score, scoresOf, segmented } from './scoredCase.js';

const SUITE = 'segmenting real patients';
/** Of `partial/`, by docs/results/split.json. */
const VALIDATION = ['Brats18_CBICA_AQN_1', 'Brats18_TCIA08_105_1', 'brats_2013_pat0003_1'];

/** In both of these T1ce alone once had tumour in the air. */
const WHOLE = ['BraTS19_CBICA_ABM_1', 'TCGA-DU-7294'];

/** 1 where zeros reach the edge of the image by faces: swept through the image to and fro until nothing changes. */
function outsideOf({ data, size: [nx, ny, nz] }: Volume): Uint8Array {
  // With an edge of one voxel all around, which is outside.
  const [sx, sy] = [nx + 2, ny + 2];
  const air = new Uint8Array(sx * sy * (nz + 2)).fill(1);
  const free = new Uint8Array(air.length);
  for (let k = 0, from = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, from++) {
        const at = i + 1 + sx * (j + 1 + sy * (k + 1));
        air[at] = 0;
        if (data[from] === 0) free[at] = 1;
      }
  const step = sx * sy;
  const isBeside = (at: number) =>
    air[at - 1] + air[at + 1] + air[at - sx] + air[at + sx] + air[at - step] + air[at + step] > 0;
  const sweep = (at: number) => {
    if (isBeside(at)) air[at] = 1;
  };
  let left = new Uint32Array(free.length).map((_, at) => at).filter((at) => free[at] === 1);
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    left.forEach(sweep);
    for (let n = left.length - 1; n >= 0; n--) sweep(left[n]);
    left = left.filter((at) => air[at] === 0);
  }
  const outside = new Uint8Array(data.length);
  for (let k = 0, to = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, to++) outside[to] = air[i + 1 + sx * (j + 1 + sy * (k + 1))];
  return outside;
}

describe.skipIf(!haveRealData(SUITE))(SUITE, () => {
  let model: Model;
  let engine: InferenceEngine;
  beforeAll(async () => {
    model = await openModel();
    engine = await createOnnxEngine({ parameters: model.parameters, layers: model.layers, modalityCount: 4 });
  });
  afterAll(() => engine.dispose());

  const wholes = new Map<string, Awaited<ReturnType<typeof segmented>>>();
  const whole = async (name: string, by: Model) => {
    const made = wholes.get(name) ?? (await segmented(join(REAL_DATA, 'whole', name), by, engine));
    wholes.set(name, made);
    return made;
  };

  it(`${WHOLE[0]}, never trained on, with 4, 2 and 1 sequences`, async () => {
    const combinations: Modality[][] = [[...MODALITIES], ['t1ce', 'flair'], ['flair']];
    const scores = await scoresOf(await whole(WHOLE[0], model), combinations, model);
    expect(scores[0].whole).toBeGreaterThan(0.85);
  });

  it.each(WHOLE)('%s: no combination finds tumour outside the filled brain', async (name) => {
    // Once each is enough where it is not there already: air is the same mirrored.
    const patch = { ...model.description.patch, mirrored: false };
    const once = { ...model, description: { ...model.description, patch } };
    const { prepared, logits } = await whole(name, once);
    const { grid } = prepared;
    const subsets = allCombinations().map((members) => bitsOf(members, MODALITIES));
    const { labels } = await combine(logits, grid, fusionOf(model.description, MODALITIES), subsets);
    const outsides = MODALITIES.map((m) => outsideOf(prepared.images[m]!));
    let found = false;
    for (const members of allCombinations()) {
      const own = membersOfBits(bitsOf(members, MODALITIES), outsides);
      const mask = labels.get(bitsOf(members, MODALITIES))!;
      let inside = 0;
      let outside = 0;
      for (let at = 0; at < mask.length; at++) {
        if (mask[at] === 0) continue;
        inside++;
        if (own.every((air) => air[at] === 1)) outside++;
      }
      found ||= inside > 1000;
      expect({ members, outside }).toEqual({ members, outside: 0 });
    }
    expect(found).toBe(true);
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
