/** The worker process: heavy work, one job at a time beside any number of questions. Driven by `WorkerSupervisor`. */

import { ErrorLog } from '../kept/errorLog.js';
import type { SelfTestLauncher, SelfTestReport } from '../pipeline/devices.js';
import type { FromWorker, ToWorker } from '../pipeline/tasks.js';
import { createTasks, dispatcher } from './createTasks.js';

// Electron's utilityProcess is made to look like a child of `fork` (electron/utility.ts).
const send = (message: FromWorker) => void process.send?.(message);
process.once('disconnect', () => process.exit());
const tests = new Map<number, (report: SelfTestReport) => void>();
let lastTest = 0;

const launchByHost: SelfTestLauncher = (request) =>
  new Promise((resolve) => {
    const id = ++lastTest;
    tests.set(id, resolve);
    send({ kind: 'selfTest', id, request });
  });

const log = new ErrorLog(process.argv[3]);
const tasks = createTasks(process.argv[2], launchByHost);

const dispatch = dispatcher(tasks, send, (task, error) => log.note(task, error));

process.on('message', (message) => {
  const received = message as ToWorker;
  if (received.kind === 'selfTested') tests.get(received.id)?.(received.report);
  else dispatch(received);
});
