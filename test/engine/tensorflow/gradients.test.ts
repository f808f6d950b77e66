/** Parity of the walk backward with the authors' numbers (measures: docs/method.md), on tfjs-backend-cpu. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingEngine } from '../../../src/engine/engine.js';
import { createTensorflowTrainingEngine } from '../../../src/engine/tensorflow/engine.js';
import { flattenParameters } from '../../../src/network/parameters.js';
import { gramMatrices, mergeGradients, projectionCoefficients } from '../../../src/training/decouple.js';
import { parameterVector, segmentsOf } from '../../../src/training/vector.js';
import {
  biasesWithoutEffect,
  largestDifference,
  MODALITY_COUNT,
  objectiveGradients,
  REGION_COUNT,
  type Reference,
  readReference,
  relativeError,
  SINGLES,
  SUBSETS,
} from './reference.js';

async function openEngine(reference: Reference): Promise<TrainingEngine> {
  const { layers, parameters, specs } = reference;
  const engine = await createTensorflowTrainingEngine({
    layers,
    modalityCount: MODALITY_COUNT,
    device: 'cpu',
  });
  await engine.setParameters(flattenParameters(parameters, specs));
  return engine;
}

function expectGram(found: ArrayLike<number>, expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expect(largestDifference(found, expected) / largest).toBeLessThan(1e-3);
}

describe('all 15 objectives of ds-gmd-a', () => {
  let reference: Reference;
  let engine: TrainingEngine;
  let result: Awaited<ReturnType<typeof objectiveGradients>>;

  beforeAll(async () => {
    reference = await readReference('ds-gmd-a');
    engine = await openEngine(reference);
    result = await objectiveGradients(engine, reference, SUBSETS);
  }, 600_000);
  afterAll(() => engine.dispose());

  function segments() {
    const vector = parameterVector('dynamic', [engine], reference.specs, MODALITY_COUNT, REGION_COUNT);
    return segmentsOf(
      vector,
      SUBSETS.map((members) => ({ sources: [members], members: [members] })),
    );
  }

  it('give the reference losses', () => {
    expect(largestDifference(result.losses, reference.values('subsets15/losses'))).toBeLessThan(1e-5);
  });

  it('give the reference Gram matrix', () => {
    const { all } = gramMatrices(result.gradients, segments());
    expectGram(all.values, reference.values('subsets15/gram'));
  });

  it('give the merged gradient of pcgrad, tensor by tensor', () => {
    const gram = gramMatrices(result.gradients, segments());
    const found = new Float32Array(result.gradients[0].length);
    const coefficients = projectionCoefficients('pcgrad', gram);
    mergeGradients('pcgrad', coefficients, result.gradients, segments(), found);
    const without = biasesWithoutEffect(reference.layers);
    for (const spec of reference.specs) {
      if (without.has(spec.name)) continue;
      const own = found.subarray(spec.offset, spec.offset + spec.length);
      expect(
        relativeError(own, reference.values(`subsets15/merged_grad/${spec.name}`)),
        spec.name,
      ).toBeLessThan(1e-3);
    }
  });

  it('give those of the four singles: the reference losses and Gram matrix', () => {
    const isSingle = SUBSETS.map(({ length }) => length === 1);
    expect(SUBSETS.filter((_, i) => isSingle[i])).toEqual(SINGLES);
    const losses = result.losses.filter((_, i) => isSingle[i]);
    const gradients = result.gradients.filter((_, i) => isSingle[i]);
    expect(largestDifference(losses, reference.values('modalities4/losses'))).toBeLessThan(1e-5);
    const everything = [{ offset: 0, length: gradients[0].length, touched: [true, true, true, true] }];
    expectGram(gramMatrices(gradients, everything).all.values, reference.values('modalities4/gram'));
  });
});

/**
 * On the wasm engine all 15, and what each way of decoupling makes of them, are compared (test/engine/wasm/parity, test/training/parity);
 * a walk backward takes half a second here, and these four conflict in four pairs.
 */
describe('the four singles of ds-gmd-conflict', () => {
  it('give the reference losses and Gram matrix, with gradients in conflict', async () => {
    const reference = await readReference('ds-gmd-conflict');
    const engine = await openEngine(reference);
    const chosen = SUBSETS.flatMap(({ length }, i) => (length === 1 ? [i] : []));
    const { losses, gradients } = await objectiveGradients(engine, reference, SINGLES);
    await engine.dispose();
    const all = reference.values('losses');
    const expected = chosen.map((i) => all[i]);
    expect(largestDifference(losses, expected)).toBeLessThan(1e-5);
    const gram = reference.values('gram');
    const part = chosen.flatMap((row) => chosen.map((column) => gram[row * SUBSETS.length + column]));
    expect(part.filter((product) => product < 0)).toHaveLength(2 * 4);
    const everything = [{ offset: 0, length: gradients[0].length, touched: chosen.map(() => true) }];
    expectGram(gramMatrices(gradients, everything).all.values, part);
  });
});
