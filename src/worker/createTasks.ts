import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { LogitsCache } from '../kept/logitsCache.js';
import { runsOfMask } from '../masks/runs.js';
import type { CaseSource } from '../pipeline/caseSource.js';
import type { JobContext, Surroundings } from '../pipeline/context.js';
import { exportTask, reportTask } from '../pipeline/exportCase.js';
import { summariseGrid } from '../pipeline/inspect.js';
import { openCandidateTask, openSeriesTask, scanTask } from '../pipeline/open/scan.js';
import { prepareTask } from '../pipeline/prepare.js';
import {
  BlobTasks,
  compareTask,
  differenceTask,
  readMaskTask,
  scoresTask,
  seriesVolumesTask,
} from '../pipeline/questions/compare.js';
import {
  decidedByTask,
  disagreementTask,
  exploreTask,
  ImageStore,
  imageTask,
  probabilityTask,
  voxelTask,
} from '../pipeline/questions/maps.js';
import { describeCombinations, Thresholds } from '../pipeline/questions/thresholds.js';
import { thumbnail } from '../pipeline/questions/thumbnail.js';
import { maskOf } from '../pipeline/result.js';
import { ResultStore } from '../pipeline/results.js';
import { segmentTask } from '../pipeline/segment.js';
import { SURROUNDINGS } from '../pipeline/surroundings.js';
import type { TaskArguments, TaskName, TaskResult } from '../pipeline/tasks.js';
import { volumesOf } from '../segment/cleanUp.js';
import { readLabelMap } from '../volume/read.js';
import type { Grid } from '../volume/volume.js';

export type Tasks = {
  [T in TaskName]: (
    taskArguments: TaskArguments<T>,
    context: JobContext,
  ) => Promise<TaskResult<T>> | TaskResult<T>;
};

/**
 * The worker's tasks over its own memory.
 *
 * @param cacheFolder where logits are cached.
 * @param launch tests a device in a process of its own.
 * @param around clock and identifiers of what is written.
 */
export function createTasks(
  cacheFolder: string,
  launch: SelfTestLauncher,
  around: Surroundings = SURROUNDINGS,
): Tasks {
  const cache = new LogitsCache(cacheFolder);
  const store = new ResultStore(cache);
  const images = new ImageStore();
  const blobs = new BlobTasks();
  const thresholds = new Thresholds();
  const at = async ({ source, threshold }: { source: CaseSource; threshold: number | null }) =>
    thresholds.of(await store.get(source), threshold);
  const shown = maskShower();
  return {
    openSeries: openSeriesTask,
    prepare: prepareTask,
    brain: async ({ file }) => ({ labels: (await readLabelMap(file)).data }),
    segment: (args, context) => segmentTask(args, { store, cache, launch }, context),
    export: (args, context) => exportTask(args, store, images, around, context),
    report: (args) => reportTask(args, store, images, around),
    labels: async ({ source, mask }) => {
      const held = await store.get(source);
      if (mask.kind === 'labels') return shown(mask.labels, held.grid);
      const { combination, threshold, keepSpecks } = mask;
      const from = await thresholds.heldFor(held, threshold);
      return shown((await maskOf(from, combination, threshold, keepSpecks)).labels, held.grid);
    },
    specks: async ({ source, combination }) =>
      (await maskOf(await store.get(source), combination, null, false)).specks.map(({ voxels, labels }) => ({
        voxels,
        labels,
      })),
    combinations: async (args) => describeCombinations(await at(args), true),
    disagreement: async (args) => disagreementTask(await at(args), args),
    decidedBy: async (args) => decidedByTask(await at(args), args),
    probability: async (args) => probabilityTask(await store.get(args.source), args),
    explore: async (args) => exploreTask(await store.get(args.source), args),
    voxel: (args) => voxelTask(store, images, args),
    difference: (args) => differenceTask(store, args),
    compare: (args) => compareTask(store, args),
    seriesVolumes: (args) => seriesVolumesTask(store, args),
    scores: async (args) => scoresTask(store, await at(args), args),
    blobs: async (args) => blobs.list(await store.get(args.source), args),
    blobAnswer: async (args) => blobs.answer(await store.get(args.source), args),
    image: ({ file }) => imageTask(images, file),
    thumbnail: async ({ file }) => ({ png: thumbnail(await images.get(file)) }),
    readMask: readMaskTask,
    scan: scanTask,
    openCandidate: openCandidateTask,
    drop: ({ images: dropped }) => {
      store.drop(dropped);
      images.clear();
      blobs.clear();
      thresholds.clear();
      return null;
    },
  };
}

/** Masks as they are shown, each made ready once for as long as it is held. */
function maskShower(): (labels: Uint8Array, grid: Grid) => TaskResult<'labels'> {
  const ready = new WeakMap<Uint8Array, TaskResult<'labels'>>();
  return (labels, grid) => {
    const found = ready.get(labels);
    if (found) return found;
    const header = { grid: summariseGrid(grid), volumes: volumesOf(labels, grid) };
    const made = { runs: runsOfMask(labels), header };
    ready.set(labels, made);
    return made;
  };
}
