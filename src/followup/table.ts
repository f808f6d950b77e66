import { type FollowUpReport, RANO_REGIONS, type RanoRegion, type TimePoint } from '../contract/followUp.js';
import type { Cell, Table } from '../presentation/table.js';
import { REGIONS, type Region } from '../terms.js';

const RANO_COLUMNS = [
  'lesions',
  'measurable_lesions',
  'new_measurable_lesions',
  'targets',
  'sum_of_products_mm2',
  'area_from_baseline_percent',
  'area_from_nadir_percent',
  'area_suggestion',
  'area_reason',
  'volume_suggestion',
  'volume_reason',
] as const;

const COLUMNS = [
  'time_point',
  'name',
  'date',
  'days',
  'sequences',
  'sequences_used',
  'edited_by_hand',
  'region',
  'volume_ml',
  'range_lower_ml',
  'range_upper_ml',
  'from_baseline_percent',
  'from_baseline_lower_percent',
  'from_baseline_upper_percent',
  'from_nadir_percent',
  'common_sequences',
  'common_volume_ml',
  'common_from_baseline_percent',
  'common_from_nadir_percent',
  'unchanged_ml',
  'grown_ml',
  'new_ml',
  'gone_ml',
  'unchanged_previous_ml',
  'grown_previous_ml',
  'new_previous_ml',
  'gone_previous_ml',
  'alignment',
  'shift_mm',
  'turn_degrees',
  ...RANO_COLUMNS,
  'model_hash',
  'quorum_version',
  'notice',
] as const;

/** One row for each time point and region, the header first. Differences are against the first, and against the time point before. */
export function followUpTable(report: FollowUpReport): Table {
  const { quorumVersion, notice } = report;
  const rows = report.points.flatMap((point, n) =>
    REGIONS.map((region): Cell[] => [
      ...[n + 1, point.title, point.date, point.days, point.combination, point.used],
      ...[point.isEdited ? 'yes' : 'no', region],
      ...volumes(point, region),
      ...[report.common, ...common(point, region)],
      ...differences(point, region, 'baseline'),
      ...differences(point, region, 'previous'),
      ...alignment(point, n),
      ...(RANO_REGIONS.includes(region as RanoRegion)
        ? rano(point, region as RanoRegion)
        : RANO_COLUMNS.map(() => null)),
      ...[point.modelHash, quorumVersion, notice],
    ]),
  );
  return [[...COLUMNS], ...rows];
}

function volumes({ all }: TimePoint, region: Region): Cell[] {
  const { ml, range, fromBaseline, fromNadir } = all[region];
  return [
    ...[ml, range?.lower ?? null, range?.upper ?? null],
    ...[fromBaseline?.percent ?? null, fromBaseline?.lower ?? null, fromBaseline?.upper ?? null],
    fromNadir?.percent ?? null,
  ];
}

function common({ common: of }: TimePoint, region: Region): Cell[] {
  const { ml = null, fromBaseline = null, fromNadir = null } = of?.[region] ?? {};
  return [ml, fromBaseline?.percent ?? null, fromNadir?.percent ?? null];
}

function differences({ difference }: TimePoint, region: Region, against: 'baseline' | 'previous'): Cell[] {
  const of = difference?.[against][region];
  return [of?.unchangedMl ?? null, of?.grownMl ?? null, of?.newMl ?? null, of?.goneMl ?? null];
}

function alignment({ alignment: found }: TimePoint, n: number): Cell[] {
  if (!found) return [n === 0 ? 'first' : null, null, null];
  return found.verdict === 'failed'
    ? ['failed', null, null]
    : [found.verdict, found.shiftMm, found.turnDegrees];
}

function rano({ rano: of }: TimePoint, region: RanoRegion): Cell[] {
  const { lesions, measurable, newMeasurable, targets, sumMm2, area, volume } = of[region];
  const diameters = targets
    .filter(({ longestMm }) => longestMm !== null)
    .map(({ target, longestMm, perpendicularMm }) => `${target}: ${longestMm} x ${perpendicularMm}`);
  return [
    ...[lesions, measurable, newMeasurable, diameters.join('; ') || null, sumMm2],
    ...[area.fromBaseline, area.fromNadir, area.suggestion, area.reason],
    ...[volume.suggestion, volume.reason],
  ];
}
