import type { ActivationName, Layer } from '../../network/layers.js';

/** Where an activation lies: as channels of its own volume or of the concatenation that it is part of. */
export interface Place {
  readonly volume: ActivationName;
  /** First channel within that volume. */
  readonly first: number;
  readonly channels: number;
  /** How often the sides have been halved. */
  readonly level: number;
}

/** Storage of all blocked activations: `input` and `logits` are kept otherwise. */
export interface StoragePlan {
  readonly places: ReadonlyMap<ActivationName, Place>;
  /** Number of different levels. */
  readonly levels: number;
  /** Per volume the index of the last layer that reads or writes any part of it. */
  readonly lastUse: ReadonlyMap<ActivationName, number>;
}

/** The layers' activations in volumes of their own, except that what is concatenated is written side by side at once. */
export function planStorage(layers: readonly Layer[]): StoragePlan {
  const joined = new Map<ActivationName, { volume: ActivationName; first: number }>();
  for (const layer of layers) {
    if (layer.kind !== 'concatenate') continue;
    joined.set(layer.inputs[0], { volume: layer.output, first: 0 });
    joined.set(layer.inputs[1], { volume: layer.output, first: layer.channels[0] });
  }
  const places = new Map<ActivationName, Place>();
  const levels = new Map<ActivationName, number>([['input', 0]]);
  for (const layer of layers) {
    const level = (levels.get(inputsOf(layer)[0]) ?? 0) + levelChange(layer);
    levels.set(layer.output, level);
    const own = { volume: layer.output, first: 0 };
    places.set(layer.output, { ...(joined.get(layer.output) ?? own), channels: channelsOf(layer), level });
  }
  const lastUse = new Map<ActivationName, number>();
  layers.forEach((layer, index) => {
    for (const name of [layer.output, ...inputsOf(layer)]) {
      const place = places.get(name);
      if (place) lastUse.set(place.volume, index);
    }
  });
  return { places, levels: Math.max(...levels.values()) + 1, lastUse };
}

function inputsOf(layer: Layer): readonly ActivationName[] {
  return layer.kind === 'concatenate' ? layer.inputs : [layer.input];
}

function levelChange(layer: Layer): number {
  if (layer.kind === 'maxPool') return 1;
  return layer.kind === 'upsample' ? -1 : 0;
}

function channelsOf(layer: Layer): number {
  if (layer.kind === 'convolution') return layer.outChannels;
  return layer.kind === 'concatenate' ? layer.channels[0] + layer.channels[1] : layer.channels;
}
