/**
 * The Dynamic Sharing U-Net as a list of layers: the only definition of the network. Every engine walks it.
 *
 * Source: Wang et al., AAAI 2024 (arXiv 2402.16318). One input channel, run once per available modality;
 * convolutions are shared by all modalities, each normalisation has its own scale and shift per modality.
 * Several input channels make the early-fusion baseline of it: all modalities at once.
 */

/** Names of activations; each layer writes one, `input` is the volume and `logits` the result. */
export type ActivationName = string;

/** 3×3×3 (padding 1) or 1×1×1 convolution with bias. Parameters `<name>.weight` (out, in, k, k, k), `<name>.bias` (out). */
export interface ConvolutionLayer {
  readonly kind: 'convolution';
  readonly name: string;
  readonly input: ActivationName;
  readonly output: ActivationName;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: 1 | 3;
}

/** GroupNorm, then ReLU. Parameters `<name>.norm_<modality>.weight` and `.bias` (channels). */
export interface NormalisationLayer {
  readonly kind: 'normalisation';
  readonly name: string;
  readonly input: ActivationName;
  readonly output: ActivationName;
  readonly channels: number;
  readonly groups: number;
  readonly epsilon: number;
}

/** 2×2×2 maximum, stride 2: halves D, H and W. */
export interface MaxPoolLayer {
  readonly kind: 'maxPool';
  readonly input: ActivationName;
  readonly output: ActivationName;
  readonly channels: number;
}

/** Trilinear ×2 with aligned corners: output i reads input i·(n−1)/(2n−1). */
export interface UpsampleLayer {
  readonly kind: 'upsample';
  readonly input: ActivationName;
  readonly output: ActivationName;
  readonly channels: number;
}

/** Channels of `inputs[0]` (the skip), then of `inputs[1]` (the upsampled). */
export interface ConcatenateLayer {
  readonly kind: 'concatenate';
  readonly inputs: readonly [ActivationName, ActivationName];
  readonly output: ActivationName;
  readonly channels: readonly [number, number];
}

export type Layer = ConvolutionLayer | NormalisationLayer | MaxPoolLayer | UpsampleLayer | ConcatenateLayer;

/** Input sides must divide by this: four poolings by 2. */
export const SIDE_MULTIPLE = 16;

/** Name of the deepest activation, after its ReLU: the narrowest description of the whole input. */
export const BOTTLENECK: ActivationName = 'down4';

const GROUPS = 8;
const EPSILON = 1e-5;

/** Channels c0 … c4 of the five levels; the bottleneck has c4 / 2. */
export type Channels = readonly [number, number, number, number, number];

/** The paper's channels at a width: 32w, 64w, 128w, 256w, 512w (0.5 in the paper). */
export function channelsOfWidth(width: number): Channels {
  return [32 * width, 64 * width, 128 * width, 256 * width, 512 * width];
}

/**
 * The layers in execution order. The middle of a decoder's double convolution has half the channels of its input.
 *
 * @param size a width, or the channels themselves.
 * @param regions number of output channels, 3 (WT, TC, ET) by default.
 * @param inputChannels 1, or the number of modalities that go in together.
 * @throws RangeError when GroupNorm's 8 groups do not divide the channels of a normalisation.
 */
export function buildLayers(size: number | Channels, regions = 3, inputChannels = 1): Layer[] {
  const channels = typeof size === 'number' ? channelsOfWidth(size) : size;
  const [c0, c1, c2, c3, c4] = channels;
  const bottleneck = c4 / 2;
  const layers = layersOf(channels, bottleneck, regions, inputChannels);
  const normalised = layers.flatMap((layer) => (layer.kind === 'normalisation' ? [layer.channels] : []));
  if ([c0, c1, c2, c3, c4, ...normalised].some((c) => !Number.isInteger(c) || c % GROUPS !== 0 || c <= 0)) {
    throw new RangeError(
      `channels ${channels.join(', ')}: every normalisation's must be multiples of ${GROUPS}`,
    );
  }
  return layers;
}

function layersOf(
  [c0, c1, c2, c3]: Channels,
  bottleneck: number,
  regions: number,
  inputChannels: number,
): Layer[] {
  return [
    ...doubleConvolution('inc', 'input', inputChannels, c0, c0),
    ...down(1, 'inc', c0, c1),
    ...down(2, 'down1', c1, c2),
    ...down(3, 'down2', c2, c3),
    ...down(4, 'down3', c3, bottleneck),
    ...up(1, 'down3', c3, 'down4', bottleneck, c3 / 2),
    ...up(2, 'down2', c2, 'up1', c3 / 2, c2 / 2),
    ...up(3, 'down1', c1, 'up2', c2 / 2, c1 / 2),
    ...up(4, 'inc', c0, 'up3', c1 / 2, c0),
    {
      kind: 'convolution',
      name: 'module.outc.conv.module',
      input: 'up4',
      output: 'logits',
      inChannels: c0,
      outChannels: regions,
      kernel: 1,
    },
  ];
}

/** Channels of the input that these layers take. */
export function inputChannelsOf(layers: readonly Layer[]): number {
  const first = layers[0];
  return first.kind === 'convolution' ? first.inChannels : 1;
}

/** (3×3×3 convolution → GroupNorm → ReLU) × 2; the last activation is named `output`. */
function doubleConvolution(
  prefix: string,
  input: string,
  inChannels: number,
  middle: number,
  outChannels: number,
  output = prefix,
): Layer[] {
  const parts: Layer[] = [];
  let from = input;
  let fromChannels = inChannels;
  for (const [index, channels] of [
    [1, middle],
    [2, outChannels],
  ] as const) {
    const convolved = `${output}.conv${index}`;
    const normalised = index === 2 ? output : `${output}.norm${index}`;
    parts.push(
      {
        kind: 'convolution',
        name: `module.${prefix}.conv${index}.module`,
        input: from,
        output: convolved,
        inChannels: fromChannels,
        outChannels: channels,
        kernel: 3,
      },
      {
        kind: 'normalisation',
        name: `module.${prefix}.norm${index}`,
        input: convolved,
        output: normalised,
        channels,
        groups: GROUPS,
        epsilon: EPSILON,
      },
    );
    from = normalised;
    fromChannels = channels;
  }
  return parts;
}

function down(step: number, input: string, inChannels: number, outChannels: number): Layer[] {
  const name = `down${step}`;
  return [
    { kind: 'maxPool', input, output: `${name}.pool`, channels: inChannels },
    ...doubleConvolution(`${name}.double_conv`, `${name}.pool`, inChannels, outChannels, outChannels, name),
  ];
}

/** The middle width of the decoder's double convolution is half its input (docs/method.md). */
function up(
  step: number,
  skip: string,
  skipChannels: number,
  below: string,
  belowChannels: number,
  outChannels: number,
): Layer[] {
  const name = `up${step}`;
  const joined = skipChannels + belowChannels;
  return [
    { kind: 'upsample', input: below, output: `${name}.upsampled`, channels: belowChannels },
    {
      kind: 'concatenate',
      inputs: [skip, `${name}.upsampled`],
      output: `${name}.joined`,
      channels: [skipChannels, belowChannels],
    },
    ...doubleConvolution(`${name}.conv`, `${name}.joined`, joined, joined / 2, outChannels, name),
  ];
}
