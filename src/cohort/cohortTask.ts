import { join } from 'node:path';
import type { CohortCase } from '../contract/cohort.js';
import type { SegmentRequest } from '../contract/index.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { problemOf } from '../errors.js';
import type { JobContext } from '../jobs/context.js';
import type { LogitsCache } from '../kept/logitsCache.js';
import { StagingRegister } from '../kept/stagingRegister.js';
import { WorkingFolders } from '../kept/workingFolders.js';
import type { Surroundings } from '../pipeline/context.js';
import type { NetworkAnswer } from '../pipeline/segmentCase.js';
import type { CohortCaseArguments, CohortCaseResult, FindCohortArguments } from '../pipeline/tasks.js';
import { withModel } from '../pipeline/withModel.js';
import { findCases } from './findCases.js';
import { segmentCohortCase } from './segmentOne.js';

/** Looks for the cases of a cohort. */
export function findCohortTask(
  { paths, workingFolder, links }: FindCohortArguments,
  { signal, report }: JobContext,
): Promise<CohortCase[]> {
  return findCases(paths, { workingFolder, links, signal, onProgress: report });
}

/**
 * Segments a case of a cohort as the command line does, and keeps its logits, so that a window that opens it has them.
 *
 * @throws QuorumError what opening, preparing, the engine and the output raise; CANCELLED.
 */
export async function cohortCaseTask(
  { one, files, answers, request, profileFolder, cacheLimitBytes, ...known }: CohortCaseArguments,
  { cache, launch, around }: { cache: LogitsCache; launch: SelfTestLauncher; around: Surroundings },
  context: JobContext,
): Promise<CohortCaseResult> {
  const working = new WorkingFolders(join(profileFolder, 'working'));
  const staging = new StagingRegister(join(profileFolder, 'staging'));
  const onLogits = (found: NetworkAnswer) => keepLogits(found, request, cache, cacheLimitBytes);
  return withModel(request, { profileFolder, staging, around, launch }, (work) =>
    segmentCohortCase(one, { files, answers }, work, working, context, {
      keepFinished: true,
      onLogits,
      ...known,
    }),
  );
}

/** Of images that came prepared: those that Quorum prepares are known by files that only a window keeps. */
async function keepLogits(
  { prepared, logits, use, modelHash, engine }: NetworkAnswer,
  { device, force }: SegmentRequest,
  cache: LogitsCache,
  limitBytes: number,
): Promise<void> {
  if (prepared.preparation) return;
  const { grid, form, hashes } = prepared;
  const reference = hashes[use[0]]!;
  for (const map of logits.maps) {
    const { modality } = map;
    const key = { modality, image: hashes[modality]!, reference, modelHash, device, force };
    try {
      await cache.put(key, { map, grid, form, engine }, limitBytes);
    } catch (error) {
      // A cache that cannot be written costs time later, never the result.
      const { code } = problemOf(error);
      if (code !== 'DISK_FULL' && code !== 'OUTPUT_NOT_WRITABLE') throw error;
    }
  }
}
