/** Networks whose levels have other channels than the paper's. */
import { afterAll, describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { createTensorflowEngine } from '../../src/engine/tensorflow/engine.js';
import { WasmEngine } from '../../src/engine/wasm/engine.js';
import { initialiseParameters } from '../../src/network/initialise.js';
import { buildLayers, type Channels, channelsOfWidth } from '../../src/network/layers.js';
import { parameterSpecs } from '../../src/network/parameters.js';
import { error, values } from '../kernels/volumes.js';

const WIDE: Channels = [8, 16, 64, 128, 256];
const layers = buildLayers(WIDE);
const specs = parameterSpecs(layers, 4);

describe('channels of the levels', () => {
  it('are the paper’s at a width', () => {
    expect(buildLayers(channelsOfWidth(0.5))).toEqual(buildLayers(0.5));
  });

  it('give 3.13 million parameters at 8-16-64-128-256, counted by the PyTorch trainer', () => {
    const count = specs.reduce((sum, { length }) => sum + length, 0);
    expect(count).toBe(3_131_979 - 24);
  });

  it('halve the channels of what the decoder joins in the middle of each step', () => {
    const shape = (name: string) => specs.find((spec) => spec.name === name)?.shape.slice(0, 2);
    expect(shape('module.up1.conv.conv1.module.weight')).toEqual([128, 256]);
    expect(shape('module.up3.conv.conv1.module.weight')).toEqual([24, 48]);
    expect(shape('module.up3.conv.conv2.module.weight')).toEqual([8, 24]);
  });

  it('are refused where a normalisation’s groups do not divide them', () => {
    expect(() => buildLayers([8, 16, 16, 16, 32])).toThrow(RangeError);
    expect(() => buildLayers([12, 16, 64, 128, 256])).toThrow(RangeError);
  });
});

describe('the wide network on three engines', () => {
  const parameters = initialiseParameters(layers, 4, 7);
  const wasm = new WasmEngine({ layers, modalityCount: 4, threads: 2 });
  afterAll(() => wasm.dispose());

  it('has the same logits, also on TensorFlow', async () => {
    const named = new Map(
      specs.map(({ name, offset, length }) => [name, parameters.subarray(offset, offset + length)]),
    );
    const onnx = await createOnnxEngine({ parameters: named, layers, modalityCount: 4 });
    await wasm.setParameters(parameters);
    const input = { data: values(16 * 32 * 16, 3), shape: [16, 32, 16] as const };
    const expected = await onnx.logits(2, input);
    const found = await wasm.logits(2, input);
    await onnx.dispose();
    expect(error(found, expected)).toBeLessThan(1e-4);
    const other = await createTensorflowEngine({
      parameters: named,
      layers,
      modalityCount: 4,
      device: 'cpu',
    });
    const third = await other.logits(2, input);
    await other.dispose();
    expect(error(third, expected)).toBeLessThan(1e-4);
  }, 60_000);
});
