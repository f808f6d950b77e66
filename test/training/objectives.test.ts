import { describe, expect, it } from 'vitest';
import { allCombinations, MODALITIES } from '../../src/terms.js';
import { chooseObjectives, restrictObjectives, subsets } from '../../src/training/objectives.js';
import { randomStream } from '../../src/training/random.js';

const NAMES = (sets: readonly (readonly number[])[]) => sets.map((set) => set.join('')).join(' ');

describe('objectives', () => {
  it('lists the 15 combinations in the order of the reference numbers', () => {
    expect(NAMES(subsets(4))).toBe('0123 012 013 023 123 01 02 03 12 13 23 0 1 2 3');
    expect(subsets(4).map((set) => set.map((m) => MODALITIES[m]))).toEqual(allCombinations());
    expect(NAMES(subsets(3))).toBe('012 01 02 12 0 1 2');
  });

  it('draws k different combinations, each about equally often, 25 passes a step on average at k = 5', () => {
    const counts = new Map<string, number>();
    let passes = 0;
    for (let step = 0; step < 3000; step++) {
      const drawn = chooseObjectives({ kind: 'sampled', count: 5 }, 4, randomStream(1, step));
      expect(new Set(drawn.map((set) => set.join())).size).toBe(5);
      passes += 4 + 2 * drawn.reduce((sum, set) => sum + set.length, 0);
      for (const set of drawn) counts.set(set.join(), (counts.get(set.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(15);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(passes / 3000).toBeCloseTo(25.3, 0);
  });

  it('has every single at each step and k of the larger, where asked', () => {
    const seen = new Set<string>();
    for (let step = 0; step < 200; step++) {
      const drawn = chooseObjectives({ kind: 'singles+sampled', count: 3 }, 4, randomStream(2, step));
      expect(NAMES(drawn).endsWith('0 1 2 3')).toBe(true);
      expect(new Set(drawn.map((set) => set.join())).size).toBe(7);
      for (const set of drawn.slice(0, 3)) seen.add(set.join());
    }
    expect(seen.size).toBe(11);
  });

  it('uses S∩A for a sample that lacks modalities, leaves out the empty and merges the identical', () => {
    const restricted = restrictObjectives(subsets(4), [[0, 3]]);
    expect(restricted.map((o) => NAMES(o.members))).toEqual(['03', '0', '3']);
    expect(restricted.map((o) => o.sources.length)).toEqual([4, 4, 4]);
    expect(NAMES(restricted[1].sources)).toBe('012 01 02 0');
  });

  it('keeps objectives apart that differ on any sample of the batch', () => {
    const restricted = restrictObjectives(subsets(4), [[0, 1, 2, 3], [1]]);
    expect(restricted).toHaveLength(15);
    const t2Alone = restricted.find((o) => NAMES(o.sources) === '2')!;
    expect(t2Alone.members).toEqual([[2], []]);
  });

  it('leaves out an objective that no sample can serve', () => {
    const restricted = restrictObjectives(chooseObjectives({ kind: 'singles' }, 4, randomStream(0)), [
      [0, 3],
      [1, 3],
    ]);
    expect(NAMES(restricted.flatMap((o) => o.sources))).toBe('0 1 3');
  });
});
