import { volumesOf } from '../../segment/cleanUp.js';
import { labelsOnSeries } from '../../segment/onSeries.js';
import type { Modality } from '../../terms.js';
import { type ImageHeader, readHeader } from '../../volume/read.js';
import type { Affine, Volume } from '../../volume/volume.js';
import type { SourceImage } from '../extraFiles.js';
import { labelsOf } from './compareTasks.js';
import type { ResultStore } from './resultStore.js';
import type { TaskArguments, TaskResult } from './tasks.js';

const UNMOVED: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A mask on the own grid of one series that the images were prepared from. */
export interface SeriesMask {
  readonly modality: Modality;
  readonly header: ImageHeader;
  /** BraTS labels on the header's grid. */
  readonly labels: Uint8Array;
}

/**
 * The mask on every source series' own grid, one after the other.
 *
 * @throws QuorumError FILE_NOT_FOUND and what reading a header throws.
 */
export async function* seriesMasks(
  mask: Volume<Uint8Array>,
  origins: readonly SourceImage[],
): AsyncGenerator<SeriesMask> {
  for (const { modality, file, toCase } of origins) {
    const header = await readHeader(file);
    yield { modality, header, labels: labelsOnSeries(mask, { grid: header, toCase: toCase ?? UNMOVED }) };
  }
}

/** Volumes of a mask on every source series' own grid; empty where nothing was moved. */
export async function seriesVolumesTask(
  store: ResultStore,
  { source, mask }: TaskArguments<'seriesVolumes'>,
): Promise<TaskResult<'seriesVolumes'>> {
  const { grid } = await store.get(source);
  const labels = await labelsOf(store, source, mask);
  const series: TaskResult<'seriesVolumes'>['series'] = [];
  for await (const one of seriesMasks({ ...grid, data: labels }, source.origins ?? []))
    series.push({ sequence: one.modality, volumes: volumesOf(one.labels, one.header) });
  return { series };
}
