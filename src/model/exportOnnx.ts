import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { QuorumError } from '../errors.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { buildOnnxModel } from '../network/onnxGraph.js';
import { type Model, openModel } from './model.js';

/** Writes the network that is run, weights included, as an ONNX file, and returns its bytes. */
async function exportOnnx(model: Model, file: string): Promise<Uint8Array> {
  const bytes = buildOnnxModel(model.parameters, model.layers, model.description.modalities.length);
  await writeFileAtomically(file, [bytes]);
  return bytes;
}

/**
 * Writes a model's network to a file.
 *
 * @throws QuorumError OUTPUT_EXISTS unless `overwrite`, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeOnnx(
  folder: string | null,
  file: string,
  overwrite: boolean,
): Promise<{ file: string; bytes: number; hash: string }> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) throw new QuorumError({ code: 'OUTPUT_EXISTS', file, expected: 'no such file' });
  const bytes = await exportOnnx(await openModel(folder), file);
  return { file, bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') };
}
