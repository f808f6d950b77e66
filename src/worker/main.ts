/** The worker process: heavy work, one job at a time beside any number of questions. Driven by `WorkerSupervisor`. */

import { problemOf } from '../errors.js';
import { ErrorLog } from '../kept/errorLog.js';
import type { SelfTestLauncher, SelfTestReport } from '../pipeline/devices.js';
import type { FromWorker, TaskName, ToWorker } from '../pipeline/tasks.js';
import { createTasks } from './createTasks.js';
import { hostPort } from './port.js';

const port = hostPort();
const send = (message: FromWorker) => port.send(message);
const running = new Map<number, AbortController>();
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

port.onMessage((message) => {
  const received = message as ToWorker;
  if (received.kind === 'run') void run(received.id, received.task, received.arguments);
  else if (received.kind === 'cancel') running.get(received.id)?.abort();
  else tests.get(received.id)?.(received.report);
});

async function run(id: number, task: TaskName, taskArguments: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const result = await tasks[task](taskArguments as never, {
      signal: controller.signal,
      report: (stage, progress, details) => send({ kind: 'progress', id, stage, progress, details }),
    });
    send({ kind: 'done', id, result });
  } catch (error) {
    // Here, where its stack still is.
    await log.note(task, error);
    send({ kind: 'failed', id, problem: problemOf(error) });
  } finally {
    running.delete(id);
  }
}
