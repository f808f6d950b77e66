import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { QuorumError } from '../errors.js';
import { buildLayers, type Channels, channelsOfWidth } from '../network/layers.js';
import { parameterSpecs, takeParameters } from '../network/parameters.js';
import { readSafetensors, type StoredTensor } from '../network/safetensors.js';
import { serialiseSafetensors } from '../network/safetensorsWriter.js';
import { MODALITIES, REGIONS } from '../terms.js';
import { type Model, readModel, writeModel } from './model.js';
import { fusionFileSchema, type ModelDescription, type NetworkSize } from './schema.js';
import { constantFusion, descriptionTemplate, type FusionTable } from './template.js';

/** Beside weights that a training outside Quorum wrote: its fusion. */
const FUSION_FILE = 'fusion.json';

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
 * A tensor `region_weights` (4×3: T1, T1ce, T2, FLAIR × WT, TC, ET) moves into model.json, and so do weights and biases of a
 * `fusion.json` beside the file; the rest of model.json is the template.
 *
 * @throws QuorumError WEIGHTS_INVALID (a name, shape or value, a fusion.json that is not understood), OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE, DISK_FULL.
 */
export async function importWeights(
  file: string,
  folder: string,
  options: ImportOptions = {},
): Promise<Model> {
  const { tensors } = await readSafetensors(file);
  const size = sizeOf(tensors, file);
  const layers = buildLayers(size);
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
  const template = descriptionTemplate(about, size, fusionWeights(tensors.get('region_weights'), file));
  const fusion = (await fusionBeside(file)) ?? template.fusion;
  await writeModel(resolve(folder), { ...template, fusion }, weights, options.texts ?? {});
  return readModel(folder);
}

/** The paper's width where the channels are its, else the channels, as the encoder's convolutions tell them. */
function sizeOf(tensors: ReadonlyMap<string, StoredTensor>, file: string): NetworkSize {
  const outputs = ['inc', 'down1', 'down2', 'down3', 'down4'].map((block, level) => {
    const field = `module.${block}.${level === 0 ? '' : 'double_conv.'}conv2.module.weight`;
    const channels = tensors.get(field)?.shape[0];
    if (channels !== undefined && channels > 0 && channels % 8 === 0) return channels;
    const found = String(channels ?? 'no such tensor');
    throw new QuorumError({
      code: 'WEIGHTS_INVALID',
      file,
      field,
      expected: 'output channels, a multiple of 8',
      found,
    });
  });
  const [c0, c1, c2, c3, bottleneck] = outputs;
  const channels: Channels = [c0, c1, c2, c3, 2 * bottleneck];
  const width = ([0.25, 0.5, 1] as const).find((w) => channelsOfWidth(w).join() === channels.join());
  return width ?? [...channels];
}

/** What a training beside the weights says of the fusion (`fusion.json`: weights and biases by modality and region), or null. */
async function fusionBeside(file: string): Promise<ModelDescription['fusion'] | null> {
  const beside = join(dirname(file), FUSION_FILE);
  const text = await readFile(beside, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = fusionFileSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.fusion;
  const expected = 'fusion: { weights, biases }, each a number by modality and region';
  const found = parsed.error.issues[0]?.path.join('.') ?? 'something else';
  throw new QuorumError({ code: 'WEIGHTS_INVALID', file: beside, field: FUSION_FILE, expected, found });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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
