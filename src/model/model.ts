import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { writeFolderWhole } from '../files/wholeFolder.js';
import { buildLayers, type Layer } from '../network/layers.js';
import { type Parameters, takeParameters } from '../network/parameters.js';
import { readSafetensors } from '../network/safetensors.js';
import { type ModelDescription, modelSchema, networkSizeOf } from './schema.js';

/** A Model folder that was read and checked. */
export interface Model {
  readonly folder: string;
  readonly description: ModelDescription;
  readonly layers: readonly Layer[];
  readonly parameters: Parameters;
  /** SHA-256 over model.json and weights.safetensors: two models with one hash give the same masks. */
  readonly hash: string;
}

/** The model that comes with Quorum. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../resources/model', import.meta.url));

export const MODEL_FILE = 'model.json';
export const WEIGHTS_FILE = 'weights.safetensors';

/**
 * Reads a Model folder. Everything in it is hostile until checked.
 *
 * @throws QuorumError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_HASH_MISMATCH, WEIGHTS_INVALID.
 */
export async function readModel(folder: string): Promise<Model> {
  const modelFile = join(folder, MODEL_FILE);
  const weightsFile = join(folder, WEIGHTS_FILE);
  const modelBytes = await readOrFail(modelFile);
  const description = parseDescription(modelBytes, modelFile);
  const weights = await readOrFail(weightsFile);
  const found = sha256(weights);
  if (found !== description.weightsSha256) {
    throw new QuorumError({
      code: 'MODEL_HASH_MISMATCH',
      field: 'weightsSha256',
      expected: description.weightsSha256,
      found,
      file: weightsFile,
    });
  }
  const layers = layersOf(description, modelFile);
  const { tensors } = await readSafetensors(weights, { file: weightsFile });
  return {
    folder,
    description,
    layers,
    parameters: takeParameters(tensors, layers, description.modalities.length, { file: weightsFile }),
    hash: createHash('sha256').update(modelBytes).update(weights).digest('hex'),
  };
}

/** Reads a model folder, or the shipped model. */
export function openModel(folder?: string | null): Promise<Model> {
  return readModel(folder ?? SHIPPED_MODEL);
}

function layersOf(description: ModelDescription, file: string): Layer[] {
  const size = networkSizeOf(description);
  try {
    return buildLayers(size, description.regions.length);
  } catch (cause) {
    const problem = {
      field: 'channels',
      expected: 'multiples of 8 at every normalisation',
      found: String(size),
      file,
    };
    throw new QuorumError({ code: 'MODEL_INVALID', ...problem }, { cause });
  }
}

/**
 * Writes a Model folder: `model.json` (its weights hash filled in), `weights.safetensors`, and further text files
 * such as the licence and the model card. The folder appears complete or not at all.
 *
 * @param texts file name → content.
 * @throws QuorumError OUTPUT_EXISTS when there is anything in the folder, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeModel(
  folder: string,
  description: Omit<ModelDescription, 'weightsSha256'>,
  weights: Uint8Array,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const complete = modelSchema.parse({ ...description, weightsSha256: sha256(weights) });
  const files = new Map<string, Uint8Array>([
    [MODEL_FILE, Buffer.from(`${JSON.stringify(complete, null, 2)}\n`)],
    [WEIGHTS_FILE, weights],
    ...Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]);
  await writeFolderWhole(folder, async (making) => {
    for (const [name, bytes] of files) await writeFileAtomically(join(making, name), [bytes]);
  });
}

function parseDescription(bytes: Uint8Array, file: string): ModelDescription {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new QuorumError({ code: 'MODEL_INVALID', file, expected: 'JSON' }, { cause });
  }
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new QuorumError({
      code: 'MODEL_INVALID',
      file,
      field: issue.path.join('.'),
      expected: issue.message,
    });
  }
  return parsed.data;
}

async function readOrFail(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new QuorumError(
      { code: 'MODEL_NOT_FOUND', file, expected: 'a folder with model.json and weights.safetensors' },
      { cause },
    );
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
