import { MODALITIES, type Modality } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import type { Choice, FoundSeries } from './candidate.js';

/** Coverages and spacings that differ by less count as equal. */
const EQUAL = 0.1;

/**
 * Which series serves as each sequence. The rule, in this order: the user's choice; the one that covers more of the head along its slices
 * (10 % less counts as less); the one whose slices lie closer together (again 10 %); the one that was acquired last.
 */
export function chooseSeries(series: readonly FoundSeries[]): Partial<Record<Modality, Choice>> {
  const choices: Partial<Record<Modality, Choice>> = {};
  for (const modality of MODALITIES) {
    const claimants = series.filter((one) => one.sequence === modality && one.setAside === null);
    if (claimants.length === 0) continue;
    const winner = winnerOf(claimants);
    const rejected = claimants
      .filter((one) => one !== winner)
      .map((one) => ({ id: one.id, why: whyRejected(one, winner) }));
    choices[modality] = { winner: winner.id, rejected };
  }
  return choices;
}

function winnerOf(claimants: readonly FoundSeries[]): FoundSeries {
  const chosen = claimants.filter((one) => one.chosen);
  const eligible = chosen.length > 0 ? chosen : claimants;
  const most = Math.max(...eligible.map(coverageOf));
  const covering = eligible.filter((one) => coverageOf(one) >= most * (1 - EQUAL));
  const finest = Math.min(...covering.map(sliceSpacingOf));
  const fine = covering.filter((one) => sliceSpacingOf(one) <= finest * (1 + EQUAL));
  return fine.reduce((best, one) => (isLater(one, best) ? one : best));
}

function whyRejected(one: FoundSeries, winner: FoundSeries): string {
  if (winner.chosen && !one.chosen) return 'another was chosen by the user';
  const [mine, best] = [coverageOf(one), coverageOf(winner)];
  if (mine < best * (1 - EQUAL)) return `covers ${mine.toFixed(0)} mm, the chosen one ${best.toFixed(0)} mm`;
  const [spacing, finer] = [sliceSpacingOf(one), sliceSpacingOf(winner)];
  if (spacing > finer * (1 + EQUAL)) {
    return `its slices lie ${spacing.toFixed(1)} mm apart, those of the chosen one ${finer.toFixed(1)} mm`;
  }
  return isLater(winner, one) && acquiredOf(winner) !== acquiredOf(one)
    ? 'acquired earlier'
    : 'equal to the chosen one';
}

function isLater(one: FoundSeries, other: FoundSeries): boolean {
  if (acquiredOf(one) !== acquiredOf(other)) return acquiredOf(one) > acquiredOf(other);
  return (one.about.seriesNumber ?? 0) > (other.about.seriesNumber ?? 0);
}

function acquiredOf({ about }: FoundSeries): string {
  return about.acquired ?? '';
}

/** Millimetres from the first slice's far side to the last one's. */
function coverageOf({ grid }: FoundSeries): number {
  if (!grid) return 0;
  const axis = sliceAxis(grid.affine);
  return grid.size[axis] * voxelSpacing(grid.affine)[axis];
}

function sliceSpacingOf({ grid }: FoundSeries): number {
  return grid ? voxelSpacing(grid.affine)[sliceAxis(grid.affine)] : Number.POSITIVE_INFINITY;
}

/** The axis along which voxels are longest; the third where none is. */
function sliceAxis(affine: NonNullable<FoundSeries['grid']>['affine']): 0 | 1 | 2 {
  const spacing = voxelSpacing(affine);
  const longest = Math.max(...spacing);
  return spacing[2] >= longest * 0.99 ? 2 : (spacing.indexOf(longest) as 0 | 1);
}
