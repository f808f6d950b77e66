/** Options by which training/torch does what `quorum train` does: one cut-out a step, every combination an objective, nothing beside. */
export const AS_QUORUM_TRAIN = {
  channels: '8,16,32,64,128',
  brains: 0,
  cubes: 1,
  augmentation: 'none',
  schedule: 'constant',
  'warm-up': 1,
  beta2: 0.999,
  decay: 0,
  clip: 0,
  ema: 0,
  'fusion-rate': 0,
  k: 15,
  'log-every': 1,
};

/** As arguments of the command. */
export function torchArguments(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
