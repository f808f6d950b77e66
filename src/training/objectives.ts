import type { Random } from './random.js';

/** Indices into the model's modality list, ascending. */
export type Members = readonly number[];

/**
 * Which losses a step has (docs/method.md): one per combination, one per modality alone, or `count` combinations
 * drawn anew at each step.
 */
export type ObjectiveChoice =
  | { readonly kind: 'subsets' }
  | { readonly kind: 'singles' }
  | { readonly kind: 'sampled'; readonly count: number }
  /** The modalities alone, and `count` of the larger combinations drawn anew at each step. */
  | { readonly kind: 'singles+sampled'; readonly count: number };

/** One loss of a step, after samples that lack modalities have been taken into account. */
export interface StepObjective {
  /** The objectives that this one stands for: those that ask the same of every sample. */
  readonly sources: readonly Members[];
  /** Per sample the modalities that are fused; empty where the sample takes no part. */
  readonly members: readonly Members[];
}

/**
 * All non-empty subsets of 0..count−1: largest first, lexicographic within a size.
 *
 * @param count number of modalities M.
 */
export function subsets(count: number): number[][] {
  const items = Array.from({ length: count }, (_, i) => i);
  return items.flatMap((removed) => choose(items, count - removed));
}

/** The objectives of one step. `random` is used by those that draw, without replacement. */
export function chooseObjectives(choice: ObjectiveChoice, modalityCount: number, random: Random): number[][] {
  if (choice.kind === 'singles') return Array.from({ length: modalityCount }, (_, m) => [m]);
  const all = subsets(modalityCount);
  if (choice.kind === 'subsets') return all;
  const singles = choice.kind === 'singles+sampled' ? modalityCount : 0;
  const larger = all.length - singles;
  const alone = Array.from({ length: singles }, (_, i) => larger + i);
  const drawn = [...random.permutation(larger).slice(0, choice.count), ...alone];
  return drawn.sort((a, b) => a - b).map((index) => all[index]);
}

/**
 * Restricts every objective S to what each sample has, S∩A (docs/method.md). A sample with empty S∩A takes no part in S,
 * an objective without any sample leaves the step, and objectives that have become identical are merged into one.
 *
 * @param objectives from `chooseObjectives`.
 * @param available per sample the modalities that it has.
 */
export function restrictObjectives(
  objectives: readonly Members[],
  available: readonly Members[],
): StepObjective[] {
  const merged = new Map<string, { sources: Members[]; members: Members[] }>();
  for (const objective of objectives) {
    const members = available.map((has) => objective.filter((m) => has.includes(m)));
    if (members.every((m) => m.length === 0)) continue;
    const key = members.map((m) => m.join('+')).join('|');
    const same = merged.get(key);
    if (same) same.sources.push(objective);
    else merged.set(key, { sources: [objective], members });
  }
  return [...merged.values()];
}

function choose(items: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => choose(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}
