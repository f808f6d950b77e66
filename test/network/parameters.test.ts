import { describe, expect, it } from 'vitest';
import { QuorumError } from '../../src/errors.js';
import { buildLayers } from '../../src/network/layers.js';
import {
  flattenParameters,
  parameterSpecs,
  takeParameters,
  unflattenParameters,
} from '../../src/network/parameters.js';
import { readSafetensors, type StoredTensor } from '../../src/network/safetensors.js';

const REFERENCE = new URL('../reference/', import.meta.url).pathname;
const layers = buildLayers(0.25);
const specs = parameterSpecs(layers, 4);
const { tensors } = await readSafetensors(`${REFERENCE}ds-gmd-a.safetensors`);

const bytesOf = (a: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

function changed(edit: (copy: Map<string, StoredTensor>) => void): Map<string, StoredTensor> {
  const copy = new Map(tensors);
  edit(copy);
  return copy;
}

function problemWith(edit: (copy: Map<string, StoredTensor>) => void) {
  try {
    takeParameters(changed(edit), layers, 4, { prefix: 'param/', file: 'w.safetensors' });
  } catch (error) {
    return (error as QuorumError).problem;
  }
  throw new Error('nothing was thrown');
}

describe('the parameter layout', () => {
  it('has the numbers of parameters that the method states', () => {
    const count = (width: number, modality: boolean) =>
      parameterSpecs(buildLayers(width), 4)
        .filter((spec) => !modality || spec.modality !== null)
        .reduce((sum, { length }) => sum + length, 0);
    expect(count(0.25, false) / 1e6).toBeCloseTo(0.814, 3);
    expect(count(0.5, false) / 1e6).toBeCloseTo(3.245, 3);
    expect(count(0.5, true)).toBe(8832);
  });

  it('names and shapes every parameter as the reference file does', () => {
    const inFile = [...tensors]
      .filter(([name]) => name.startsWith('param/'))
      .map(([name, { shape }]) => [name.slice('param/'.length), shape]);
    expect(specs.map(({ name, shape }) => [name, shape])).toEqual(expect.arrayContaining(inFile));
    expect(specs.length).toBe(inFile.length);
  });

  it('lays the tensors out one after the other', () => {
    for (let i = 1; i < specs.length; i++) {
      expect(specs[i].offset).toBe(specs[i - 1].offset + specs[i - 1].length);
    }
  });
});

describe('taking parameters from a file', () => {
  it('takes those with the prefix and leaves the rest of the file alone', () => {
    const parameters = takeParameters(tensors, layers, 4, { prefix: 'param/' });
    expect(parameters.size).toBe(specs.length);
    expect(parameters.get('module.outc.conv.module.bias')).toEqual(
      tensors.get('param/module.outc.conv.module.bias')!.data,
    );
  });

  it('rounds doubles to single precision', () => {
    const name = 'param/module.outc.conv.module.bias';
    const double = { dtype: 'F64', shape: [3], data: new Float64Array([0.1, 0.2, 0.3]) } as const;
    const parameters = takeParameters(
      changed((copy) => copy.set(name, double)),
      layers,
      4,
      { prefix: 'param/' },
    );
    expect(parameters.get('module.outc.conv.module.bias')).toEqual(new Float32Array([0.1, 0.2, 0.3]));
  });

  it('names what is missing, misshapen, of the wrong type or unexpected', () => {
    const name = 'param/module.inc.norm1.norm_3.bias';
    const wrong = (field: string, expected: unknown, found: string) => ({
      code: 'WEIGHTS_INVALID',
      file: 'w.safetensors',
      field,
      expected,
      found,
    });
    expect(problemWith((copy) => copy.delete(name))).toEqual(wrong(name, 'floating-point [8]', 'nothing'));
    expect(
      problemWith((copy) => copy.set(name, { dtype: 'F32', shape: [2, 4], data: new Float32Array(8) })),
    ).toEqual(wrong(name, 'floating-point [8]', 'F32 [2, 4]'));
    expect(
      problemWith((copy) => copy.set(name, { dtype: 'I32', shape: [8], data: new Int32Array(8) })),
    ).toEqual(wrong(name, 'floating-point [8]', 'I32 [8]'));
    const extra = 'param/module.inc.norm1.norm_4.bias';
    expect(
      problemWith((copy) => copy.set(extra, { dtype: 'F32', shape: [8], data: new Float32Array(8) })),
    ).toEqual(wrong(extra, expect.any(String), 'F32 [8]'));
  });

  it('accepts a further tensor only by name', () => {
    const bare = new Map(
      [...tensors].filter(([n]) => n.startsWith('param/')).map(([n, t]) => [n.slice('param/'.length), t]),
    );
    bare.set('region_weights', { dtype: 'F32', shape: [4, 3], data: new Float32Array(12) });
    expect(() => takeParameters(bare, layers, 4)).toThrow(QuorumError);
    expect(takeParameters(bare, layers, 4, { besides: ['region_weights'] }).size).toBe(specs.length);
  });

  it('refuses a file of another width or another number of modalities', () => {
    expect(() => takeParameters(tensors, buildLayers(0.5), 4, { prefix: 'param/' })).toThrow(QuorumError);
    expect(() => takeParameters(tensors, layers, 3, { prefix: 'param/' })).toThrow(QuorumError);
  });
});

describe('the flat vector', () => {
  it('holds each tensor at its offset and gives it back', () => {
    const parameters = takeParameters(tensors, layers, 4, { prefix: 'param/' });
    const flat = flattenParameters(parameters, specs);
    for (const { name, offset, length } of specs) {
      const stored = tensors.get(`param/${name}`)!.data as Float32Array;
      expect(bytesOf(flat.subarray(offset, offset + length)).equals(bytesOf(stored))).toBe(true);
    }
    const again = unflattenParameters(flat, specs);
    expect([...again.keys()]).toEqual([...parameters.keys()]);
    for (const [name, values] of again) {
      expect(bytesOf(values).equals(bytesOf(parameters.get(name)!))).toBe(true);
    }
  });

  it('refuses a set of parameters that lacks one', () => {
    const parameters = new Map(takeParameters(tensors, layers, 4, { prefix: 'param/' }));
    parameters.delete(specs[5].name);
    expect(() => flattenParameters(parameters, specs)).toThrow(RangeError);
  });
});
