/** Parity of the walk backward with the authors' numbers (measures: docs/method.md), on tfjs-backend-cpu. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingEngine } from '../../../src/engine/engine.js';
import { createTensorflowTrainingEngine } from '../../../src/engine/tensorflow/engine.js';
import { flattenParameters } from '../../../src/network/parameters.js';
import {
  type Decoupling,
  gramMatrices,
  mergeGradients,
  projectionCoefficients,
} from '../../../src/training/decouple.js';
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

interface Case {
  readonly name: 'ds-gmd-a' | 'ds-gmd-conflict';
  readonly prefix: string;
  readonly merged: readonly { readonly decoupling: Decoupling; readonly folder: string }[];
}

const cases: readonly Case[] = [
  {
    name: 'ds-gmd-a',
    prefix: 'subsets15/',
    merged: [{ decoupling: 'pcgrad', folder: 'subsets15/merged_grad' }],
  },
  {
    name: 'ds-gmd-conflict',
    prefix: '',
    merged: [
      { decoupling: 'pcgrad', folder: 'merged_pcgrad' },
      { decoupling: 'paper', folder: 'merged_paper' },
    ],
  },
];

describe.each(cases)('all 15 objectives of $name', ({ name, prefix, merged }) => {
  let reference: Reference;
  let engine: TrainingEngine;
  let result: Awaited<ReturnType<typeof objectiveGradients>>;

  beforeAll(async () => {
    reference = await readReference(name);
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
    expect(largestDifference(result.losses, reference.values(`${prefix}losses`))).toBeLessThan(1e-5);
  });

  it('give the reference Gram matrix', () => {
    const { all } = gramMatrices(result.gradients, segments());
    expectGram(all.values, reference.values(`${prefix}gram`));
  });

  it.each(merged)('give the merged gradient of $decoupling, tensor by tensor', ({ decoupling, folder }) => {
    const gram = gramMatrices(result.gradients, segments());
    const found = new Float32Array(result.gradients[0].length);
    const coefficients = projectionCoefficients(decoupling, gram);
    mergeGradients(decoupling, coefficients, result.gradients, segments(), found);
    const without = biasesWithoutEffect(reference.layers);
    for (const spec of reference.specs) {
      if (without.has(spec.name)) continue;
      const own = found.subarray(spec.offset, spec.offset + spec.length);
      expect(relativeError(own, reference.values(`${folder}/${spec.name}`)), spec.name).toBeLessThan(1e-3);
    }
  });

  if (name === 'ds-gmd-a')
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
