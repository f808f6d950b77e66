import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Layer } from './layers.js';
import { parameterSpecs } from './parameters.js';

/**
 * Untrained parameters as the flat vector in `parameterSpecs` order: convolution weights from He's normal
 * distribution, variance 2 / (input channels × kernel voxels); biases and shifts 0, scales 1. The same seed gives
 * the same numbers on every machine.
 *
 * Source: He et al., Delving Deep into Rectifiers, ICCV 2015 (arXiv 1502.01852), equation 10.
 *
 * @param seed a 32-bit integer.
 */
export function initialiseParameters(
  layers: readonly Layer[],
  modalityCount: number,
  seed: number,
): Float32Array {
  const specs = parameterSpecs(layers, modalityCount);
  const last = specs[specs.length - 1];
  const flat = new Float32Array(last.offset + last.length);
  const normal = standardNormal(seed);
  for (const { shape, offset, length, modality, name } of specs) {
    const values = flat.subarray(offset, offset + length);
    if (shape.length === 5) {
      const deviation = Math.sqrt((2 * shape[0]) / length);
      for (let i = 0; i < length; i++) values[i] = deviation * normal();
    } else if (modality !== null && name.endsWith('.weight')) {
      values.fill(1);
    }
  }
  return flat;
}

/** Independent N(0, 1) numbers by the polar method (Marsaglia & Bray 1964). */
function standardNormal(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    let u: number;
    let v: number;
    let square: number;
    do {
      u = 2 * uniformFloat64(generator) - 1;
      v = 2 * uniformFloat64(generator) - 1;
      square = u * u + v * v;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    spare = v * factor;
    return u * factor;
  };
}
