/** The reference case of the self-test: the same numbers on every machine, made from a seed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { initialiseParameters } from '../../network/initialise.js';
import { buildLayers } from '../../network/layers.js';
import { parameterSpecs, unflattenParameters } from '../../network/parameters.js';
import type { Tensor3 } from '../engine.js';
import type { NetworkWeights } from './deviceCandidate.js';

const SEED = 20240216;
const MODALITIES = 2;

/** A width-0.25 network of two modalities whose scales and shifts all differ. */
export function referenceNetwork(): NetworkWeights {
  const layers = buildLayers(0.25);
  const flat = initialiseParameters(layers, MODALITIES, SEED);
  const specs = parameterSpecs(layers, MODALITIES);
  const generator = xoroshiro128plus(SEED);
  for (const { shape, offset, length } of specs) {
    if (shape.length > 1) continue;
    for (let i = offset; i < offset + length; i++) flat[i] += 0.4 * (uniformFloat64(generator) - 0.5);
  }
  return { parameters: unflattenParameters(flat, specs), layers, modalityCount: MODALITIES };
}

/** A ball of waves and noise in air, which is 0, as wide as the shortest side. */
export function referenceInput(shape: Tensor3['shape']): Tensor3 {
  const [depth, height, width] = shape;
  const side = Math.min(...shape);
  const generator = xoroshiro128plus(SEED + side);
  const data = new Float32Array(depth * height * width);
  const [z, y, x] = shape.map((n) => (n - 1) / 2);
  for (let d = 0, i = 0; d < depth; d++) {
    for (let h = 0; h < height; h++) {
      for (let w = 0; w < width; w++, i++) {
        const noise = uniformFloat64(generator) - 0.5;
        const inside = Math.hypot(d - z, h - y, w - x) < 0.45 * side;
        if (inside) data[i] = Math.sin(d / 3) + Math.cos(h / 5) * Math.sin(w / 4) + noise;
      }
    }
  }
  return { data, shape };
}
