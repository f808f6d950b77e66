import onnxProto from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { buildLayers, type Layer } from '../../src/network/layers.js';
import { buildOnnxModel } from '../../src/network/onnxGraph.js';
import { parameterSpecs, takeParameters } from '../../src/network/parameters.js';
import { readSafetensors } from '../../src/network/safetensors.js';

const REFERENCE = new URL('../reference/', import.meta.url).pathname;
const { tensors } = await readSafetensors(`${REFERENCE}ds-gmd-a.safetensors`);
const unet = buildLayers(0.25);
const parameters = takeParameters(tensors, unet, 4, { prefix: 'param/' });

/** Pseudo-random numbers around `mean`, without a generator: the fractional parts of multiples of the golden ratio. */
function numbers(length: number, mean = 0, stride = 0.6180339887498949): Float32Array {
  return Float32Array.from({ length }, (_, i) => mean + 2 * ((i * stride) % 1) - 1);
}

/** Runs a list of layers as an ONNX graph; parameters are given by name. */
async function run(
  layers: readonly Layer[],
  values: ReadonlyMap<string, Float32Array>,
  data: Float32Array,
  dims: number[],
  modalities = [0],
): Promise<Float32Array> {
  const session = await InferenceSession.create(buildOnnxModel(values, layers, 2));
  const { logits } = await session.run({
    input: new Tensor('float32', data, dims),
    modality: new Tensor('int64', BigInt64Array.from(modalities, BigInt), [modalities.length]),
  });
  await session.release();
  return logits.data as Float32Array;
}

const pointwise = (input: string, channels: number, regions: number): Layer => ({
  kind: 'convolution',
  name: 'last',
  input,
  output: 'logits',
  inChannels: channels,
  outChannels: regions,
  kernel: 1,
});
const identity = (channels: number): [string, Float32Array][] => [
  ['last.weight', Float32Array.from({ length: channels ** 2 }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0))],
  ['last.bias', new Float32Array(channels)],
];

describe('single layers against their definition in double precision', () => {
  it('a 3×3×3 convolution with padding 1', async () => {
    const [D, H, W] = [3, 4, 5];
    const x = numbers(D * H * W);
    const weight = numbers(2 * 27, 0, 0.7548776662466927);
    const bias = Float32Array.of(0.25, -0.5);
    const first: Layer = {
      kind: 'convolution',
      name: 'first',
      input: 'input',
      output: 'a',
      inChannels: 1,
      outChannels: 2,
      kernel: 3,
    };
    const given = new Map([['first.weight', weight], ['first.bias', bias], ...identity(2)]);
    const y = await run([first, pointwise('a', 2, 2)], given, x, [1, 1, D, H, W]);
    const at = (d: number, h: number, w: number) =>
      d < 0 || h < 0 || w < 0 || d >= D || h >= H || w >= W ? 0 : x[(d * H + h) * W + w];
    for (let c = 0, i = 0; c < 2; c++)
      for (let d = 0; d < D; d++)
        for (let h = 0; h < H; h++)
          for (let w = 0; w < W; w++, i++) {
            let sum = bias[c];
            for (let k = 0; k < 27; k++) {
              const [kd, kh, kw] = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
              sum += weight[c * 27 + k] * at(d + kd - 1, h + kh - 1, w + kw - 1);
            }
            expect(y[i]).toBeCloseTo(sum, 5);
          }
  });

  it('group normalisation with each modality’s scale and shift, then ReLU, for a batch of two modalities', async () => {
    const [channels, groups, voxels] = [4, 2, 2 * 3 * 4];
    const table = (part: number) => numbers(2 * channels, 0.5, 0.3247179572447461 + part);
    const [scales, shifts] = [table(0), table(0.1)];
    const norm: Layer = {
      kind: 'normalisation',
      name: 'norm',
      input: 'wide',
      output: 'b',
      channels,
      groups,
      epsilon: 1e-5,
    };
    const widen: Layer = {
      ...pointwise('input', 1, channels),
      kind: 'convolution',
      name: 'w',
      output: 'wide',
    } as Layer;
    const wide = Float32Array.of(1, -2, 0.5, 3);
    const offset = Float32Array.of(10, 0, -4, 1);
    const given = new Map([
      ['w.weight', wide],
      ['w.bias', offset],
      ['norm.norm_0.weight', scales.slice(0, channels)],
      ['norm.norm_1.weight', scales.slice(channels)],
      ['norm.norm_0.bias', shifts.slice(0, channels)],
      ['norm.norm_1.bias', shifts.slice(channels)],
      ...identity(channels),
    ]);
    const x = numbers(2 * voxels, 3);
    const y = await run([widen, norm, pointwise('b', channels, channels)], given, x, [2, 1, 2, 3, 4], [1, 0]);
    for (const [sample, modality] of [
      [0, 1],
      [1, 0],
    ]) {
      const value = (c: number, v: number) => wide[c] * x[sample * voxels + v] + offset[c];
      for (let c = 0; c < channels; c++) {
        const first = c < 2 ? 0 : 2;
        const group = [first, first + 1].flatMap((g) =>
          Array.from({ length: voxels }, (_, v) => value(g, v)),
        );
        const mean = group.reduce((a, b) => a + b, 0) / group.length;
        const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / group.length;
        for (let v = 0; v < voxels; v++) {
          const standardised = (value(c, v) - mean) / Math.sqrt(variance + 1e-5);
          const row = modality * channels + c;
          const expected = Math.max(0, standardised * scales[row] + shifts[row]);
          expect(y[(sample * channels + c) * voxels + v]).toBeCloseTo(expected, 4);
        }
      }
    }
  });

  it('group normalisation of two million voxels far from zero keeps its accuracy', async () => {
    const side = 128;
    const norm: Layer = {
      kind: 'normalisation',
      name: 'norm',
      input: 'input',
      output: 'b',
      channels: 1,
      groups: 1,
      epsilon: 1e-5,
    };
    const one = Float32Array.of(1);
    const given = new Map([
      ['norm.norm_0.weight', one],
      ['norm.norm_1.weight', one],
      ['norm.norm_0.bias', Float32Array.of(2)],
      ['norm.norm_1.bias', one],
      ...identity(1),
    ]);
    const x = numbers(side ** 3, 5);
    const y = await run([norm, pointwise('b', 1, 1)], given, x, [1, 1, side, side, side]);
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    let largest = 0;
    for (let i = 0; i < x.length; i++) {
      const expected = Math.max(0, (x[i] - mean) / Math.sqrt(variance + 1e-5) + 2);
      largest = Math.max(largest, Math.abs(y[i] - expected));
    }
    console.info(`onnx group normalisation of 128³ voxels: largest difference ${largest.toExponential(2)}`);
    expect(largest).toBeLessThan(1e-4);
  });

  it('upsampling with aligned corners, 2×2×2 maxima and concatenation', async () => {
    const [D, H, W] = [4, 2, 6];
    const x = numbers(D * H * W);
    const layers: Layer[] = [
      { kind: 'maxPool', input: 'input', output: 'p', channels: 1 },
      { kind: 'upsample', input: 'p', output: 'u', channels: 1 },
      { kind: 'concatenate', inputs: ['input', 'u'], output: 'c', channels: [1, 1] },
      pointwise('c', 2, 2),
    ];
    const y = await run(layers, new Map(identity(2)), x, [1, 1, D, H, W]);
    expect(y.subarray(0, x.length)).toEqual(x);
    const pooled = (d: number, h: number, w: number) => {
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < 8; k++) {
        most = Math.max(most, x[((2 * d + (k >> 2)) * H + 2 * h + ((k >> 1) & 1)) * W + 2 * w + (k & 1)]);
      }
      return most;
    };
    const corners = (i: number, n: number): [number, number][] => {
      const at = (i * (n - 1)) / (2 * n - 1);
      const low = Math.floor(at);
      return [
        [low, 1 - (at - low)],
        [Math.min(low + 1, n - 1), at - low],
      ];
    };
    for (let d = 0, i = x.length; d < D; d++)
      for (let h = 0; h < H; h++)
        for (let w = 0; w < W; w++, i++) {
          let sum = 0;
          for (const [a, wa] of corners(d, D / 2))
            for (const [b, wb] of corners(h, H / 2))
              for (const [c, wc] of corners(w, W / 2)) sum += wa * wb * wc * pooled(a, b, c);
          expect(y[i]).toBeCloseTo(sum, 5);
        }
  });
});

