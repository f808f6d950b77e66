import type { CaseReport } from '../contract/report.js';
import { volumesOf } from '../masks/volumes.js';
import { supports } from '../model/support.js';
import { inFiles, isGiven } from '../numbers.js';
import { maskOf, type Result } from '../segment/result.js';
import { allCombinations, combinationName, perRegion } from '../terms.js';

/**
 * ml of every subset of a result's sequences, each from its own mask after clean-up: what cases with different sequences are compared
 * by. Numbers that a subset does not support are null unless guesses are asked for.
 */
export async function subsetVolumes(
  result: Result,
  {
    threshold,
    keepSpecks,
    unsupported,
  }: { readonly threshold: number | null; readonly keepSpecks: boolean; readonly unsupported: boolean },
): Promise<NonNullable<CaseReport['subsets']>> {
  const { present, grid, model } = result;
  const subsets: NonNullable<CaseReport['subsets']> = {};
  for (const name of allCombinations(present).map(combinationName)) {
    const { labels } = await maskOf(result, name, threshold, keepSpecks);
    const ml = volumesOf(labels, grid);
    subsets[name] = perRegion((_, region) => {
      const supported = supports(model.description.knowledge, name, region);
      return { ml: isGiven(supported, unsupported) ? inFiles(ml[region]) : null, supported };
    });
    // Nothing waits for all of them.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return subsets;
}
