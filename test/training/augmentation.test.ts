import { describe, expect, it } from 'vitest';
import {
  augmentedSample,
  DEFAULT_AUGMENTATION,
  FLIPS,
  plainSample,
} from '../../src/training/augmentation.js';
import { TUMOUR } from '../../src/training/loadCase.js';
import { ALL_KNOWN } from '../../src/training/losses.js';
import { randomStream } from '../../src/training/random.js';
import { volumeOf } from './volumes.js';

const volume = volumeOf([20, 20, 20], (d, h, w) => 1 + Math.sin(d + 2 * h + 3 * w) / 2, {
  label: (d) => [0, 1, 2, 4][d % 4],
});

describe('samples', () => {
  it('plain: the whole case padded, regions from the labels', () => {
    const { inputs, target } = plainSample(volume);
    expect(inputs.map((input) => input?.shape.join())).toEqual([
      '32,32,32',
      undefined,
      undefined,
      '32,32,32',
    ]);
    const voxels = 32 ** 3;
    const regionsAt = (d: number) => [0, 1, 2].map((r) => target.regions[r * voxels + d * 32 * 32]);
    expect([0, 1, 2, 3, 25].map(regionsAt)).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [1, 0, 0],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    // Air is not known: beyond the case there is no loss.
    const knownAt = (d: number, h: number) => target.known![32 * (32 * d + h)];
    expect([knownAt(0, 0), knownAt(19, 19), knownAt(20, 0), knownAt(0, 20)]).toEqual([
      ALL_KNOWN,
      ALL_KNOWN,
      0,
      0,
    ]);
  });

  it('voxels whose truth nobody knows are told apart, and are of no region', () => {
    const unsure = volumeOf([16, 16, 16], () => 1, { label: (d) => [0, 255, 4][d % 3] });
    const { target } = plainSample(unsure);
    expect([0, 1, 2].map((d) => target.known![d * 256])).toEqual([ALL_KNOWN, 0, ALL_KNOWN]);
    expect([0, 1, 2].map((d) => target.regions[d * 256])).toEqual([0, 0, 1]);
  });

  it('tumour whose parts nobody told apart is whole tumour; core and enhancing tumour are not known there', () => {
    const partial = volumeOf([16, 16, 16], () => 1, { label: (d) => [0, TUMOUR, 4][d % 3] });
    const { target } = plainSample(partial);
    expect([0, 1, 2].map((d) => target.known![d * 256])).toEqual([ALL_KNOWN, 1, ALL_KNOWN]);
    const regionsAt = (d: number) => [0, 1, 2].map((r) => target.regions[r * 4096 + d * 256]);
    expect([0, 1, 2].map(regionsAt)).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
    ]);
  });

  it('air is where no sequence of the sample shows anything; there is no loss', () => {
    const both = volumeOf([16, 16, 16], (d, h) => (d < 4 && h < 8 ? 0 : 1));
    both.images[3]!.fill(0, 0, 256).fill(0, 5 * 256, 6 * 256);
    both.images[3]!.fill(1, 256, 512);
    const { target } = plainSample(both);
    const known = (d: number, h: number) => target.known![256 * d + 16 * h];
    expect([known(0, 0), known(0, 9), known(1, 0), known(2, 0), known(5, 0)]).toEqual(
      [0, 1, 1, 0, 1].map((known) => known * ALL_KNOWN),
    );
  });

  it('augmented: decided by the stream alone', () => {
    const draw = (seed: number) => augmentedSample(volume, DEFAULT_AUGMENTATION, randomStream(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('augmented: modalities move together but change values apart', () => {
    const contrast = { chance: 1, gain: 0.2, offset: 0.2 };
    const rules = { ...DEFAULT_AUGMENTATION, intensity: { ...DEFAULT_AUGMENTATION.intensity!, contrast } };
    const { inputs } = augmentedSample(volume, rules, randomStream(6));
    const spatialOnly = { ...DEFAULT_AUGMENTATION, intensity: null };
    const moved = augmentedSample(volume, spatialOnly, randomStream(6)).inputs;
    expect(moved[0]!.data).toEqual(moved[3]!.data);
    expect(inputs[0]!.data).not.toEqual(inputs[3]!.data);
  });

  it('whole brains are mirrored left to right alone, cut-outs along every axis', () => {
    const image = (d: number, h: number, w: number) => 1 + d + 20 * h + 400 * w;
    const rules = { ...DEFAULT_AUGMENTATION, spatial: FLIPS, intensity: null };
    const firsts = (known: typeof volume.known) => {
      const cut = volumeOf([16, 16, 16], image, { known });
      const drawn = Array.from({ length: 60 }, (_, seed) =>
        augmentedSample(cut, { ...rules, window: { ...rules.window, shift: 0 } }, randomStream(seed)),
      );
      return new Set(drawn.map(({ inputs }) => inputs[0]!.data[0]));
    };
    expect(firsts(null)).toEqual(new Set([image(0, 0, 0), image(15, 0, 0)]));
    expect(firsts({ start: [0, 0, 0], end: [16, 16, 16] }).size).toBe(8);
  });

  it('a modality of which the window shows only air is lacking', () => {
    const blank = { ...volume, images: [volume.images[0], null, null, new Float32Array(8000)] };
    expect(plainSample(blank).inputs.map((input) => input !== null)).toEqual([true, false, false, false]);
  });
});
