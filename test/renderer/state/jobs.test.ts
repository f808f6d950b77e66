import { describe, expect, it } from 'vitest';
import { Jobs } from '../../../renderer/state/jobs.svelte.js';
import type { JobEvent } from '../../../src/contract/index.js';
import { fakeShell } from './fakeShell.js';

const event = (job: string, more: Partial<JobEvent> = {}): JobEvent => ({
  job,
  kind: 'segment',
  case: 'a',
  state: 'running',
  progress: 0.5,
  stage: 'reading',
  ...more,
});

describe('the jobs that a window knows of', () => {
  it('are those that run when it opens, whoever started them', async () => {
    const { client } = fakeShell({
      'jobs.list': () => [event('1'), event('2', { kind: 'export', case: 'b' })],
    });
    const jobs = new Jobs(client);
    await jobs.refresh();
    expect(jobs.of('a', 'segment')?.job).toBe('1');
    expect(jobs.of('a', 'export')).toBeNull();
    expect(jobs.ofCase('b')?.job).toBe('2');
  });

  it('are newer where an event came while the list was on its way', async () => {
    let answer = (_: JobEvent[]) => {};
    const listed = new Promise<JobEvent[]>((resolve) => {
      answer = resolve;
    });
    const { client } = fakeShell({ 'jobs.list': () => listed });
    const jobs = new Jobs(client);
    const refreshed = jobs.refresh();
    jobs.hear(event('1', { progress: 0.9 }));
    jobs.hear(event('2', { state: 'done' }));
    jobs.hear(event('3', { state: 'queued' }));
    answer([event('1'), event('2')]);
    await refreshed;
    expect(jobs.list.map(({ job, progress }) => [job, progress])).toEqual([
      ['1', 0.9],
      ['3', 0.5],
    ]);
  });

  it('hold no job whose end was heard before its name was known', () => {
    const jobs = new Jobs(fakeShell().client);
    jobs.hear(event('1', { state: 'failed' }));
    jobs.expect(event('1', { state: 'queued' }));
    expect(jobs.list).toEqual([]);
  });

  it('are shown as being cancelled at the click, and no longer when that was refused', async () => {
    let refuse = () => {};
    const refused = new Promise((_, reject) => {
      refuse = () => reject(new Error('no answer'));
    });
    const { client } = fakeShell({ 'jobs.cancel': () => refused });
    const jobs = new Jobs(client);
    jobs.hear(event('1'));
    const cancelled = jobs.cancel('1');
    expect(jobs.isStopping(jobs.list[0])).toBe(true);
    refuse();
    await expect(cancelled).rejects.toThrow('no answer');
    expect(jobs.isStopping(jobs.list[0])).toBe(false);
    expect(jobs.isStopping(event('2', { cancelling: true }))).toBe(true);
  });
});
