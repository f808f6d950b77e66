import { inFilesOrNull } from '../../numbers.js';
import { bitsOf, fusionOf } from '../../segment/fusion.js';
import { type ProbabilityMaps, probabilityMaps } from '../../segment/probabilities.js';
import type { Result } from '../../segment/result.js';
import { membersOf, type PerRegion, perRegion, REGIONS, type Region } from '../../terms.js';
import { writeNifti } from '../../volume/niftiWriter.js';
import type { FormatWriter } from '../format.js';
import { FILES, type Plan } from '../plan.js';

const given = (plan: Plan) => REGIONS.filter((region) => plan.given[region]);

/**
 * The fused probability of each region that is given, and the spread of the sequences' own probabilities. One sequence has no
 * spread: a map of zeros would say that it agrees with the others.
 */
export const probabilities: FormatWriter = {
  planned: (plan) => [
    ...given(plan).map((region) => FILES.probability(plan, region)),
    ...(membersOf(plan.options.combination).length > 1
      ? given(plan).map((region) => FILES.spread(plan, region))
      : []),
  ],
  write: async ({ subject, plan, stage, leaveOut, take, context }) => {
    context.report('probability maps', 0);
    const { result } = subject;
    const { grid, form } = result;
    const members = membersOf(plan.options.combination);
    const maps = probabilityMaps(
      result.logits,
      grid,
      fusionOf(result.model.description, result.present),
      bitsOf(members, result.present),
    );
    const isSeveral = members.length > 1;
    for (const region of REGIONS) {
      if (!plan.given[region]) {
        leaveOut(FILES.probability(plan, region), 'not reliable from these sequences');
        continue;
      }
      const write = async (file: string, data: Float32Array) =>
        writeNifti(await stage(file), { ...grid, data }, { form });
      await write(FILES.probability(plan, region), maps.fused[region]);
      if (isSeveral) await write(FILES.spread(plan, region), maps.spread[region]);
      else leaveOut(FILES.spread(plan, region), 'one sequence has nothing to disagree with');
    }
    take({ spread: isSeveral ? meanSpreads(maps, result, plan) : perRegion(() => null) });
  },
};

function meanSpreads(maps: ProbabilityMaps, { model }: Result, plan: Plan): PerRegion<number | null> {
  const threshold = plan.options.threshold ?? model.description.threshold;
  return perRegion((_, region) =>
    plan.given[region] ? inFilesOrNull(meanSpread(maps, region, threshold)) : null,
  );
}

/** Mean spread over the voxels of the region's mask before clean-up; null when there are none. */
function meanSpread({ fused, spread }: ProbabilityMaps, region: Region, threshold: number): number | null {
  let sum = 0;
  let voxels = 0;
  fused[region].forEach((probability, at) => {
    if (probability <= threshold) return;
    sum += spread[region][at];
    voxels++;
  });
  return voxels === 0 ? null : sum / voxels;
}
