/** Weights that were trained elsewhere become a Model folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importWeights } from '../../src/model/importWeights.js';
import { initialiseParameters } from '../../src/network/initialise.js';
import { buildLayers, type Channels } from '../../src/network/layers.js';
import { parameterSpecs } from '../../src/network/parameters.js';
import { serialiseSafetensors } from '../../src/network/safetensorsWriter.js';
import { MODALITIES } from '../../src/terms.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-import-'));
  file = join(folder, 'weights.safetensors');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function weights(size: number | Channels): Promise<void> {
  const layers = buildLayers(size);
  const data = initialiseParameters(layers, 4, 1);
  const tensors = parameterSpecs(layers, 4).map(
    ({ name, shape, offset, length }) =>
      [name, { shape, data: data.subarray(offset, offset + length) }] as const,
  );
  await writeFile(file, serialiseSafetensors(new Map(tensors)));
}

const table = (value: number) =>
  Object.fromEntries(MODALITIES.map((m, i) => [m, { WT: value, TC: value + i, ET: value + 2 * i }]));

describe('importWeights', () => {
  it('finds the channels of a network that is not the paper’s', async () => {
    const channels: Channels = [8, 16, 32, 96, 192];
    await weights(channels);
    const { description, layers } = await importWeights(file, join(folder, 'model'));
    expect(description.channels).toEqual(channels);
    expect(description.width).toBeUndefined();
    expect(layers).toEqual(buildLayers(channels));
  });

  it('keeps the width of one that is', async () => {
    await weights(0.25);
    const { description } = await importWeights(file, join(folder, 'model'));
    expect([description.width, description.channels]).toEqual([0.25, undefined]);
  });

  it('takes the fusion that lies beside the weights', async () => {
    await weights(0.25);
    const fusion = { weights: table(0.5), biases: table(-1) };
    await writeFile(join(folder, 'fusion.json'), JSON.stringify({ channels: [8], fusion, notes: {} }));
    const { description } = await importWeights(file, join(folder, 'model'));
    expect(description.fusion).toEqual(fusion);
  });

  it('refuses a fusion.json that it does not understand', async () => {
    await weights(0.25);
    await writeFile(join(folder, 'fusion.json'), '{"fusion":{"weights":{}}}');
    await expect(importWeights(file, join(folder, 'model'))).rejects.toMatchObject({
      code: 'WEIGHTS_INVALID',
      problem: { field: 'fusion.json' },
    });
  });
});
