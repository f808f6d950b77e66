import { SingleBar } from 'cli-progress';
import type { Client, JobEvent } from '../contract/index.js';
import { QuorumError } from '../errors.js';

/**
 * Follows a job to its end: a progress bar on a terminal, JSON lines with `json`, silence otherwise. Ctrl-C cancels the job.
 *
 * @returns the job's result.
 * @throws QuorumError with the job's problem.
 */
export function followJob(
  services: Client,
  start: () => Promise<{ job: string }>,
  json: boolean,
): Promise<unknown> {
  const view = json ? jsonLines() : process.stderr.isTTY ? progressBar() : { show() {}, stop() {} };
  return new Promise((resolve, reject) => {
    let job: string | null = null;
    const cancel = () => {
      if (job) services.call('jobs.cancel', { job }).catch(reject);
    };
    process.once('SIGINT', cancel);
    const early: JobEvent[] = [];
    const onEvent = (event: JobEvent) => {
      if (job === null) {
        early.push(event);
        return;
      }
      if (event.job !== job) return;
      view.show(event);
      if (event.state === 'queued' || event.state === 'running') return;
      end();
      if (event.state === 'done') resolve(event.result);
      else reject(new QuorumError(event.problem ?? { code: 'INTERNAL' }));
    };
    const stop = services.onJob(onEvent);
    const end = () => {
      view.stop();
      stop();
      process.removeListener('SIGINT', cancel);
    };
    start().then(
      (started) => {
        job = started.job;
        for (const event of early.splice(0)) onEvent(event);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });
}

interface View {
  show(event: JobEvent): void;
  stop(): void;
}

function jsonLines(): View {
  return {
    show: ({ result, ...event }) => {
      process.stdout.write(`${JSON.stringify(result === undefined ? event : { ...event, result })}\n`);
    },
    stop() {},
  };
}

function progressBar(): View {
  const bar = new SingleBar({
    format: '{bar} {percentage} % {stage}',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  bar.start(100, 0, { stage: '' });
  return {
    show: ({ progress, stage, case: name }) =>
      bar.update(Math.round(100 * progress), { stage: name ? `${name}: ${stage}` : stage }),
    stop: () => bar.stop(),
  };
}
