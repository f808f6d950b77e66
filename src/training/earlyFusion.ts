/**
 * Modality dropout with zero-filled early fusion, a baseline: one network sees all modalities as channels of one
 * input, and in training each sample loses some of them at random.
 *
 * Source of the dropout: Neverova et al., ModDrop, TPAMI 2016 (arXiv 1501.00102).
 */
import type { Tensor3 } from '../engine/engine.js';
import type { Members } from './objectives.js';
import type { SampleSource } from './source.js';
import type { StepSample } from './step.js';

/**
 * The input of an early-fusion network: (modalities, D, H, W), zeros for those that are not members.
 *
 * @param inputs per modality the volume, or null where there is none; all of one shape.
 * @param members at least one, all of them there.
 */
export function zeroFilled(inputs: StepSample['inputs'], members: Members): Tensor3 {
  const { shape } = inputs[members[0]]!;
  const voxels = shape[0] * shape[1] * shape[2];
  const data = new Float32Array(inputs.length * voxels);
  for (const m of members) data.set(inputs[m]!.data, m * voxels);
  return { data, shape };
}

/**
 * Samples for an early-fusion network, as its only input: of the modalities that a sample has, a non-empty subset
 * drawn uniformly from the sample's own random stream is left, the others are zero. A sample that has none stays empty.
 */
export function dropoutSource(source: SampleSource): SampleSource {
  return {
    async draw(random) {
      const { inputs, target } = await source.draw(random);
      const available = inputs.flatMap((input, m) => (input ? [m] : []));
      if (available.length === 0) return { inputs: [null], target };
      const kept = random.integer(1, 2 ** available.length - 1);
      const members = available.filter((_, i) => (kept & (1 << i)) !== 0);
      return { inputs: [zeroFilled(inputs, members)], target };
    },
  };
}
