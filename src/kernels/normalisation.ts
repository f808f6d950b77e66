import { BLOCK_CHANNELS } from './grid.js';
import { floatBits, gridFields, type Operation, operation } from './operations.js';
import type { Program } from './program.js';
import type { BlockedVolume } from './volume.js';

/** GroupNorm and ReLU: weight and bias (channels) in shared memory. */
export interface Normalisation {
  readonly channels: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly weight: number;
  readonly bias: number;
}

/** Addresses to which gradients are added. */
export interface NormalisationGradients {
  readonly weight: number;
  readonly bias: number;
  /** Bias of the convolution whose output was normalised: the sum of the input's gradient. */
  readonly convolutionBias: number;
}

/** Bytes of the statistics that the backward pass needs: mean, 1/deviation, scale and shift per channel. */
export function statisticsBytes(channels: number): number {
  return 4 * channels * 4;
}

/** ReLU(GroupNorm(input)); `output` may be `input`. Statistics are kept at `statistics`. */
export function normalise(
  program: Program,
  normalisation: Normalisation,
  input: BlockedVolume,
  output: BlockedVolume,
  statistics: number,
): void {
  const planes = input.blocks * input.grid.depth;
  const partials = program.allocate(planes * 2 * BLOCK_CHANNELS * 8);
  const fields = [
    ...gridFields(input.grid),
    input.pointer,
    output.pointer,
    statistics,
    0,
    partials.pointer,
    normalisation.channels,
  ];
  program.add(
    operation('sumPlane', planes, ...fields),
    groupOperation('normalisationStatistics', normalisation, input, partials.pointer, statistics, [0, 0, 0]),
    operation('normalise', planes, ...fields),
  );
  program.free(partials);
}

/**
 * Backward through ReLU and GroupNorm.
 *
 * @param input what was normalised.
 * @param gradient with respect to the output; replaced by that with respect to the input.
 */
export function normaliseGradient(
  program: Program,
  normalisation: Normalisation,
  input: BlockedVolume,
  gradient: BlockedVolume,
  statistics: number,
  gradients: NormalisationGradients,
): void {
  const { channels } = normalisation;
  const planes = input.blocks * input.grid.depth;
  const partials = program.allocate(planes * 2 * BLOCK_CHANNELS * 8);
  const coefficients = program.allocate(3 * channels * 4);
  const fields = [
    ...gridFields(input.grid),
    input.pointer,
    gradient.pointer,
    statistics,
    coefficients.pointer,
    partials.pointer,
    channels,
  ];
  program.add(
    operation('sumGradientPlane', planes, ...fields),
    groupOperation('normalisationGradient', normalisation, input, partials.pointer, statistics, [
      coefficients.pointer,
      gradients.weight,
      gradients.bias,
    ]),
    operation('normaliseGradient', planes, ...fields),
    operation('reduceChannels', channels, partials.pointer, input.grid.depth, gradients.convolutionBias),
  );
  program.free(coefficients);
  program.free(partials);
}

function groupOperation(
  kernel: 'normalisationStatistics' | 'normalisationGradient',
  { channels, groups, epsilon, weight, bias }: Normalisation,
  { grid }: BlockedVolume,
  partials: number,
  statistics: number,
  rest: readonly number[],
): Operation {
  return operation(
    kernel,
    groups,
    partials,
    grid.depth,
    channels,
    channels / groups,
    grid.count,
    floatBits(epsilon),
    weight,
    bias,
    statistics,
    ...rest,
  );
}
