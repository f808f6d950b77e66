/** What the app says of a logged mask: its warnings and ratings follow from the logged numbers, by the cut-offs of today. */

import { type ImageFacts, imageWarningsBy } from '../../../src/checks/imageWarnings.js';
import type { Warning } from '../../../src/contract/results.js';
import { ratingsOf, type Trust } from '../../../src/contract/trust.js';
import { expectationOf } from '../../../src/model/expectedDice.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { supports } from '../../../src/model/support.js';
import { combinationWarnings } from '../../../src/pipeline/findings.js';
import { type Combination, membersOf, type PerRegion, perRegion } from '../../../src/terms.js';

/** One region of one mask, against the truth. */
export interface RegionScore {
  /** Null where the patient does not have it. */
  readonly dice: number | null;
  readonly ml: number;
  readonly trueMl: number;
  readonly falseMl: number;
}

/** A mask, scored, with the numbers that all that is said of it follows from. */
export interface Measured {
  readonly combination: Combination;
  readonly regions: PerRegion<RegionScore>;
  readonly agreement: PerRegion<number | null>;
  /** Dice with each member's mask alone. */
  readonly alone: PerRegion<readonly number[] | null>;
  readonly enhancingLesions: number;
  readonly facts: ImageFacts;
  /** Of the processor: of the checks that need no mask, and of those that do. */
  readonly seconds: readonly [look: number, after: number];
}

/** What was changed in which brain: a row of the logs of `failures.ts` and `silent.ts`. */
export interface ChangedBrain {
  readonly set: string;
  readonly name: string;
  readonly side: string;
  readonly kind: string;
  readonly strength: number;
  readonly what: string;
}

/** A row of the log of `silent.ts`. */
export interface SilentRow extends Measured, ChangedBrain {}

export interface RatedRegion extends RegionScore {
  readonly supported: boolean;
  readonly agreement: number | null;
  readonly rating: Trust['rating'];
}

export interface RatedRow extends Omit<SilentRow, 'regions' | 'agreement'> {
  readonly regions: PerRegion<RatedRegion>;
  /** Codes, with the check or region where a code has several. */
  readonly warnings: readonly string[];
}

/** Made of one half of a brain and its mirror image: that they look mirrored is no finding. */
const SYMMETRIC = ['no tumour', 'metastases', 'dural mass', 'stroke'];

export function rated(row: SilentRow, { knowledge }: Pick<ModelDescription, 'knowledge'>): RatedRow {
  const members = membersOf(row.combination);
  const { agreement, alone, enhancingLesions } = row;
  const volumes = perRegion((_, region) => {
    const { ml } = row.regions[region];
    return {
      ...{ ml, range: null, supported: supports(knowledge, row.combination, region) },
      expected: expectationOf(knowledge, region, { members, agreement: agreement[region], ml }),
    };
  });
  const ofMask = combinationWarnings(members, { volumes, agreement, alone, enhancingLesions }, knowledge);
  const ofImages = imageWarningsBy(row.facts, { knowledge }).filter(
    ({ code }) => code !== 'IMAGES_DO_NOT_FIT' || !SYMMETRIC.includes(row.kind) || row.set === 'atlas',
  );
  const ratings = ratingsOf({ volumes, warnings: ofMask }, ofImages);
  return {
    ...row,
    regions: perRegion((_, region) => ({
      ...row.regions[region],
      supported: volumes[region].supported,
      agreement: agreement[region],
      rating: ratings[region]?.rating ?? 'unknown',
    })),
    warnings: [...ofImages, ...ofMask].map(nameOf),
  };
}

function nameOf(warning: Warning): string {
  const { code } = warning;
  return 'check' in warning
    ? `${code} ${warning.check}`
    : 'region' in warning
      ? `${code} ${warning.region}`
      : code;
}
