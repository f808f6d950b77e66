import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { QuorumError } from '../errors.js';
import { MODEL_FILE, readModel } from '../model/model.js';
import type { Layer } from '../network/layers.js';
import { flattenParameters, type ParameterSpec } from '../network/parameters.js';
import { newestParameters } from './checkpoint.js';

/**
 * The parameters that a run begins with instead of random ones: a Model folder's, or those of the newest readable
 * checkpoint in a run's folder (the last, not the best by validation). Adam's moments are not taken over.
 *
 * @param layers the network to be trained, one input channel.
 * @param specs its parameters.
 * @param length of the whole vector, learned fusion included; a Model folder leaves the fusion as it is.
 * @throws QuorumError MODEL_INVALID when the model's network has another size, CHECKPOINT_INVALID when there is no checkpoint of
 * this length, and what `readModel` throws.
 */
export async function readInitial(
  folder: string,
  layers: readonly Layer[],
  specs: readonly ParameterSpec[],
  length: number,
): Promise<Float32Array> {
  const isModel = await access(join(folder, MODEL_FILE)).then(
    () => true,
    () => false,
  );
  if (!isModel) return newestParameters(folder, length);
  const model = await readModel(folder);
  const outputsOf = (list: readonly Layer[]) =>
    list.flatMap((layer) => (layer.kind === 'convolution' ? [layer.outChannels] : [])).join();
  if (outputsOf(model.layers) !== outputsOf(layers)) {
    const expected = 'the size of the network to be trained';
    const { channels, width } = model.description;
    const found = channels ? `channels ${channels.join(', ')}` : `width ${width}`;
    throw new QuorumError({ code: 'MODEL_INVALID', field: 'width', expected, found, file: folder });
  }
  return flattenParameters(model.parameters, specs);
}
