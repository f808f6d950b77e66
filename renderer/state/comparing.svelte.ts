import type { Combination, Modality, Region } from '../../src/terms.js';
import { Live } from './live.svelte.js';

export type Factors = Readonly<Partial<Record<Modality, number>>>;
export type CompareMap = 'none' | 'disagreement' | 'spread' | 'decidedBy' | 'faders';
const MOST_TILES = 4;

/** What the Compare view looks at. */
export class Comparing {
  region = $state<Region>('WT');
  /** Combinations side by side, the one clicked last at the end. */
  tiles = $state.raw<readonly Combination[]>([]);
  map = $state<CompareMap>('none');
  /** What the faders multiply the model's weights by. */
  readonly factors: Live<Factors>;
  /** Id of the named mask that serves as truth, or null. */
  truth = $state<string | null>(null);

  constructor(explore: (factors: Factors) => Promise<unknown>) {
    this.factors = new Live<Factors>({}, explore);
  }

  reset(all: Combination): void {
    this.tiles = [all];
    this.map = 'none';
    this.factors.set({});
  }

  /** The combination that a map of several sequences is of: the last one clicked that has two or more, otherwise all. */
  several(all: Combination): Combination {
    return this.tiles.findLast((name) => name.includes('+')) ?? all;
  }

  /** Shows one combination alone. */
  only(combination: Combination): void {
    this.tiles = [combination];
  }

  /** Adds a combination beside the others, or takes it away; the oldest makes room. */
  toggle(combination: Combination): void {
    const without = this.tiles.filter((name) => name !== combination);
    if (without.length < this.tiles.length) this.tiles = without.length > 0 ? without : this.tiles;
    else this.tiles = [...this.tiles, combination].slice(-MOST_TILES);
  }
}
