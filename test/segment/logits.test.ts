import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { QuorumError } from '../../src/errors.js';
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
  sample = smallHead(await prepareCase(await openStudy([SAMPLE_PATIENT])));
  logits = await computeLogits(sample, model, engine);
});
afterAll(() => engine.dispose());

/** What lies in an ellipsoid around the sample's tumour, and air around that: a tenth of a head's work on the grid of a head. */
function smallHead(whole: Case): Case {
  const [nx, ny] = whole.grid.size;
  const isInside = (at: number) => {
    const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
    return ((i - 88) / 48) ** 2 + ((j - 126) / 56) ** 2 + ((k - 90) / 40) ** 2 <= 1;
  };
  const images = MODALITIES.map((m) => {
    const image = whole.images[m]!;
    return [m, { ...image, data: image.data.map((value, at) => (value !== 0 && isInside(at) ? value : 0)) }];
  });
  return { ...whole, images: Object.fromEntries(images) };
}

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

/** A box around the tumour of the sample: as good as a head, and a tenth of the work. */
function tumourBox(low: Size = [40, 70, 50], size: Size = [96, 112, 80]): Case {
  const cut = MODALITIES.map((m) => [m, otherField(sample.images[m]!, low, size)] as const);
  return { ...sample, grid: { size, affine: cut[0][1].affine }, images: Object.fromEntries(cut) };
}

describe('logits of one sequence', () => {
  it('do not depend on the others', async () => {
    const box = tumourBox();
    const together = await computeLogits(box, model, engine);
    for (const modality of ['t1ce', 'flair'] as Modality[]) {
      const alone = await computeLogits(
        { ...box, images: { [modality]: box.images[modality]! } },
        model,
        engine,
      );
      const among = together.maps.find((map) => map.modality === modality)!;
      expect(alone.maps[0].box).toEqual(among.box);
      expect(Buffer.compare(Buffer.from(alone.maps[0].data.buffer), Buffer.from(among.data.buffer))).toBe(0);
    }
  });
});

describe('passes side by side', () => {
  it('give the bytes of passes one after the other', async () => {
    const network = { parameters: model.parameters, layers: model.layers, modalityCount: 4 };
    const found: Buffer[] = [];
    const atOnce: number[] = [];
    for (const most of [1, 2, 4]) {
      const onnx = await createOnnxEngine({ ...network, threads: 4, most });
      const { maps } = await computeLogits(tumourBox(), model, onnx);
      atOnce.push(onnx.sideBySide!(4, [80, 96, 80]));
      await onnx.dispose();
      expect(maps.map(({ modality }) => modality)).toEqual(MODALITIES);
      found.push(
        Buffer.concat(maps.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
      );
    }
    expect(atOnce).toEqual([1, 2, 4]);
    expect(found[1].equals(found[0])).toBe(true);
    expect(found[2].equals(found[0])).toBe(true);
  });

  it('are as many as the engine has room for, and say how many are done whatever their order', async () => {
    const { slow, begun, most } = slowEngine(2);
    const told: string[] = [];
    const { maps } = await computeLogits(tumourBox(), model, slow, {
      onPass: (modality, done, total) => told.push(`${modality} ${done}/${total}`),
    });
    expect(maps.map(({ modality }) => modality)).toEqual(MODALITIES);
    expect(begun.toSorted()).toEqual([0, 1, 2, 3]);
    expect(most()).toBe(2);
    // The first takes the longest.
    expect(told).toEqual(['t1 0/4', 't1 1/4', 't1 2/4', 't1 3/4']);
  });

  it('end before a cancellation is told, and no further one begins', async () => {
    const controller = new AbortController();
    const { slow, begun, running } = slowEngine(2, () => controller.abort());
    await expect(
      computeLogits(tumourBox(), model, slow, { signal: controller.signal }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(begun).toHaveLength(2);
    expect(running()).toBe(0);
  });

  it('end before a failure of one of them is told', async () => {
    const failing = slowEngine(2, () => {
      throw new QuorumError({ code: 'ENGINE_FAILED' });
    });
    await expect(computeLogits(tumourBox(), model, failing.slow)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
    });
    expect(failing.running()).toBe(0);
  });
});

/** An engine that finds nothing, with room for so many passes; the first ends after all others, or after the trouble in the second. */
function slowEngine(room: number, onSecond?: () => void) {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  let left = 3;
  let endFirst = () => {};
  const first = new Promise<void>((resolve) => {
    endFirst = resolve;
  });
  const logits = async (modality: number, { data }: Tensor3) => {
    begun.push(modality);
    most = Math.max(most, ++running);
    const isSecond = begun.length === 2;
    try {
      await (modality === 0 ? first : new Promise((resolve) => setTimeout(resolve, 50)));
      if (--left === 0) endFirst();
      if (isSecond && onSecond) {
        setTimeout(endFirst, 300);
        onSecond();
      }
      return new Float32Array(3 * data.length);
    } finally {
      running--;
    }
  };
  const slow: InferenceEngine = {
    ...{ name: 'onnx', device: 'cpu', logits, sideBySide: () => room },
    pass: async (modality, input) => ({
      logits: await logits(modality, input),
      features: new Float32Array(0),
    }),
    dispose: async () => undefined,
  };
  return { slow, begun, running: () => running, most: () => most };
}

describe('any subset alone', () => {
  it('has, voxel by voxel, the mask that it has among all combinations', async () => {
    // Half of the tumour and what is beside it: every combination is passed by itself, 32 passes in all.
    const box = tumourBox([64, 100, 68], [56, 56, 48]);
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
