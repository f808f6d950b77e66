import { join } from 'node:path';
import { defaultProfileFolder } from '../files/privateFiles.js';
import { ErrorLog } from '../kept/errorLog.js';
import { LogitsCache } from '../kept/logitsCache.js';
import { PreparedStore } from '../kept/preparedStore.js';
import { StagingRegister } from '../kept/stagingRegister.js';
import { WorkingFolders } from '../kept/workingFolders.js';
import type { Surroundings } from '../pipeline/context.js';
import type { SelfTestLauncher } from '../pipeline/devices.js';
import { SURROUNDINGS } from '../pipeline/surroundings.js';

/** Where a command keeps what it needs while it runs: below the user's profile. */
export interface Host {
  /** Also holds the verdicts of devices. */
  readonly profileFolder: string;
  readonly working: WorkingFolders;
  readonly staging: StagingRegister;
  readonly log: ErrorLog;
  readonly around: Surroundings;
  /** Tests a device in a process of its own; a child process of Node when absent. */
  readonly launch?: SelfTestLauncher;
  /** Cases of a folder at once; by cores and free memory when absent. */
  readonly sideBySide?: number;
}

/** Where a command keeps what it needs; `around` is its clock and source of identifiers. */
export function hostOf(
  profileFolder: string = defaultProfileFolder(),
  around: Surroundings = SURROUNDINGS,
): Host {
  return {
    profileFolder,
    working: new WorkingFolders(join(profileFolder, 'working')),
    staging: new StagingRegister(join(profileFolder, 'staging')),
    log: new ErrorLog(join(profileFolder, 'log', 'errors.jsonl')),
    around,
  };
}

/** Removes what is older than it may be, and what killed processes left; each store by itself. */
export async function sweepHost({ profileFolder, working, staging }: Host): Promise<void> {
  await Promise.allSettled([
    new LogitsCache(join(profileFolder, 'cache')).sweep(),
    // Another process may show these: what is too old goes, a head that is not to be kept stays until its own sweep.
    new PreparedStore(join(profileFolder, 'prepared')).sweep(new Set(), { heads: false }),
    working.sweep(),
    staging.sweep(),
  ]);
}