describe('the exported model', () => {
  const bytes = buildOnnxModel(parameters, unet, 4, { modalities: 't1,t1ce,t2,flair' });

  it('names its inputs, output, opset and metadata', async () => {
    const model = onnxProto.onnx.ModelProto.decode(bytes);
    expect(model.opsetImport.map(({ version }) => Number(version))).toEqual([17]);
    expect(model.metadataProps).toMatchObject([{ key: 'modalities', value: 't1,t1ce,t2,flair' }]);
    const session = await InferenceSession.create(bytes);
    expect(session.inputNames).toEqual(['input', 'modality']);
    expect(session.outputNames).toEqual(['logits', 'features']);
    expect(session.inputMetadata[0]).toMatchObject({ type: 'float32', shape: ['N', 1, 'D', 'H', 'W'] });
    expect(session.outputMetadata[0]).toMatchObject({ type: 'float32', shape: ['N', 3, 'D', 'H', 'W'] });
    await session.release();
  });

  it('holds every weight of the network and no other, bit for bit', () => {
    const model = onnxProto.onnx.ModelProto.decode(bytes);
    const stored = new Map(model.graph!.initializer!.map((tensor) => [tensor.name!, tensor]));
    for (const { name, shape, modality } of parameterSpecs(unet, 4)) {
      if (modality !== null) continue;
      const tensor = stored.get(name)!;
      const given = parameters.get(name)!;
      expect(tensor.dims!.map(Number)).toEqual(shape);
      expect(
        Buffer.from(tensor.rawData!).equals(Buffer.from(given.buffer, given.byteOffset, given.byteLength)),
      ).toBe(true);
    }
    const total = [...stored.values()]
      .filter(({ name }) => /\.(weight|bias|scales|shifts)$/.test(name!))
      .reduce((sum, { rawData }) => sum + rawData!.length / 4, 0);
    expect(total).toBe(parameterSpecs(unet, 4).reduce((sum, { length }) => sum + length, 0));
  });

  it('takes all four modalities in one batch and gives the reference’s logits', async () => {
    const session = await InferenceSession.create(bytes);
    const { logits } = await session.run({
      input: new Tensor('float32', tensors.get('input')!.data as Float32Array, [4, 1, 16, 16, 16]),
      modality: new Tensor('int64', BigInt64Array.of(0n, 1n, 2n, 3n), [4]),
    });
    await session.release();
    const values = logits.data as Float32Array;
    for (let m = 0, i = 0; m < 4; m++) {
      for (const expected of tensors.get(`logits/${m}`)!.data as Float32Array) {
        if (Math.abs(values[i++] - expected) > 1e-4) expect(values[i - 1]).toBeCloseTo(expected, 4);
      }
    }
    expect(values.length).toBe(4 * 3 * 16 ** 3);
  });
});
