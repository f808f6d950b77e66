import { runsOfMask } from '../../masks/runs.js';
import { volumesOfRuns } from '../../masks/volumes.js';
import { maskOf } from '../../segment/result.js';
import { readLabelMap } from '../../volume/read.js';
import type { Grid } from '../../volume/volume.js';
import { summariseGrid } from '../inspect.js';
import type { ResultStore } from '../resultStore.js';
import type { TaskArguments, TaskResult } from '../tasks.js';
import type { Thresholds } from './thresholds.js';

/** Masks as they are shown, each made ready once for as long as it is held. */
export class ShownMasks {
  private readonly ready = new WeakMap<Uint8Array, TaskResult<'labels'>>();
  private readonly store: ResultStore;
  private readonly thresholds: Thresholds;

  constructor(store: ResultStore, thresholds: Thresholds) {
    this.store = store;
    this.thresholds = thresholds;
  }

  async get({ source, mask }: TaskArguments<'labels'>): Promise<TaskResult<'labels'>> {
    const held = await this.store.get(source);
    if (mask.kind === 'labels') return this.show(mask.labels, held.grid);
    const { combination, threshold, keepSpecks } = mask;
    const from = await this.thresholds.heldFor(held, threshold);
    return this.show((await maskOf(from, combination, threshold, keepSpecks)).labels, held.grid);
  }

  private show(labels: Uint8Array, grid: Grid): TaskResult<'labels'> {
    const found = this.ready.get(labels);
    if (found) return found;
    const runs = runsOfMask(labels);
    const made = { runs, header: { grid: summariseGrid(grid), volumes: volumesOfRuns(runs, grid) } };
    this.ready.set(labels, made);
    return made;
  }
}

/** What clean-up removed from a combination's mask. */
export async function specksTask(
  store: ResultStore,
  { source, combination }: TaskArguments<'specks'>,
): Promise<TaskResult<'specks'>> {
  const { specks } = await maskOf(await store.get(source), combination, null, false);
  return specks.map(({ voxels, labels }) => ({ voxels, labels }));
}

/** The brain mask of a file. @throws QuorumError what reading it throws. */
export async function brainTask({ file }: TaskArguments<'brain'>): Promise<TaskResult<'brain'>> {
  return { labels: (await readLabelMap(file)).data };
}
