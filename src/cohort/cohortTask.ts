import { join } from 'node:path';
import type { CohortCase } from '../contract/cohort.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import type { JobContext } from '../jobs/context.js';
import type { LogitsCache } from '../kept/logitsCache.js';
import { StagingRegister } from '../kept/stagingRegister.js';
import { WorkingFolders } from '../kept/workingFolders.js';
import type { Surroundings } from '../pipeline/context.js';
import { withModel } from '../pipeline/segmentCase.js';
import type { CohortCaseArguments, CohortCaseResult, FindCohortArguments } from '../pipeline/tasks.js';
import { CaseKeeper } from './caseKeeper.js';
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
 * Segments a case of a cohort as the command line does, and keeps what was prepared and its logits, so that a window that opens it has
 * them.
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
  const keeper = new CaseKeeper(request, profileFolder, cache, cacheLimitBytes);
  return withModel(request, { profileFolder, staging, around, launch }, (work) =>
    segmentCohortCase(one, { files, answers }, work, working, context, {
      keepFinished: true,
      onPrepared: (...made) => keeper.keepPreparation(...made),
      onLogits: (found) => keeper.keepLogits(found),
      ...known,
    }),
  );
}
