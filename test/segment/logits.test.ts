import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { type Model, openModel } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { type Case, prepareCase } from '../../src/prepare/case.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { computeLogits, type ModalityLogits } from '../../src/segment/logits.js';
import { allCombinations, combinationName, MODALITIES, type Modality } from '../../src/terms.js';
import type { ImageFile } from '../../src/volume/read.js';
import type { Size } from '../../src/volume/volume.js';

let model: Model;
let engine: InferenceEngine;
let sample: Case;
let logits: ModalityLogits;
const passes: { modality: number; input: Tensor3 }[] = [];

beforeAll(async () => {
  const shipped = await openModel();
  const { description } = shipped;
  // One pass a modality, whatever the shipped model asks for.
  model = { ...shipped, description: { ...description, patch: { ...description.patch, mirrored: false } } };
  const onnx = await createOnnxEngine({
    parameters: model.parameters,
    layers: model.layers,
    modalityCount: 4,
  });
  engine = {
    ...onnx,
    name: onnx.name,
    device: onnx.device,
    dispose: () => onnx.dispose(),
    logits: (modality, input) => {
      passes.push({ modality, input });
      return onnx.logits(modality, input);
    },
    pass: (modality, input) => onnx.pass(modality, input),
  };
  sample = await prepareCase(await openStudy([SAMPLE_PATIENT]));
  logits = await computeLogits(sample, model, engine);
});
afterAll(() => engine.dispose());

/** The same head in another field of view: `low` voxels cut from (negative: added to) the low ends, to `size` voxels. */
function otherField(image: ImageFile, low: Size, size: Size): ImageFile {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, at++) {
        const [x, y, z] = [i + low[0], j + low[1], k + low[2]];
        const inside =
          x >= 0 && y >= 0 && z >= 0 && x < image.size[0] && y < image.size[1] && z < image.size[2];
        if (inside) data[at] = image.data[x + image.size[0] * (y + image.size[1] * z)];
      }
    }
  }
  const affine = [...image.affine];
  for (let row = 0; row < 3; row++)
    affine[12 + row] += low[0] * affine[row] + low[1] * affine[4 + row] + low[2] * affine[8 + row];
  return { ...image, data, size, affine: affine as unknown as ImageFile['affine'] };
}

describe('logits of the simulated sample patient', () => {
  it('take four network passes for all 15 combinations', async () => {
    expect(passes.map(({ modality }) => modality)).toEqual([0, 1, 2, 3]);
    const fusion = fusionOf(model.description, MODALITIES);
    const { labels } = await combine(
      logits,
      sample.grid,
      fusion,
      allCombinations().map((s) => bitsOf(s, MODALITIES)),
    );
    expect(labels.size).toBe(15);
    expect(passes).toHaveLength(4);
  });

  it('come from inputs whose sides divide by 16, air exactly 0', () => {
    for (const { input } of passes) {
      expect(input.shape.every((side) => side % 16 === 0)).toBe(true);
      expect(input.data.filter((value) => value === 0).length).toBeGreaterThan(0.2 * input.data.length);
    }
  });

  it('are rounded to fp16', () => {
    const halves = logits.maps[0].data.slice(0, 5000);
    for (const value of halves) {
      const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 1)));
      const steps = Math.abs(value) / 2 ** (exponent - 10);
      expect(steps).toBe(Math.round(steps));
    }
  });

  it('of one sequence do not depend on the others', async () => {
    for (const modality of ['t1ce', 'flair'] as Modality[]) {
      const alone = await computeLogits(
        { ...sample, images: { [modality]: sample.images[modality]! } },
        model,
        engine,
      );
      const together = logits.maps.find((map) => map.modality === modality)!;
      expect(alone.maps[0].box).toEqual(together.box);
      expect(Buffer.compare(Buffer.from(alone.maps[0].data.buffer), Buffer.from(together.data.buffer))).toBe(
        0,
      );
    }
  });

  it.each<[string, Size, Size]>([
    ['padded', [-9, -5, -3], [260, 251, 170]],
    ['cropped', [31, 17, 0], [175, 207, 155]],
  ])('are equal for a %s field of view of the same head', async (_, low, size) => {
    const modality: Modality = 'flair';
    const image = otherField(sample.images[modality]!, low, size);
    const nonZero = (data: Float32Array) => data.reduce((n, value) => n + (value === 0 ? 0 : 1), 0);
    expect(nonZero(image.data)).toBe(nonZero(sample.images[modality]!.data));
    const other = await computeLogits(
      { ...sample, grid: { size, affine: image.affine }, images: { [modality]: image } },
      model,
      engine,
    );
    const original = logits.maps.find((map) => map.modality === modality)!;
    expect(other.maps[0].box).toEqual(original.box);
    const differences = other.maps[0].data.reduce(
      (n, value, at) => n + (value === original.data[at] ? 0 : 1),
      0,
    );
    expect(differences).toBe(0);
  });

  it('stop between passes when cancelled', async () => {
    const controller = new AbortController();
    const run = computeLogits(sample, model, engine, {
      signal: controller.signal,
      onPass: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('any subset alone', () => {
  it('has, voxel by voxel, the mask that it has among all combinations', async () => {
    // A box around the tumour is as good as a head, and a tenth of the work.
    const [low, size] = [
      [40, 70, 50],
      [96, 112, 80],
    ] as const satisfies Size[];
    const cut = MODALITIES.map((m) => [m, otherField(sample.images[m]!, low, size)] as const);
    const { affine } = cut[0][1];
    const box = { ...sample, grid: { size, affine }, images: Object.fromEntries(cut) };
    const ofBox = await computeLogits(box, model, engine);
    const fusion = fusionOf(model.description, MODALITIES);
    const all = await combine(
      ofBox,
      box.grid,
      fusion,
      allCombinations().map((s) => bitsOf(s, MODALITIES)),
    );
    const everything = all.labels.get(bitsOf(MODALITIES, MODALITIES))!;
    expect(everything.some((label) => label !== 0)).toBe(true);
    for (const members of allCombinations()) {
      const images = Object.fromEntries(members.map((m) => [m, box.images[m]!]));
      const alone = await computeLogits({ ...box, images }, model, engine);
      const bits = (1 << members.length) - 1;
      const own = await combine(alone, box.grid, fusionOf(model.description, members), [bits]);
      const same = Buffer.compare(own.labels.get(bits)!, all.labels.get(bitsOf(members, MODALITIES))!) === 0;
      expect({ combination: combinationName(members), same }).toEqual({
        combination: combinationName(members),
        same: true,
      });
    }
  });
});

describe('the number of threads', () => {
  it('never changes a logit', async () => {
    const single = await createOnnxEngine({
      parameters: model.parameters,
      layers: model.layers,
      modalityCount: 4,
      threads: 1,
    });
    const images = { t1ce: sample.images.t1ce! };
    const again = await computeLogits({ ...sample, images }, model, single);
    await single.dispose();
    const differences = again.maps[0].data.reduce(
      (n, value, at) => n + (value === logits.maps[1].data[at] ? 0 : 1),
      0,
    );
    expect(differences).toBe(0);
  });
});
