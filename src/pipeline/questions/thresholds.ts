import type { CaseCombination } from '../../contract/results.js';
import { membersOfBits } from '../../segment/fusion.js';
import { isModelThreshold, makeResult } from '../../segment/result.js';
import { combinationName } from '../../terms.js';
import { findingsOf } from '../findings.js';
import type { HeldResult } from '../resultStore.js';

/**
 * Results at another threshold than their model's: all combinations' masks made again from the logits, so that every question
 * about a result can be asked of them. The last one is held.
 */
export class Thresholds {
  private last: { of: HeldResult; threshold: number; made: Promise<HeldResult> } | null = null;

  /** @param threshold null is the model's: the result itself. */
  of(held: HeldResult, threshold: number | null): Promise<HeldResult> {
    if (threshold === null || isModelThreshold(held, threshold)) return Promise.resolve(held);
    if (this.last?.of !== held || this.last.threshold !== threshold) {
      const made = moved(held, threshold);
      this.last = { of: held, threshold, made };
      made.catch(() => {
        if (this.last?.made === made) this.last = null;
      });
    }
    return this.last.made;
  }

  /** The result at this threshold where it is held, else the result at the model's. */
  heldFor(held: HeldResult, threshold: number | null): Promise<HeldResult> {
    const isLast = this.last?.of === held && this.last.threshold === threshold;
    return isLast ? this.of(held, threshold) : Promise.resolve(held);
  }

  clear(): void {
    this.last = null;
  }
}

async function moved(held: HeldResult, threshold: number): Promise<HeldResult> {
  const model = { ...held.model, description: { ...held.model.description, threshold } };
  return { ...(await makeResult(model, held.grid, held.form, held.logits)), source: held.source };
}

/**
 * What was found in every combination whose mask is held.
 *
 * @param isMoved the result is at another threshold than its model's: what was measured at the model's alone is not known.
 */
export function describeCombinations(
  { present, patterns, masks, grid, model }: HeldResult,
  isMoved = false,
): Record<string, CaseCombination> {
  return Object.fromEntries(
    [...masks].map(([bits, { labels, specks }]) => {
      const members = membersOfBits(bits, present);
      const found = { labels, specks, members, patterns, isMoved };
      return [combinationName(members), findingsOf(found, present, grid, model.description)];
    }),
  );
}
