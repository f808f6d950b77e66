import { isQuorumError, QuorumError } from '../errors.js';
import { applyReorientation, reorientationTo, undoReorientation } from '../volume/orientation.js';
import type { Volume } from '../volume/volume.js';
import { largestPart } from './morphology.js';
import type { BrainStripper } from './preparation.js';

/**
 * Strips with brainchop's mindgrab network, which the user adds as a file (its weights do not come with Quorum). It takes
 * 1 mm voxels with axes to the left, downwards and to the front (LIA; tensor axes in that order), clipped to 0 … the 99.5th
 * percentile and scaled to 0..1, and gives one label per voxel; its largest part is the brain.
 *
 * @param file mindgrab.onnx: input 1 × 1 × x × y × z float32, output 1 × x × y × z uint8.
 * @returns a stripper that throws QuorumError WEIGHTS_INVALID when the file is no such network, CANCELLED.
 */
export function networkStripper(file: string): BrainStripper {
  return async (head, signal) => {
    if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const reorientation = reorientationTo(head, 'LIA');
    const turned = applyReorientation(head, reorientation);
    const input = toTensorOrder(scaled(turned));
    const labels = await runNetwork(file, input, turned.size, signal);
    const mask = { ...turned, data: fromTensorOrder(labels, turned) };
    return undoReorientation(largestPart(mask), reorientation).data;
  };
}

async function runNetwork(
  file: string,
  input: Float32Array,
  size: Volume['size'],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  try {
    const session = await InferenceSession.create(file, { graphOptimizationLevel: 'all' });
    if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const outputs = await session.run({
      [session.inputNames[0]]: new Tensor('float32', input, [1, 1, ...size]),
    });
    await session.release();
    const labels = outputs[session.outputNames[0]].data;
    if (!(labels instanceof Uint8Array) || labels.length !== input.length)
      throw new QuorumError({ code: 'WEIGHTS_INVALID', file, expected: 'one uint8 label per voxel' });
    return labels;
  } catch (cause) {
    if (isQuorumError(cause)) throw cause;
    throw new QuorumError({ code: 'WEIGHTS_INVALID', file, expected: 'mindgrab.onnx' }, { cause });
  }
}

function scaled({ data, ...grid }: Volume): Volume {
  const sorted = data.slice().sort();
  const top = sorted[Math.floor(0.995 * (sorted.length - 1))] || 1;
  return { ...grid, data: data.map((value) => Math.min(1, Math.max(0, value / top))) };
}

/** x fastest → z fastest. */
function toTensorOrder({ data, size: [nx, ny, nz] }: Volume): Float32Array {
  const out = new Float32Array(data.length);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) out[k + nz * (j + ny * i)] = data[at++];
  return out;
}

/** z fastest → x fastest; every label above 0 is brain. */
function fromTensorOrder(labels: Uint8Array, { size: [nx, ny, nz] }: Volume): Uint8Array {
  const out = new Uint8Array(labels.length);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) out[at++] = labels[k + nz * (j + ny * i)] > 0 ? 1 : 0;
  return out;
}
