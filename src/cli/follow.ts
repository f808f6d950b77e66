import { randomUUID } from 'node:crypto';
import { SingleBar } from 'cli-progress';
import type { JobEvent, JobKind } from '../contract/index.js';
import { QuorumError } from '../errors.js';
import type { JobContext } from '../jobs/context.js';
import { followWork } from '../jobs/jobs.js';

/**
 * Does work in this process and follows it to its end: a progress bar on a terminal, JSON lines with `json`, silence otherwise.
 * Ctrl-C cancels it.
 *
 * @param onEvent told of everything that is shown.
 * @throws what the work throws.
 */
export async function follow<T>(
  kind: JobKind,
  json: boolean,
  work: (context: JobContext) => Promise<T>,
  onEvent: (event: JobEvent) => void = () => undefined,
): Promise<T> {
  const view = json ? jsonLines() : process.stderr.isTTY ? progressBar() : { show() {}, stop() {} };
  const controller = new AbortController();
  const cancel = () => controller.abort();
  process.once('SIGINT', cancel);
  const say = (event: JobEvent) => {
    view.show(event);
    onEvent(event);
  };
  const { event, error } = await followWork(work, { job: randomUUID(), kind }, controller.signal, say);
  say(event);
  view.stop();
  process.removeListener('SIGINT', cancel);
  if (event.state === 'done') return event.result as T;
  throw event.state === 'cancelled' ? new QuorumError({ code: 'CANCELLED' }) : error;
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
