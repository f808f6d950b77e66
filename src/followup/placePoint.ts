import type { Alignment, Difference, RanoMeasurement, RanoRegion, TimePoint } from '../contract/followUp.js';
import type { JobContext } from '../jobs/context.js';
import { perRegion } from '../terms.js';
import { affineOf } from '../volume/tuples.js';
import type { Grid } from '../volume/volume.js';
import { type AlignedHeads, alignToFirst, onFirst, sequencesToAlign } from './align.js';
import { differenceOf } from './difference.js';
import { lesionNumbers } from './lesions.js';
import { type MeasuredPoint, perRanoRegion } from './measurePoint.js';
import { chooseTargets, firstTargets, newMeasurable, sumOf, trackTargets } from './targets.js';
import type { OpenedPoint } from './timePoints.js';

export type Followed = Pick<
  RanoMeasurement,
  'lesions' | 'measurable' | 'newMeasurable' | 'targets' | 'sumMm2'
>;

/** A time point against those before it. */
export interface PlacedPoint {
  /** Null: the first. */
  readonly alignment: Alignment | null;
  /** The mask that is compared, on the first's grid; null where it could not be aligned. */
  readonly labels: Uint8Array | null;
  readonly difference: TimePoint['difference'];
  readonly followed: Readonly<Record<RanoRegion, Followed>>;
}

/** The first time point, as the others are laid on it. */
export interface FirstPoint {
  readonly point: MeasuredPoint;
  readonly image: OpenedPoint['image'];
  readonly aligned: AlignedHeads;
  readonly targets: Readonly<Record<RanoRegion, readonly number[]>>;
  readonly numbers: Readonly<Record<RanoRegion, Uint16Array>>;
}

/** The time point that the others are aligned with: its targets, and its lesions by number. */
export function asFirst(point: MeasuredPoint, { image }: OpenedPoint, aligned: AlignedHeads): FirstPoint {
  return {
    point,
    image,
    aligned,
    targets: perRanoRegion((region) => chooseTargets(point.lesions[region])),
    numbers: perRanoRegion((region) => lesionNumbers(point.lesions[region], point.grid).data),
  };
}

/** The first time point itself: it is the measure of the others. */
export function placeFirst({ point, targets }: FirstPoint): PlacedPoint {
  const followed = (region: RanoRegion): Followed => {
    const chosen = firstTargets(targets[region], point.lesions[region]);
    return { ...counted(point, region), newMeasurable: null, targets: chosen, sumMm2: sumOf(chosen) };
  };
  return { alignment: null, labels: point.labels, difference: null, followed: perRanoRegion(followed) };
}

/**
 * Aligns a time point with the first, and follows targets and masks from those before.
 *
 * @param earlier masks of the time points before on the first's grid, the first's among them; null where one was not aligned.
 * @throws QuorumError CANCELLED, and what reading images raises.
 */
export async function placePoint(
  first: FirstPoint,
  later: MeasuredPoint,
  { image }: OpenedPoint,
  earlier: readonly (Uint8Array | null)[],
  context: JobContext,
): Promise<PlacedPoint> {
  const [a, b] = sequencesToAlign(first.point.source.sequences, later.source.sequences);
  const { grid } = first.point;
  const alignment = await alignToFirst(
    { sequence: a, image: await first.image(a), labels: first.point.labels, title: first.point.source.title },
    { sequence: b, image: await image(b), labels: later.labels, title: later.source.title },
    first.aligned,
    context,
  );
  if (alignment.verdict === 'failed')
    return {
      alignment,
      labels: null,
      difference: null,
      followed: perRanoRegion((region) => ({
        ...counted(later, region),
        ...{ newMeasurable: null, targets: [], sumMm2: null },
      })),
    };
  const toFirst = affineOf(alignment.toFirst);
  const labels = onFirst({ ...later.grid, data: later.labels }, toFirst, grid);
  const before = earlier.filter((one) => one !== null);
  const followed = (region: RanoRegion): Followed => {
    const lesions = later.lesions[region];
    const numbers = onFirst(lesionNumbers(lesions, later.grid), toFirst, grid);
    const from = { lesions: first.point.lesions[region], numbers: first.numbers[region] };
    const targets = trackTargets(first.targets[region], from, { lesions, numbers });
    return {
      ...counted(later, region),
      newMeasurable: later.supported[region] ? newMeasurable({ lesions, numbers }, region, before) : null,
      targets,
      sumMm2: later.supported[region] ? sumOf(targets) : null,
    };
  };
  return {
    alignment,
    labels,
    difference: {
      baseline: differences(before[0], labels, grid),
      previous: differences(before.at(-1)!, labels, grid),
    },
    followed: perRanoRegion(followed),
  };
}

function counted({ lesions, supported }: MeasuredPoint, region: RanoRegion) {
  if (!supported[region]) return { lesions: null, measurable: null };
  const there = lesions[region];
  return { lesions: there.length, measurable: there.filter(({ isMeasurable }) => isMeasurable).length };
}

function differences(
  before: Uint8Array,
  after: Uint8Array,
  grid: Grid,
): Record<'WT' | 'TC' | 'ET', Difference> {
  return perRegion((_, region) => differenceOf(before, after, grid, region).ml);
}
