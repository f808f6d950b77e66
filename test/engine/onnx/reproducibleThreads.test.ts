import { describe, expect, it } from 'vitest';
import { reproducibleThreads } from '../../../src/engine/onnx/reproducibleThreads.js';
import { buildLayers } from '../../../src/network/layers.js';

const layers = buildLayers(0.25);

describe('threads that keep the bits', () => {
  it('never exceed what was asked for, nor fall below one', () => {
    expect(reproducibleThreads(layers, [128, 128, 128], 1)).toBe(1);
    expect(reproducibleThreads(layers, [128, 128, 128], 2)).toBe(2);
    expect(reproducibleThreads(layers, [32, 48, 16], 8)).toBe(1);
  });

  it('keep every thread’s run of the deepest level above 64 voxels for a brain', () => {
    expect(reproducibleThreads(layers, [96, 128, 128], 16)).toBe(4); // 384 voxels: 4 × 96, but 5 leave one run of 64
    expect(reproducibleThreads(layers, [80, 96, 112], 16)).toBe(2); // 210 voxels: 112 + 98, but 80 + 80 + 50
  });
});
