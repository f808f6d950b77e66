import type { Layer } from '../../network/layers.js';
import type { Tensor3 } from '../engine.js';

/** Constants of onnxruntime's CPU convolution (MLAS, `MlasConv`): block sizes and work per thread. */
const BLOCK_VOXELS = 128;
const BLOCK_DEPTH = 128;
const SMALLEST_BLOCK = 16;
const WORK_PER_THREAD = 65_536;

/**
 * The largest number of threads, at most `most`, with which onnxruntime gives the same bits as with one.
 *
 * onnxruntime multiplies each 3×3×3 convolution as a matrix (filters × 27·channels) × (27·channels × voxels), gives
 * every thread a run of the voxels and sums the 27·channels products in blocks, which it makes longer when a run has
 * at most 64, 32 or 16 voxels. So sums are rounded differently when threads make runs that short: at the bottom of
 * the U-Net, which has one voxel for 4096 of the input. Read in MLAS of onnxruntime 1.30 and confirmed by tests.
 *
 * @param shape of the input (D, H, W).
 */
export function reproducibleThreads(layers: readonly Layer[], shape: Tensor3['shape'], most: number): number {
  const convolutions = convolutionSizes(layers, shape[0] * shape[1] * shape[2]);
  for (let threads = most; threads > 1; threads--) {
    if (convolutions.every((size) => sameBlocks(size, threads))) return threads;
  }
  return 1;
}

interface ConvolutionSize {
  readonly filters: number;
  readonly voxels: number;
  /** Products in a sum: kernel voxels × input channels. */
  readonly depth: number;
}

function convolutionSizes(layers: readonly Layer[], inputVoxels: number): ConvolutionSize[] {
  const voxels = new Map([['input', inputVoxels]]);
  const sizes: ConvolutionSize[] = [];
  for (const layer of layers) {
    const from = voxels.get(layer.kind === 'concatenate' ? layer.inputs[0] : layer.input)!;
    const factor = layer.kind === 'maxPool' ? 1 / 8 : layer.kind === 'upsample' ? 8 : 1;
    voxels.set(layer.output, from * factor);
    if (layer.kind === 'convolution') {
      const depth = layer.kernel ** 3 * layer.inChannels;
      sizes.push({ filters: layer.outChannels, voxels: from, depth });
    }
  }
  return sizes;
}

/** Whether the sums are cut into the same blocks with `threads` threads as with one. */
function sameBlocks({ filters, voxels, depth }: ConvolutionSize, threads: number): boolean {
  // With more filters than voxels the filters are shared out, and every thread has all the voxels.
  if (depth <= BLOCK_DEPTH || filters > voxels) return true;
  const used = Math.min(threads, Math.floor((filters * voxels * depth) / WORK_PER_THREAD) + 1);
  const run = SMALLEST_BLOCK * Math.ceil(voxels / used / SMALLEST_BLOCK);
  const last = voxels % run === 0 ? run : voxels % run;
  const alone = blockDepth(voxels, depth);
  return blockDepth(Math.min(run, voxels), depth) === alone && blockDepth(last, depth) === alone;
}

/** Products summed at a time for a run of voxels; sums shorter than a block are not cut. */
function blockDepth(run: number, depth: number): number {
  let block = BLOCK_DEPTH;
  if (run < depth) {
    for (let side = BLOCK_VOXELS; side > SMALLEST_BLOCK && side / 2 >= run; side /= 2) block *= 2;
  }
  return Math.min(block, depth);
}
