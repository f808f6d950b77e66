import { problemOf } from '../errors.js';
import type { FromWorker, TaskName, ToWorker } from '../pipeline/tasks.js';
import type { createTasks } from './createTasks.js';

/**
 * Runs the tasks that messages ask for, and answers with progress, result or problem.
 *
 * @param onError told of what a task throws, where its stack still is.
 * @returns what takes the messages; other kinds than `run` and `cancel` are passed over.
 */
export function dispatcher(
  tasks: ReturnType<typeof createTasks>,
  answer: (message: FromWorker) => void,
  onError: (task: TaskName, error: unknown) => Promise<void> = async () => undefined,
): (message: ToWorker) => void {
  const running = new Map<number, AbortController>();
  const run = async ({ id, task, arguments: given }: Extract<ToWorker, { kind: 'run' }>) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const result = await tasks[task](given as never, {
        signal: controller.signal,
        report: (stage, progress, details) => answer({ kind: 'progress', id, stage, progress, details }),
      });
      answer({ kind: 'done', id, result });
    } catch (error) {
      await onError(task, error);
      answer({ kind: 'failed', id, problem: problemOf(error) });
    } finally {
      running.delete(id);
    }
  };
  return (message) => {
    if (message.kind === 'run') void run(message);
    else if (message.kind === 'cancel') running.get(message.id)?.abort();
  };
}
