import type { Layer } from '../../network/layers.js';
import type { Tensor3 } from '../engine.js';

/** For the window, the system, and what the user does meanwhile. */
const BYTES_LEFT = 2e9;
/** What onnxruntime's arena was measured to hold, over what all convolutions of a pass give (4 bytes each). */
const ARENA = 1.25;

/** The memory of one more session while it runs a pass of this size. */
export function passBytes(layers: readonly Layer[], [depth, height, width]: Tensor3['shape']): number {
  const share = new Map([['input', 1]]);
  let channels = 0;
  for (const layer of layers) {
    const from = share.get(layer.kind === 'concatenate' ? layer.inputs[0] : layer.input)!;
    share.set(layer.output, from * (layer.kind === 'maxPool' ? 1 / 8 : layer.kind === 'upsample' ? 8 : 1));
    if (layer.kind === 'convolution') channels += layer.outChannels * from;
  }
  return ARENA * 4 * channels * depth * height * width;
}

/**
 * How many of a case's passes run side by side: as many as threads and memory allow, so that the next image is made ready and results are
 * rounded while others pass. None may be left over to run alone on a part of the cores.
 *
 * @param threads of the processor, for all of them together.
 */
export function passesSideBySide({
  passes,
  threads,
  freeBytes,
  bytesAPass,
}: {
  readonly passes: number;
  readonly threads: number;
  readonly freeBytes: number;
  readonly bytesAPass: number;
}): number {
  const most = Math.min(passes, threads, Math.floor((freeBytes - BYTES_LEFT) / bytesAPass));
  for (let beside = most; beside > 1; beside--) if (passes % beside === 0) return beside;
  return 1;
}
