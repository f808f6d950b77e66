import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Services } from '../src/session/services.js';
import { utilitySelfTest, utilityWorker } from './processes.js';

type ServicesModule = typeof import('../src/session/services.js');

/**
 * The services, from their own build: they are ES modules that find resources and worker files beside themselves, and the
 * command line runs the very same files.
 */
export async function loadServices(appFolder: string): Promise<Services> {
  const address = pathToFileURL(join(appFolder, 'dist', 'session', 'services.js')).href;
  const { createServices } = (await import(address)) as ServicesModule;
  return createServices({
    launchWorker: (workerArguments) => utilityWorker(appFolder, workerArguments),
    launchSelfTest: utilitySelfTest(appFolder),
  });
}
