import type {
  PointVolume,
  RanoMeasurement,
  RanoRegion,
  SizeJudgement,
  TimePoint,
} from '../contract/followUp.js';
import { inFiles } from '../numbers.js';
import { daysBetween } from '../presentation/patients.js';
import { type PerRegion, perRegion } from '../terms.js';
import { withChanges } from './changes.js';
import { type MeasuredPoint, perRanoRegion, type Volumes } from './measurePoint.js';
import type { PlacedPoint } from './placePoint.js';
import { judgeSize, type SizeMeasure } from './response.js';

/** A time point by itself and against those before. */
export type Compared = Omit<MeasuredPoint, 'labels'> & PlacedPoint;

/** Time points as they are told, each judged against those before it. */
export function judgePoints(points: readonly Compared[]): TimePoint[] {
  const all = changesOf(points.map((one) => one.all));
  const isShared = points.every(({ common }) => common !== null);
  const common = isShared ? changesOf(points.map((one) => one.common!)) : null;
  return points.map((point, n) => {
    const { id, title, date } = point.source;
    const from = points[0].source.date;
    const { alignment } = point;
    return {
      ...{ id, title, date },
      days: from !== null && date !== null ? daysBetween(from, date) : null,
      combination: point.combination,
      used: point.used,
      isEdited: point.isEdited,
      modelHash: point.model.hash,
      all: all[n],
      common: common?.[n] ?? null,
      alignment: alignment && {
        ...alignment,
        shiftMm: inFiles(alignment.shiftMm),
        turnDegrees: inFiles(alignment.turnDegrees),
        similarity: inFiles(alignment.similarity),
      },
      difference: point.difference,
      rano: perRanoRegion((region) => measurement(points, n, region)),
      warnings: point.warnings,
    };
  });
}

function changesOf(volumes: readonly PerRegion<Volumes>[]): PerRegion<PointVolume>[] {
  const changes = perRegion((_, region) => withChanges(volumes.map((one) => one[region])));
  return volumes.map((_, n) => perRegion((_, region) => changes[region][n]));
}

function measurement(points: readonly Compared[], n: number, region: RanoRegion): RanoMeasurement {
  const { followed, alignment } = points[n];
  const hasNew = (followed[region].newMeasurable ?? 0) > 0;
  const judge = (measure: SizeMeasure): SizeJudgement => {
    const because = notComparable(points, n, region) ?? missing(points, n, region, measure);
    const sizes = points.slice(0, n + 1).map((point, at) => {
      if (notComparable(points, at, region) !== null) return null;
      return measure === 'area' ? point.followed[region].sumMm2 : usedVolume(point, region);
    });
    return judgeSize(measure, region, sizes, hasNew && alignment?.verdict === 'good', because);
  };
  return { ...followed[region], area: judge('area'), volume: judge('volume') };
}

/** Why a size may not be set against the baseline at all. */
function notComparable(points: readonly Compared[], n: number, region: RanoRegion): SizeJudgement['reason'] {
  const [first, point] = [points[0], points[n]];
  if (!first.supported[region] || !point.supported[region]) return 'not-supported';
  if (first.used !== point.used) return 'combination-changed';
  return first.model.hash === point.model.hash ? null : 'model-changed';
}

function missing(
  points: readonly Compared[],
  n: number,
  region: RanoRegion,
  measure: SizeMeasure,
): SizeJudgement['reason'] {
  if (measure === 'volume') return null;
  if (points[n].alignment?.verdict === 'failed') return 'not-aligned';
  return points[0].followed[region].targets.length === 0 ? 'no-target' : null;
}

function usedVolume(
  { all, common, used, combination, isEdited }: Compared,
  region: RanoRegion,
): number | null {
  const isByCommon = !isEdited && used !== combination;
  return (isByCommon ? common! : all)[region].ml;
}
