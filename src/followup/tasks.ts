import { refuseOutputInsideInput } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import type { Surroundings } from '../pipeline/context.js';
import { imageOnGrid } from '../pipeline/exportCase.js';
import type { ImageStore } from '../pipeline/questions/imageStore.js';
import { packedImage } from '../pipeline/questions/maps.js';
import type { ResultStore } from '../pipeline/resultStore.js';
import type { FollowUpPoint, TaskArguments, TaskResult } from '../pipeline/tasks.js';
import { movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import { affineOf } from '../volume/tuples.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import type { AlignedHeads } from './align.js';
import { comparedMask } from './comparedMask.js';
import { differenceOf } from './difference.js';
import { compareTimePoints } from './followUp.js';
import type { PointSource } from './timePoints.js';
import { writeFollowUp } from './write.js';

/** What the worker does for a timeline: its time points are open cases with results. */

/** Compares time points, whose results are held or made again. @throws QuorumError what `followUp` throws. */
export async function followUpTask(
  { points, by }: TaskArguments<'followUp'>,
  store: ResultStore,
  images: ImageStore,
  aligned: AlignedHeads,
  around: Surroundings,
  context: JobContext,
): Promise<TaskResult<'followUp'>> {
  const sources = points.map((point): PointSource => {
    const { id, title, date, answers, edited, source } = point;
    return {
      ...{ id, title, date, answers, edited },
      sequences: source.images.map(({ modality }) => modality),
      open: async () => {
        const result = await store.get(source);
        return { result, image: (sequence) => imageOnGrid(result, sequence, images) };
      },
    };
  });
  return (await compareTimePoints(sources, by, around, context, aligned)).report;
}

/** @throws QuorumError OUTPUT_INSIDE_INPUT, and what writing raises. */
export async function followUpExportTask(
  { report, points, folder, inputFolders, neutralNames, overwrite }: TaskArguments<'followUpExport'>,
  store: ResultStore,
  context: JobContext,
): Promise<TaskResult<'followUpExport'>> {
  await refuseOutputInsideInput(folder, inputFolders);
  const grid = gridOf(report.grid);
  const labels = (n: number) => labelsOf({ point: points[n], about: report.points[n] }, store, grid);
  const files = await writeFollowUp(report, { folder, neutralNames, overwrite, labels }, context);
  return { folder, files };
}

/** An image of a time point where it lies on the first's grid. */
export async function followUpImageTask(
  { source, sequence, toFirst, grid }: TaskArguments<'followUpImage'>,
  store: ResultStore,
  images: ImageStore,
): Promise<TaskResult<'followUpImage'>> {
  const image = await imageOnGrid(await store.get(source), sequence, images);
  const moved = toFirst ? movedTo(image, affineOf(toFirst)) : image;
  return packedImage({ ...grid, data: resample(moved, grid, { interpolation: 'linear' }) });
}

/** A time point’s mask on the first one’s grid; empty where it could not be aligned. */
export async function followUpLabelsTask(
  { point, about, grid }: TaskArguments<'followUpLabels'>,
  store: ResultStore,
): Promise<TaskResult<'followUpLabels'>> {
  const labels = await labelsOf({ point, about }, store, grid);
  return { labels: labels ?? new Uint8Array(voxelCount(grid.size)) };
}

/** Where a region differs between two time points, on the first one’s grid; empty where one could not be aligned. */
export async function followUpDifferenceTask(
  { before, after, grid, region }: TaskArguments<'followUpDifference'>,
  store: ResultStore,
): Promise<TaskResult<'followUpDifference'>> {
  const [was, is] = [await labelsOf(before, store, grid), await labelsOf(after, store, grid)];
  if (!was || !is) return { labels: new Uint8Array(voxelCount(grid.size)) };
  return { labels: differenceOf(was, is, grid, region).map };
}

async function labelsOf(
  { point, about }: { readonly point: FollowUpPoint; readonly about: Parameters<typeof comparedMask>[0] },
  store: ResultStore,
  grid: Grid,
): Promise<Uint8Array | null> {
  return comparedMask(about, await store.get(point.source), point.edited, grid);
}

function gridOf({ size, affine }: TaskArguments<'followUpExport'>['report']['grid']): Grid {
  return { size, affine: affineOf(affine) };
}
