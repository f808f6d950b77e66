import { elastixNode } from '@itk-wasm/elastix';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rigidStage } from '../../../src/prepare/registration/stages.js';
import { bratsGrid, ellipsoid } from '../../support/images.js';

const ITERATIONS = 200;
/** elastix asks for the time twice in each iteration, and a little before and after. */
const ASKED_PER_ITERATION = 2;

function itkImage(seed: number) {
  const { size, data } = ellipsoid(bratsGrid([24, 28, 22]), [9, 11, 8], seed);
  return {
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: 'image',
    origin: [0, 0, 0],
    spacing: [1, 1, 1],
    direction: Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]),
    size: [...size],
    metadata: new Map(),
    data,
  } as const;
}

describe('a registration by elastix', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is done once, not once more for the image that comes with it', async () => {
    const asked = vi.spyOn(Date, 'now');
    vi.spyOn(console, 'log').mockReturnValue();
    const stage = rigidStage({ resolutions: 1, iterations: ITERATIONS, samples: 500 });
    const { transformParameterObject } = await elastixNode([stage] as never, {
      fixed: itkImage(1) as never,
      moving: itkImage(2) as never,
    });
    expect(transformParameterObject).toHaveLength(1);
    expect(asked.mock.calls.length).toBeGreaterThan(ASKED_PER_ITERATION * ITERATIONS);
    expect(asked.mock.calls.length).toBeLessThan(1.5 * ASKED_PER_ITERATION * ITERATIONS);
  });
});
