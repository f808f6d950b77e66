import { describe, expect, it } from 'vitest';
import { buildLayers } from '../../src/network/layers.js';
import { activationBytes } from '../../src/training/estimate.js';

describe('memory of the activations', () => {
  it('of a hand-counted list of layers', () => {
    const conv = { kind: 'convolution', name: 'c', inChannels: 1, outChannels: 4, kernel: 3 } as const;
    const bytes = activationBytes(
      [
        { ...conv, input: 'input', output: 'a' },
        { kind: 'maxPool', input: 'a', output: 'b', channels: 4 },
        { kind: 'upsample', input: 'b', output: 'c', channels: 4 },
        { kind: 'concatenate', inputs: ['a', 'c'], output: 'd', channels: [4, 4] },
      ],
      [16, 16, 16],
    );
    expect(bytes).toBe(4 * 16 ** 3 * (1 + 4 + 0.5 + 4 + 8));
  });

  it('grows with the volume: 64³ takes eight times 32³, and stays under 0.5 GB a modality at width 0.25', () => {
    const layers = buildLayers(0.25);
    const large = activationBytes(layers, [64, 64, 64]);
    expect(large).toBe(8 * activationBytes(layers, [32, 32, 32]));
    expect(large).toBeLessThan(0.5e9);
  });
});
