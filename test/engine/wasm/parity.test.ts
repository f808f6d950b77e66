/** Parity of the wasm engine with the reference numbers, by the measures of test/reference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWasmEngine, WasmEngine } from '../../../src/engine/wasm/engine.js';
import { flattenParameters } from '../../../src/network/parameters.js';
import {
  type Decoupling,
  gramMatrices,
  mergeGradients,
  projectionCoefficients,
} from '../../../src/training/decouple.js';
import { Adam } from '../../../src/training/optimiser.js';
import { parameterVector, segmentsOf } from '../../../src/training/vector.js';
import {
  biasesWithoutEffect,
  largestDifference,
  MODALITY_COUNT,
  meanLogits,
  objectiveGradients,
  REGION_COUNT,
  type Reference,
  readReference,
  relativeError,
  SINGLES,
  SUBSETS,
} from '../tensorflow/reference.js';

async function openEngine({ layers, parameters, specs }: Reference, strict: boolean): Promise<WasmEngine> {
  const engine = new WasmEngine({ layers, modalityCount: MODALITY_COUNT, threads: 2, strict });
  await engine.setParameters(flattenParameters(parameters, specs));
  return engine;
}

function segmentsFor(engine: WasmEngine, reference: Reference) {
  const vector = parameterVector('dynamic', [engine], reference.specs, MODALITY_COUNT, REGION_COUNT);
  return segmentsOf(
    vector,
    SUBSETS.map((members) => ({ sources: [members], members: [members] })),
  );
}

function expectGram(found: ArrayLike<number>, expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expect(largestDifference(found, expected) / largest).toBeLessThan(1e-3);
}

describe.each(['ds-gmd-a', 'ds-gmd-conflict'] as const)('logits on the wasm engine, %s', (name) => {
  it.each([false, true])('four passes give those of all 15 combinations (strict: %s)', async (strict) => {
    const { layers, parameters, inputs, values } = await readReference(name);
    const engine = await createWasmEngine({
      layers,
      parameters,
      modalityCount: MODALITY_COUNT,
      threads: 2,
      strict,
    });
    const logits: Float32Array[] = [];
    for (let m = 0; m < MODALITY_COUNT; m++) logits.push(await engine.logits(m, inputs[m]));
    await engine.dispose();
    expect(SUBSETS).toHaveLength(15);
    for (const members of SUBSETS) {
      const expected = values(`logits/${members.join('')}`);
      expect(largestDifference(meanLogits(logits, members), expected), members.join('')).toBeLessThan(1e-4);
    }
  });
});

interface Case {
  readonly name: 'ds-gmd-a' | 'ds-gmd-conflict';
  readonly strict: boolean;
  readonly prefix: string;
  readonly merged: readonly { readonly decoupling: Decoupling; readonly folder: string }[];
}

const conflict: Case = {
  name: 'ds-gmd-conflict',
  strict: false,
  prefix: '',
  merged: [
    { decoupling: 'pcgrad', folder: 'merged_pcgrad' },
    { decoupling: 'paper', folder: 'merged_paper' },
  ],
};
const cases: readonly Case[] = [
  {
    name: 'ds-gmd-a',
    strict: false,
    prefix: 'subsets15/',
    merged: [{ decoupling: 'pcgrad', folder: 'subsets15/merged_grad' }],
  },
  conflict,
  { ...conflict, strict: true },
];

describe.each(cases)('all 15 objectives of $name (strict: $strict)', ({ name, strict, prefix, merged }) => {
  let reference: Reference;
  let engine: WasmEngine;
  let result: Awaited<ReturnType<typeof objectiveGradients>>;
  beforeAll(async () => {
    reference = await readReference(name);
    engine = await openEngine(reference, strict);
    result = await objectiveGradients(engine, reference, SUBSETS);
  });
  afterAll(() => engine.dispose());

  it('give the reference losses', () => {
    expect(largestDifference(result.losses, reference.values(`${prefix}losses`))).toBeLessThan(1e-5);
  });

  it('give the reference Gram matrix', () => {
    const { all } = gramMatrices(result.gradients, segmentsFor(engine, reference));
    expectGram(all.values, reference.values(`${prefix}gram`));
  });

  it.each(merged)('give the merged gradient of $decoupling, tensor by tensor', ({ decoupling, folder }) => {
    const segments = segmentsFor(engine, reference);
    const coefficients = projectionCoefficients(decoupling, gramMatrices(result.gradients, segments));
    const found = new Float32Array(result.gradients[0].length);
    mergeGradients(decoupling, coefficients, result.gradients, segments, found);
    const without = biasesWithoutEffect(reference.layers);
    for (const spec of reference.specs) {
      if (without.has(spec.name)) continue;
      const own = found.subarray(spec.offset, spec.offset + spec.length);
      expect(relativeError(own, reference.values(`${folder}/${spec.name}`)), spec.name).toBeLessThan(1e-3);
    }
  });
});

describe('ds-gmd-a on the wasm engine', () => {
  it('gives the losses and the Gram matrix of the four singles', async () => {
    const reference = await readReference('ds-gmd-a');
    const engine = await openEngine(reference, false);
    const { losses, gradients } = await objectiveGradients(engine, reference, SINGLES);
    await engine.dispose();
    expect(largestDifference(losses, reference.values('modalities4/losses'))).toBeLessThan(1e-5);
    const everything = [{ offset: 0, length: gradients[0].length, touched: [true, true, true, true] }];
    expectGram(gramMatrices(gradients, everything).all.values, reference.values('modalities4/gram'));
  });

  it('gives the parameters after three Adam steps on all 15 objectives', async () => {
    const reference = await readReference('ds-gmd-a');
    const engine = await openEngine(reference, false);
    const parameters = flattenParameters(reference.parameters, reference.specs);
    const segments = segmentsFor(engine, reference);
    const adam = new Adam(parameters.length);
    for (let step = 0; step < 3; step++) {
      await engine.setParameters(parameters);
      const { gradients } = await objectiveGradients(engine, reference, SUBSETS);
      const merged = new Float32Array(parameters.length);
      const coefficients = projectionCoefficients('pcgrad', gramMatrices(gradients, segments));
      mergeGradients('pcgrad', coefficients, gradients, segments, merged);
      adam.step(parameters, merged, 8e-4);
    }
    await engine.dispose();
    const without = biasesWithoutEffect(reference.layers);
    let total = 0;
    let far = 0;
    for (const { name, offset, length } of reference.specs) {
      if (without.has(name)) continue;
      const expected = reference.values(`subsets15/param_after3/${name}`);
      total += length;
      for (let i = 0; i < length; i++) if (Math.abs(parameters[offset + i] - expected[i]) > 1e-4) far++;
    }
    expect(far / total).toBeLessThan(1e-3);
  });
});
