import { describe, expect, it } from 'vitest';
import { CaseJob } from '../../../renderer/state/caseJob.svelte.js';
import { Jobs } from '../../../renderer/state/jobs.svelte.js';
import type { JobEvent } from '../../../src/contract/index.js';
import { fakeShell } from './fakeShell.js';

const of = (job: string, more: Partial<JobEvent> = {}): JobEvent => ({
  job,
  kind: 'export',
  case: 'a',
  state: 'running',
  progress: 0.5,
  stage: 'writing',
  ...more,
});

function followed() {
  const { client, asked } = fakeShell({ 'jobs.cancel': () => ({ cancelled: true }) });
  const jobs = new Jobs(client);
  return { jobs, asked, job: new CaseJob('export', 'a', jobs) };
}

describe('a job of a case', () => {
  it('gives its own result, whatever other jobs of the same kind end meanwhile', async () => {
    const { jobs, job } = followed();
    const run = job.run(async () => ({ job: '2' }));
    expect(job.now).toMatchObject({ job: '', state: 'queued' });
    await Promise.resolve();
    jobs.hear(of('1', { state: 'done', result: 'another window’s' }));
    jobs.hear(of('2'));
    expect(job.now).toMatchObject({ job: '2', progress: 0.5 });
    jobs.hear(of('2', { state: 'done', result: 'mine' }));
    expect(await run).toBe('mine');
    expect(job.running).toBe(false);
  });

  it('that ends before its name is known has ended', async () => {
    const { jobs, job } = followed();
    let name = (_: { job: string }) => {};
    const run = job.run(
      () =>
        new Promise((resolve) => {
          name = resolve;
        }),
    );
    jobs.hear(of('1', { state: 'done', result: 'fast' }));
    name({ job: '1' });
    expect(await run).toBe('fast');
    expect(job.running).toBe(false);
  });

  it('that is refused, fails or is cancelled is thrown with its problem', async () => {
    const { jobs, job, asked } = followed();
    await expect(job.run(() => Promise.reject(new Error('x')))).rejects.toMatchObject({
      problem: { code: 'INTERNAL' },
    });
    expect([job.running, job.failure?.code]).toEqual([false, 'INTERNAL']);
    const failing = job.run(async () => ({ job: '1' }));
    expect(job.failure).toBeNull();
    await Promise.resolve();
    jobs.hear(of('1', { state: 'failed', problem: { code: 'DISK_FULL' } }));
    await expect(failing).rejects.toMatchObject({ problem: { code: 'DISK_FULL' } });
    const stopped = job.run(async () => ({ job: '2' }));
    await Promise.resolve();
    jobs.hear(of('2'));
    await job.cancel();
    expect(job.stopping).toBe(true);
    expect(asked('jobs.cancel')).toEqual([{ job: '2' }]);
    jobs.hear(of('2', { state: 'cancelled', problem: { code: 'CANCELLED' } }));
    await expect(stopped).rejects.toMatchObject({ problem: { code: 'CANCELLED' } });
  });

  it('shows what another window started, and why that failed; other cases and kinds are not its own', () => {
    const { jobs, job } = followed();
    jobs.hear(of('1', { case: 'b' }));
    jobs.hear(of('2', { kind: 'segment' }));
    expect(job.running).toBe(false);
    jobs.hear(of('3'));
    expect(job.now?.job).toBe('3');
    for (const event of [of('1', { case: 'b' }), of('2', { kind: 'segment' }), of('3')])
      job.hear({ ...event, state: 'failed', problem: { code: event.case === 'b' ? 'NOT_3D' : 'DISK_FULL' } });
    expect(job.failure).toEqual({ code: 'DISK_FULL' });
  });
});
