import { listDevices, type SelfTestLauncher } from '../pipeline/devices.js';
import type { JsonHandlers, WindowContext } from './windowContext.js';

/** Jobs and devices. */
export function jobHandlers(
  { jobs, profileFolder }: Pick<WindowContext, 'jobs' | 'profileFolder'>,
  launchSelfTest: SelfTestLauncher | undefined,
): JsonHandlers<'devices.list' | 'jobs.cancel' | 'jobs.list'> {
  return {
    'devices.list': ({ again }) => listDevices(profileFolder, again, launchSelfTest),
    'jobs.cancel': async ({ job }) => ({ cancelled: jobs.cancel(job) }),
    'jobs.list': async () => jobs.list(),
  };
}
