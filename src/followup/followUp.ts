import { setImmediate } from 'node:timers/promises';
import type { FollowUpBy, FollowUpReport } from '../contract/followUp.js';
import { RESEARCH_NOTICE } from '../contract/report.js';
import { QuorumError, throwIfCancelled } from '../errors.js';
import { type JobContext, partOf } from '../jobs/context.js';
import { populationOf } from '../model/knowledgeSchema.js';
import type { Surroundings } from '../pipeline/context.js';
import { summariseGrid } from '../pipeline/inspect.js';
import {
  alignmentWarning,
  commonOf,
  DATES_UNKNOWN,
  MODELS_DIFFER,
  mixedWarning,
  openCriteria,
  treatedWarning,
} from '../presentation/followUpText.js';
import { lastInterval } from '../presentation/followUpTold.js';
import { combinationName } from '../terms.js';
import { AlignedHeads } from './align.js';
import { type Compared, judgePoints } from './judgePoints.js';
import { measurePoint, type Way } from './measurePoint.js';
import { asFirst, type FirstPoint, placeFirst, placePoint } from './placePoint.js';
import { inOrder, type PointSource } from './timePoints.js';

/** The report, and of every time point in its order the mask that was compared, on the first's grid; null where it could not be aligned. */
export interface ComparedPoints {
  readonly report: FollowUpReport;
  readonly labels: readonly (Uint8Array | null)[];
}

/**
 * Compares one patient's examinations: volumes with their change, each aligned rigidly with the first, what is new, gone and grown, and
 * the measurements of RANO 2.0. Volumes and diameters are of each mask on its own grid, never of one that was moved.
 *
 * @param sources at least two, in the order in which they were given; dates, where all are known, put them in order.
 * @param by null: by what all have where their sequences differ, else by all.
 * @param aligned heads that were aligned in a comparison before.
 * @throws QuorumError TOO_FEW_EXAMINATIONS for fewer than two, CANCELLED, and what reading results and images raises.
 */
export async function compareTimePoints(
  sources: readonly PointSource[],
  by: FollowUpBy | null,
  around: Surroundings,
  context: JobContext,
  aligned = new AlignedHeads(),
): Promise<ComparedPoints> {
  if (sources.length < 2) throw new QuorumError({ code: 'TOO_FEW_EXAMINATIONS', found: `${sources.length}` });
  const ordered = inOrder(sources);
  const way = wayOf(ordered, by);
  const points: Compared[] = [];
  let first: FirstPoint | null = null;
  for (const [n, source] of ordered.entries()) {
    // Let a cancellation through.
    await setImmediate();
    throwIfCancelled(context.signal);
    const report = partOf(context.report, n / ordered.length, (n + 1) / ordered.length);
    report('measuring', 0);
    const opened = await source.open();
    const point = await measurePoint(source, opened.result, way);
    if (first) {
      const earlier = points.map(({ labels }) => labels);
      const placed = await placePoint(first, point, opened, earlier, { ...context, report });
      points.push({ ...point, ...placed, labels: placed.labels });
    } else {
      first = asFirst(point, opened, aligned);
      points.push({ ...point, ...placeFirst(first) });
    }
  }
  return {
    labels: points.map(({ labels }) => labels),
    report: reportOf(points, way, around),
  };
}

function wayOf(points: readonly PointSource[], asked: FollowUpBy | null): Way {
  const used = points.map(({ sequences }) => combinationName(sequences));
  const common = commonOf(used);
  const isMixed = new Set(used).size > 1;
  return { common, by: common === null ? 'all' : (asked ?? (isMixed ? 'common' : 'all')) };
}

function reportOf(points: readonly Compared[], { by, common }: Way, around: Surroundings): FollowUpReport {
  const [{ model, grid }] = points;
  const { name, version } = model.description;
  return {
    application: 'quorum',
    kind: 'followup',
    format: 1,
    notice: RESEARCH_NOTICE,
    finishedAt: around.now().toISOString(),
    quorumVersion: around.quorumVersion,
    model: { name, version, hash: model.hash },
    by,
    common,
    grid: summariseGrid(grid),
    points: judgePoints(points),
    warnings: warningsOf(points, { by, common }),
    open: openCriteria(lastInterval(points.map(({ source }) => source.date))),
  };
}

function warningsOf(points: readonly Compared[], { by, common }: Way): FollowUpReport['warnings'] {
  const population = populationOf(points[0].model.description.knowledge);
  const answers = points.map(({ source }) => source.answers?.treated ?? null);
  const combinations = points.map(({ combination }) => combination);
  return [
    treatedWarning(population, answers),
    mixedWarning(combinations, common, by === 'common'),
    new Set(points.map(({ model }) => model.hash)).size > 1 ? MODELS_DIFFER : null,
    points.some(({ source }) => source.date === null) ? DATES_UNKNOWN : null,
    ...points.map(({ alignment, source }) =>
      alignment === null || alignment.verdict === 'good'
        ? null
        : alignmentWarning(source.date ?? source.title, alignment.verdict),
    ),
  ].filter((warning) => warning !== null);
}
