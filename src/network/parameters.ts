import type { Layer } from './layers.js';

/** One parameter tensor and its place in the flat parameter vector (and in gradient vectors). */
export interface ParameterSpec {
  /** PyTorch name, e.g. `module.inc.norm1.norm_0.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat vector, and number of elements. */
  readonly offset: number;
  readonly length: number;
  /** Index of the only modality that uses it (scale and shift of normalisations), or null when all share it. */
  readonly modality: number | null;
}

/** Parameter tensors by name. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * Every parameter of the network, in layer order, laid out one after the other.
 *
 * @param layers from `buildLayers`.
 * @param modalityCount number of branches M; each normalisation has M scales and M shifts.
 */
export function parameterSpecs(layers: readonly Layer[], modalityCount: number): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  let offset = 0;
  const add = (name: string, shape: readonly number[], modality: number | null): void => {
    const length = shape.reduce((product, side) => product * side, 1);
    specs.push({ name, shape, offset, length, modality });
    offset += length;
  };
  for (const layer of layers) {
    if (layer.kind === 'convolution') {
      const k = layer.kernel;
      add(`${layer.name}.weight`, [layer.outChannels, layer.inChannels, k, k, k], null);
      add(`${layer.name}.bias`, [layer.outChannels], null);
    } else if (layer.kind === 'normalisation') {
      for (let m = 0; m < modalityCount; m++) {
        add(`${layer.name}.norm_${m}.weight`, [layer.channels], m);
        add(`${layer.name}.norm_${m}.bias`, [layer.channels], m);
      }
    }
  }
  return specs;
}
