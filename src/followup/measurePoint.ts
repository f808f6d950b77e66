import { editSupports } from '../contract/edits.js';
import {
  type FollowUpBy,
  type PointVolume,
  RANO_REGIONS,
  type RanoRegion,
  type TimePoint,
} from '../contract/followUp.js';
import { reportWarning } from '../contract/warnings.js';
import { volumesOf } from '../masks/volumes.js';
import { supports } from '../model/support.js';
import { inFiles } from '../numbers.js';
import { findingsOf } from '../pipeline/findings.js';
import { maskOf, type Result } from '../segment/result.js';
import { type Combination, combinationName, membersOf, type PerRegion, perRegion } from '../terms.js';
import type { Grid } from '../volume/volume.js';
import { type Lesion, lesionsOf } from './lesions.js';
import type { PointSource } from './timePoints.js';

export type Volumes = Omit<PointVolume, 'fromBaseline' | 'fromNadir'>;

/** What is known of a time point by itself. */
export interface MeasuredPoint {
  readonly source: PointSource;
  readonly model: Result['model'];
  /** All its sequences, and those that its mask is made from. */
  readonly combination: Combination;
  readonly used: Combination;
  readonly isEdited: boolean;
  readonly grid: Grid;
  /** The mask that is compared, BraTS labels. */
  readonly labels: Uint8Array;
  readonly supported: PerRegion<boolean>;
  readonly all: PerRegion<Volumes>;
  readonly common: PerRegion<Volumes> | null;
  readonly warnings: TimePoint['warnings'];
  /** Of that mask; empty where the region is not supported. */
  readonly lesions: Readonly<Record<RanoRegion, readonly Lesion[]>>;
}

/** How all time points are compared. */
export interface Way {
  readonly by: FollowUpBy;
  /** The sequences that all have; null: none. */
  readonly common: Combination | null;
}

/** Everything that is measured on a time point's own grid. */
export async function measurePoint(
  source: PointSource,
  result: Result,
  { by, common }: Way,
): Promise<MeasuredPoint> {
  const { grid, model } = result;
  const combination = combinationName(source.sequences);
  const automatic = await findIn(result, combination);
  const shared = common === null || common === combination ? automatic : await findIn(result, common);
  const corrected = source.edited && edited(source.edited, result);
  const compared = by === 'common' ? shared : (corrected ?? automatic);
  const supported = perRegion((_, region) => compared.volumes[region].supported);
  const lesions = (region: RanoRegion) =>
    supported[region] ? lesionsOf({ ...grid, data: compared.labels }, region) : [];
  return {
    ...{ source, model, combination, grid, supported },
    used: by === 'common' ? common! : combination,
    isEdited: by === 'all' && corrected !== null,
    labels: compared.labels,
    all: (corrected ?? automatic).volumes,
    common: common === null ? null : shared.volumes,
    warnings: compared.warnings,
    lesions: perRanoRegion(lesions),
  };
}

/** One value for each region that RANO 2.0 is measured on. */
export function perRanoRegion<T>(value: (region: RanoRegion) => T): Record<RanoRegion, T> {
  return Object.fromEntries(RANO_REGIONS.map((region) => [region, value(region)])) as Record<RanoRegion, T>;
}

interface Found {
  readonly labels: Uint8Array;
  readonly volumes: PerRegion<Volumes>;
  readonly warnings: TimePoint['warnings'];
}

async function findIn(result: Result, combination: Combination): Promise<Found> {
  const { labels, specks } = await maskOf(result, combination, null, false);
  const { grid, present, model, patterns } = result;
  const members = membersOf(combination);
  const found = findingsOf({ labels, specks, members, patterns }, present, grid, model.description);
  return {
    labels,
    volumes: perRegion((_, r) => {
      const { ml, supported, range } = found.volumes[r];
      return volume(ml, supported, range);
    }),
    warnings: found.warnings.map(reportWarning),
  };
}

/** A mask that was corrected by hand: no range was measured for it. */
function edited({ labels, state }: NonNullable<PointSource['edited']>, { grid, model }: Result): Found {
  const ml = volumesOf(labels, grid);
  const { knowledge } = model.description;
  return {
    labels,
    volumes: perRegion((_, r) =>
      volume(
        ml[r],
        editSupports(state, (name) => supports(knowledge, name, r)),
        null,
      ),
    ),
    warnings: [],
  };
}

function volume(ml: number, supported: boolean, range: Volumes['range']): Volumes {
  return {
    ml: supported ? inFiles(ml) : null,
    supported,
    range: supported && range ? { lower: inFiles(range.lower), upper: inFiles(range.upper) } : null,
  };
}
