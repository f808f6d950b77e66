import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/model/model.js';
import { initialiseParameters } from '../../src/network/initialise.js';
import { buildLayers } from '../../src/network/layers.js';
import { flattenParameters, parameterSpecs } from '../../src/network/parameters.js';
import { REGIONS } from '../../src/terms.js';
import { type TrainedModel, writeTrainedModel } from '../../src/training/trainedModel.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;
const layers = buildLayers(0.25);
const dice = { mean: 0.8, interval: { low: 0.7, high: 0.9 }, patients: 12, values: {} };
const regions = { WT: dice, TC: dice, ET: dice };
const TRAINED: TrainedModel = {
  name: 'mine',
  version: '1',
  description: 'A test.',
  trainingData: 'nothing',
  size: 0.25,
  sharing: 'dynamic',
  parameters: initialiseParameters(layers, 4, 1),
  fusion: {
    modalityCount: 4,
    regionCount: 3,
    weights: Float64Array.from({ length: 12 }, (_, i) => i + 1),
    biases: Float64Array.from({ length: 12 }, (_, i) => -i),
  },
  validation: { score: 0.8, combinations: [{ members: [1, 3], regions, wholeBrains: null }] },
};

describe('the Model folder of a training run', () => {
  it('holds parameters, fusion and what validation found', async () => {
    const folder = join(root, 'dynamic');
    await writeTrainedModel(folder, TRAINED);
    const { description, parameters } = await readModel(folder);
    const flat = flattenParameters(parameters, parameterSpecs(layers, 4));
    expect(flat.length).toBe(TRAINED.parameters.length);
    expect(flat.every((value, i) => value === TRAINED.parameters[i])).toBe(true);
    expect(description.fusion.weights.t1ce).toEqual({ WT: 4, TC: 5, ET: 6 });
    expect(description.fusion.biases.flair).toEqual({ WT: -9, TC: -10, ET: -11 });
    const known = description.knowledge.combinations;
    expect(known['t1ce+flair'].TC.dice).toEqual({ mean: 0.8, lower: 0.7, upper: 0.9, patients: 12 });
    expect(known.t1.TC.dice).toBeNull();
  });

  it('supports nothing that was not measured on at least eight whole brains, with a lower bound above the bar', async () => {
    const known = async (name: string, validation: TrainedModel['validation']) => {
      await writeTrainedModel(join(root, name), { ...TRAINED, validation });
      const { combinations } = (await readModel(join(root, name))).description.knowledge;
      return REGIONS.map((region) => combinations['t1ce+flair'][region].supported);
    };
    const measured = (patients: number, low: number) => {
      const brains = { ...dice, patients, interval: { low, high: 0.95 } };
      const wholeBrains = { WT: brains, TC: brains, ET: brains };
      return { score: 0.8, combinations: [{ members: [1, 3], regions, wholeBrains }] };
    };
    expect(await known('nobody', null)).toEqual([false, false, false]);
    expect(await known('cut-outs', TRAINED.validation)).toEqual([false, false, false]);
    expect(await known('seven', measured(7, 0.9))).toEqual([false, false, false]);
    expect(await known('eight', measured(8, 0.71))).toEqual([true, true, true]);
    expect(await known('lower', measured(9, 0.55))).toEqual([false, false, true]);
  });

  it('may have channels of its own', async () => {
    const size = [8, 16, 32, 32, 64] as const;
    const parameters = initialiseParameters(buildLayers(size), 4, 3);
    await writeTrainedModel(join(root, 'channels'), { ...TRAINED, size: [...size], parameters });
    const model = await readModel(join(root, 'channels'));
    expect(model.description.channels).toEqual(size);
    expect(flattenParameters(model.parameters, parameterSpecs(model.layers, 4))).toEqual(parameters);
  });

  it('repeats norms that all modalities share', async () => {
    const folder = join(root, 'shared');
    const shared = initialiseParameters(layers, 1, 2).map((value, i) => value + i * 1e-6);
    await writeTrainedModel(folder, {
      ...TRAINED,
      sharing: 'shared-norms',
      parameters: shared,
      validation: null,
    });
    const { parameters } = await readModel(folder);
    for (const { name, offset, length } of parameterSpecs(layers, 1)) {
      const expected = shared.subarray(offset, offset + length);
      for (const m of [0, 1, 2, 3]) {
        const found = parameters.get(name.replace('.norm_0.', `.norm_${m}.`))!;
        expect(
          found.every((value, i) => value === expected[i]),
          name,
        ).toBe(true);
      }
    }
  });

  it.each(['separate', 'early-fusion'] as const)('cannot hold %s networks', async (sharing) => {
    const refusal = problemOfRefusal(writeTrainedModel(join(root, 'none'), { ...TRAINED, sharing }));
    expect(await refusal).toMatchObject({ code: 'REQUEST_INVALID', field: 'sharing' });
  });
});
