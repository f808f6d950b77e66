import { describe, expect, it, vi } from 'vitest';
import type { JobEvent } from '../../src/contract/index.js';
import { QuorumError } from '../../src/errors.js';
import type { JobContext } from '../../src/jobs/context.js';
import { JobQueue } from '../../src/jobs/jobs.js';

/** Work that ends when the test says. */
function heldWork() {
  let release = (_: unknown) => {};
  let context: JobContext | null = null;
  const done = new Promise((resolve) => {
    release = resolve;
  });
  const work = (given: JobContext) => {
    context = given;
    return done;
  };
  return { work, release: (result: unknown = null) => release(result), context: () => context! };
}

function listened() {
  const queue = new JobQueue();
  const events: JobEvent[] = [];
  queue.onJob((event) => events.push(event));
  return { queue, events, of: (job: string) => events.filter((event) => event.job === job) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const segment = (title: string) => ({ kind: 'segment', case: `id of ${title}`, title }) as const;

describe('the line of jobs', () => {
  it('says to each what it waits for and how many are before it, anew when that changes', async () => {
    const { queue, of } = listened();
    const first = heldWork();
    queue.start(first.work, segment('Doe'));
    await turn();
    const second = heldWork();
    queue.start(second.work, segment('Roe'));
    const third = queue.start(heldWork().work, { kind: 'export', title: 'Poe' });
    expect(of(third).at(-1)).toMatchObject({ state: 'queued', before: 2, waitingFor: 'Doe', title: 'Poe' });
    first.release();
    await turn();
    expect(of(third).at(-1)).toMatchObject({ state: 'queued', before: 1, waitingFor: 'Roe' });
    second.release();
    await turn();
    expect(queue.list()).toMatchObject([{ job: third, kind: 'export' }]);
  });

  it('lists what has not ended, the running one first', async () => {
    const { queue } = listened();
    const first = heldWork();
    const running = queue.start(first.work, segment('Doe'));
    const waiting = queue.start(heldWork().work, segment('Roe'));
    await turn();
    first.context().report('reading', 0.25);
    expect(queue.list()).toMatchObject([
      { job: running, state: 'running', stage: 'reading', progress: 0.25, case: 'id of Doe', title: 'Doe' },
      { job: waiting, state: 'queued', before: 1, waitingFor: 'Doe' },
    ]);
    first.release();
    await turn();
    expect(queue.list().map(({ job }) => job)).toEqual([waiting]);
  });

  it('ends a job that waits at once, and never starts it', async () => {
    const { queue, of } = listened();
    queue.start(heldWork().work, segment('Doe'));
    const work = vi.fn(async () => null);
    const waiting = queue.start(work, segment('Roe'));
    await turn();
    expect(queue.cancel(waiting)).toBe(true);
    expect(of(waiting).at(-1)).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED' } });
    expect(queue.cancel(waiting)).toBe(false);
    await queue.cancelCase('id of Roe');
    expect(work).not.toHaveBeenCalled();
  });

  it('does not make a case that is closed wait for the jobs of others', async () => {
    const { queue } = listened();
    queue.start(heldWork().work, segment('Doe'));
    queue.start(heldWork().work, segment('Roe'));
    await turn();
    await queue.cancelCase('id of Roe');
    expect(queue.list().map(({ title }) => title)).toEqual(['Doe']);
  });

  it('says at once that a running job is being cancelled, until it has stopped', async () => {
    const { queue, of } = listened();
    const { work, release, context } = heldWork();
    const job = queue.start(work, segment('Doe'));
    await turn();
    context().report('masks', 0.5);
    queue.cancel(job);
    expect(of(job).at(-1)).toMatchObject({ state: 'running', cancelling: true, progress: 0.5 });
    context().report('masks', 0.6);
    expect(of(job).at(-1)).toMatchObject({ cancelling: true, progress: 0.6 });
    release();
    await turn();
    expect(of(job).at(-1)).toMatchObject({ state: 'done' });
    expect(of(job).at(-1)).not.toHaveProperty('cancelling');
  });

  it('calls a job that was cancelled from within cancelled, and what goes wrong failed', async () => {
    const { queue, of } = listened();
    const gone = queue.start(
      async () => Promise.reject(new QuorumError({ code: 'CANCELLED' })),
      segment('Doe'),
    );
    const broken = queue.start(async () => Promise.reject(new Error('broken')), segment('Doe'));
    await expect.poll(() => of(broken).at(-1)).toMatchObject({ state: 'failed' });
    expect(of(gone).at(-1)).toMatchObject({ state: 'cancelled' });
    expect(of(broken).at(-1)!.problem).toEqual({ code: 'INTERNAL', found: 'broken' });
  });

  it('closes when all have ended, and waits for one that does not stop only so long', async () => {
    const { queue, events } = listened();
    queue.start(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      segment('Doe'),
    );
    queue.start(heldWork().work, segment('Roe'));
    await turn();
    await queue.close(60_000);
    expect(events.filter(({ state }) => state === 'cancelled').map(({ title }) => title)).toEqual([
      'Roe',
      'Doe',
    ]);
    queue.start(heldWork().work, segment('Poe'));
    await turn();
    await queue.close(10);
    expect(queue.list()).toHaveLength(1);
  });

  it('goes on saying how far a job is while a stage says nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    try {
      const { queue, of } = listened();
      const { work, context } = heldWork();
      const job = queue.start(work, segment('Doe'));
      await turn();
      context().report('reading', 0);
      vi.advanceTimersByTime(5000);
      context().report('aligning', 0.1, { until: 0.6 });
      vi.advanceTimersByTime(10_000);
      const shown = of(job)
        .filter(({ stage }) => stage === 'aligning')
        .map(({ progress }) => progress);
      expect(shown.length).toBeGreaterThan(4);
      expect(shown.at(-1)).toBeCloseTo(0.3);
      expect(shown).toEqual(shown.toSorted((a, b) => a - b));
    } finally {
      vi.useRealTimers();
    }
  });
});
