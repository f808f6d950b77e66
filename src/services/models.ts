import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkWeights } from '../engine/devices/deviceCandidate.js';
import { QuorumError } from '../errors.js';
import { type Model, readModel, writeModel } from '../model/model.js';
import type { ModelDescription } from '../model/schema.js';
import { constantFusion, descriptionTemplate, type FusionTable } from '../model/template.js';
import { buildLayers } from '../network/layers.js';
import { buildOnnxModel } from '../network/onnxGraph.js';
import { parameterSpecs, takeParameters } from '../network/parameters.js';
import { readSafetensors, type StoredTensor } from '../network/safetensors.js';
import { serialiseSafetensors } from '../network/safetensorsWriter.js';
import { MODALITIES, REGIONS } from '../terms.js';
import { writeFileAtomically } from '../volume/atomicFile.js';

/** The model that comes with Quorum. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../resources/model', import.meta.url));

/** Reads a model folder, or the shipped model. */
export function openModel(folder?: string | null): Promise<Model> {
  return readModel(folder ?? SHIPPED_MODEL);
}

/** What an engine needs of a model. */
export function networkOf({ parameters, layers, description }: Model): NetworkWeights {
  return { parameters, layers, modalityCount: description.modalities.length };
}

export interface ImportOptions {
  /** Shown as the model's name; the file's name by default. */
  readonly name?: string;
  /** Texts to put beside the weights: file name → content, e.g. a model card and a licence. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly trainingData?: string;
  readonly version?: string;
}

/**
 * Makes a Model folder of weights that were trained elsewhere (parameter names as PyTorch gives them, see `parameterSpecs`).
 * A tensor `region_weights` (4×3: T1, T1ce, T2, FLAIR × WT, TC, ET) moves into model.json; the rest of model.json is the template.
 *
 * @throws QuorumError WEIGHTS_INVALID (a name, shape or value), OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE, DISK_FULL.
 */
export async function importWeights(
  file: string,
  folder: string,
  options: ImportOptions = {},
): Promise<Model> {
  const { tensors } = await readSafetensors(file);
  const width = widthOf(tensors, file);
  const layers = buildLayers(width);
  const parameters = takeParameters(tensors, layers, MODALITIES.length, {
    file,
    besides: ['region_weights'],
  });
  const specs = parameterSpecs(layers, MODALITIES.length);
  const weights = serialiseSafetensors(
    new Map(specs.map(({ name, shape }) => [name, { shape, data: parameters.get(name)! }])),
  );
  const about = {
    name: options.name ?? basename(file).replace(/\.safetensors$/, ''),
    version: options.version ?? '1',
    description: options.description ?? 'Imported weights; nothing is known about their accuracy.',
    trainingData: options.trainingData ?? 'unknown',
  };
  await writeModel(
    resolve(folder),
    descriptionTemplate(about, width, fusionWeights(tensors.get('region_weights'), file)),
    weights,
    options.texts ?? {},
  );
  return readModel(folder);
}

/** Writes the network that is run, weights included, as an ONNX file, and returns its bytes. */
export async function exportOnnx(model: Model, file: string): Promise<Uint8Array> {
  const bytes = buildOnnxModel(model.parameters, model.layers, model.description.modalities.length);
  await writeFileAtomically(file, [bytes]);
  return bytes;
}

/** The width that the first convolution's output channels (32w) tell. */
function widthOf(tensors: ReadonlyMap<string, StoredTensor>, file: string): ModelDescription['width'] {
  const name = 'module.inc.conv1.module.weight';
  const channels = tensors.get(name)?.shape[0];
  const width = ([0.25, 0.5, 1] as const).find((w) => 32 * w === channels);
  if (width === undefined) {
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      file,
      field: name,
      expected: '8, 16 or 32 output channels',
      found: String(channels ?? 'no such tensor'),
    });
  }
  return width;
}

function fusionWeights(tensor: StoredTensor | undefined, file: string): FusionTable {
  if (!tensor) return constantFusion(1);
  const values = [...tensor.data].map(Number);
  if (tensor.shape.join() !== '4,3' || values.some((value) => !(value > 0))) {
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      file,
      field: 'region_weights',
      expected: '4×3 positive numbers',
      found: tensor.shape.join('×'),
    });
  }
  const rows = MODALITIES.map((m, i) => [
    m,
    Object.fromEntries(REGIONS.map((r, j) => [r, values[3 * i + j]])),
  ]);
  return Object.fromEntries(rows) as FusionTable;
}
