import type { JobEvent, JobKind } from '../../src/contract/index.js';
import { duration } from './format.js';

const DOING: Readonly<Record<JobKind, string>> = {
  segment: 'Segmenting',
  prepare: 'Preparing',
  export: 'Exporting',
  followup: 'Comparing',
  train: 'Training',
  evaluate: 'Evaluating',
  measure: 'Measuring',
  verify: 'Verifying',
  estimate: 'Timing',
};

/** What is being done, e.g. `Segmenting Doe`. */
export function jobTitle({ kind, title }: JobEvent): string {
  return title === undefined ? DOING[kind] : `${DOING[kind]} ${title}`;
}

/** What a job does now, or what it waits for. */
export function stageText({ state, stage, before, waitingFor }: JobEvent, stopping: boolean): string {
  if (stopping) return 'Cancelling…';
  if (state !== 'queued') return `${stage.charAt(0).toUpperCase()}${stage.slice(1)}`;
  const what = waitingFor === undefined ? 'Waiting' : `Waiting for ${waitingFor}`;
  return before !== undefined && before > 1 ? `${what} and ${before - 1} more` : what;
}

/** How far it is, and how long it still takes where that can be told; nothing while it waits. */
export function progressText({ state, progress, secondsLeft }: JobEvent): string {
  if (state === 'queued') return '';
  const share = `${Math.round(100 * progress)} %`;
  return secondsLeft === undefined ? share : `${share} · ${duration(secondsLeft)} left`;
}
