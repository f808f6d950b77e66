import { cohortCaseTask, findCohortTask } from '../cohort/cohortTask.js';
import { compareWithReader } from '../cohort/compareReader.js';
import { problemOf } from '../errors.js';
import { AlignedHeads } from '../followup/align.js';
import {
  followUpDifferenceTask,
  followUpExportTask,
  followUpImageTask,
  followUpLabelsTask,
  followUpTask,
} from '../followup/tasks.js';
import type { JobContext } from '../jobs/context.js';
import { LogitsCache } from '../kept/logitsCache.js';
import { openSeriesTask, scanTask } from '../open/scan.js';
import type { CaseSource } from '../pipeline/caseSource.js';
import type { Surroundings } from '../pipeline/context.js';
import type { SelfTestLauncher, SelfTestReport } from '../pipeline/devices.js';
import { exportTask, reportTask } from '../pipeline/exportCase.js';
import { keepPreparedTask, prepareTask } from '../pipeline/prepare.js';
import {
  BlobTasks,
  compareTask,
  differenceTask,
  readMaskTask,
  scoresTask,
  seriesMaskTask,
  seriesVolumesTask,
} from '../pipeline/questions/compare.js';
import { ImageStore } from '../pipeline/questions/imageStore.js';
import {
  decidedByTask,
  disagreementTask,
  exploreTask,
  imageTask,
  probabilityTask,
  voxelTask,
} from '../pipeline/questions/maps.js';
import { brainTask, ShownMasks, specksTask } from '../pipeline/questions/shown.js';
import { describeCombinations, Thresholds } from '../pipeline/questions/thresholds.js';
import { thumbnail } from '../pipeline/questions/thumbnail.js';
import { ResultStore } from '../pipeline/resultStore.js';
import { segmentTask } from '../pipeline/segment.js';
import { SURROUNDINGS } from '../pipeline/surroundings.js';
import type { FromWorker, TaskArguments, TaskName, TaskResult, ToWorker } from '../pipeline/tasks.js';
import { UnkeptPreparations } from '../pipeline/unkept.js';
import { researchTasks } from '../research/researchTasks.js';

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
  const unkept = new UnkeptPreparations(images);
  const aligned = new AlignedHeads();
  const blobs = new BlobTasks();
  const thresholds = new Thresholds();
  const at = async ({ source, threshold }: { source: CaseSource; threshold: number | null }) =>
    thresholds.of(await store.get(source), threshold);
  const shown = new ShownMasks(store, thresholds);
  return {
    openSeries: openSeriesTask,
    prepare: (args, context) => prepareTask(args, unkept, context),
    keepPrepared: (args) => keepPreparedTask(args, unkept),
    brain: brainTask,
    segment: (args, context) => segmentTask(args, { store, cache, unkept, launch }, context),
    export: (args, context) => exportTask(args, store, images, around, context),
    report: (args) => reportTask(args, store, images, around),
    labels: (args) => shown.get(args),
    specks: (args) => specksTask(store, args),
    combinations: async (args) => describeCombinations(await at(args), true),
    disagreement: async (args) => disagreementTask(await at(args), args),
    decidedBy: async (args) => decidedByTask(await at(args), args),
    probability: async (args) => probabilityTask(await store.get(args.source), args),
    explore: async (args) => exploreTask(await store.get(args.source), args),
    voxel: (args) => voxelTask(store, images, args),
    difference: (args) => differenceTask(store, args),
    compare: (args) => compareTask(store, args),
    seriesVolumes: (args) => seriesVolumesTask(store, args),
    seriesMask: (args) => seriesMaskTask(store, args),
    scores: async (args) => scoresTask(store, await at(args), args),
    blobs: async (args) => blobs.list(await store.get(args.source), args),
    blobAnswer: async (args) => blobs.answer(await store.get(args.source), args),
    image: ({ file }) => imageTask(images, file),
    thumbnail: async ({ file }) => ({ png: thumbnail(await images.get(file)) }),
    readMask: readMaskTask,
    scan: scanTask,
    findCohort: findCohortTask,
    compareReader: compareWithReader,
    cohortCase: (args, context) => cohortCaseTask(args, { cache, launch, around }, context),
    ...researchTasks(),
    followUp: (args, context) => followUpTask(args, store, images, aligned, around, context),
    followUpExport: (args, context) => followUpExportTask(args, store, context),
    followUpImage: (args) => followUpImageTask(args, store, images),
    followUpLabels: (args) => followUpLabelsTask(args, store),
    followUpDifference: (args) => followUpDifferenceTask(args, store),
    drop: ({ images: dropped }) => {
      store.drop(dropped);
      images.clear();
      blobs.clear();
      thresholds.clear();
      return null;
    },
  };
}

/** How the worker's process, or a test, brings messages and takes answers. */
export interface Port {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: FromWorker): unknown;
}

/**
 * The worker on a port: runs the tasks that messages ask for, and answers with progress, result or problem.
 *
 * @param cacheFolder where logits are cached.
 * @param onError told of what a task throws, where its stack still is.
 * @param around clock and identifiers of what is written.
 */
export function connectWorker(
  port: Port,
  cacheFolder: string,
  onError: (task: TaskName, error: unknown) => Promise<void>,
  around: Surroundings = SURROUNDINGS,
): void {
  const send = (message: FromWorker) => void port.send?.(message);
  const tests = new Map<number, (report: SelfTestReport) => void>();
  let lastTest = 0;
  const launchByHost: SelfTestLauncher = (request) =>
    new Promise((resolve) => {
      const id = ++lastTest;
      tests.set(id, resolve);
      send({ kind: 'selfTest', id, request });
    });
  const tasks = createTasks(cacheFolder, launchByHost, around);
  const running = new Map<number, AbortController>();
  const run = async ({ id, task, arguments: given }: Extract<ToWorker, { kind: 'run' }>) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await tasks[task](given as never, {
        signal: controller.signal,
        report: (stage, progress, details) => send({ kind: 'progress', id, stage, progress, details }),
      });
      send({ kind: 'done', id, result });
    } catch (error) {
      await onError(task, error);
      send({ kind: 'failed', id, problem: problemOf(error) });
    } finally {
      running.delete(id);
    }
  };
  port.on('message', (message) => {
    const received = message as ToWorker;
    if (received.kind === 'run') void run(received);
    else if (received.kind === 'cancel') running.get(received.id)?.abort();
    else tests.get(received.id)?.(received.report);
  });
}
