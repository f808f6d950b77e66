/** The worker process: heavy work, one job at a time beside any number of questions. Driven by `WorkerSupervisor`. */

import { ErrorLog } from '../kept/errorLog.js';
import { connectWorker } from './createTasks.js';

const [, , cacheFolder, logFile] = process.argv;
const log = new ErrorLog(logFile);
process.once('disconnect', () => process.exit());
// Electron's utilityProcess is made to look like a child of `fork` (electron/utility.ts).
connectWorker(process, cacheFolder, (task, error) => log.note(task, error));
