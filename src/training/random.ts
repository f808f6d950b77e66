import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers that its seed decides. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Normal with this mean and standard deviation. */
  normal(mean?: number, deviation?: number): number;
  /** 0..count−1 in random order. */
  permutation(count: number): number[];
}

/**
 * The stream named by a seed and a path such as (step, sample): every place in a training run has its own, so that
 * a resumed run draws what an uninterrupted one would have drawn, without any state to keep.
 */
export function randomStream(seed: number, ...path: readonly number[]): Random {
  const generator = xoroshiro128plus(path.reduce(mix, mix(0x9e3779b9, seed)));
  const uniform = (low: number, high: number): number => low + (high - low) * uniformFloat64(generator);
  const integer = (low: number, high: number): number => uniformInt(generator, low, high);
  return {
    uniform,
    integer,
    chance: (probability) => uniform(0, 1) < probability,
    normal: (mean = 0, deviation = 1) => {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform(0, 1)));
      return mean + deviation * radius * Math.cos(2 * Math.PI * uniform(0, 1));
    },
    permutation: (count) => {
      const order = Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = integer(0, i);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}

/** MurmurHash3's 32-bit step with its finaliser (Appleby, public domain). */
function mix(hash: number, value: number): number {
  let k = Math.imul(value | 0, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  let h = hash ^ k;
  h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
