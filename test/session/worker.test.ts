import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobEvent, MaskRef, OpenCase } from '../../src/contract/index.js';
import type { QuorumError } from '../../src/errors.js';
import type { FromWorker, ToWorker } from '../../src/pipeline/tasks.js';
import type { WorkerProcess } from '../../src/session/worker/process.js';
import { WorkerSupervisor } from '../../src/session/worker/supervisor.js';
import { jobEnd, openCase, segment, startServices, writeTinyStudy } from './harness.js';

const WT: MaskRef = { kind: 'combination', combination: 't1+t1ce+t2+flair' };

describe('a worker process', () => {
  let folder: string;
  let host: Awaited<ReturnType<typeof startServices>>;
  let first: OpenCase;
  let other: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quorum-worker-'));
    host = await startServices();
    first = await segment(
      host.services,
      (await openCase(host.services, await writeTinyStudy(folder, 'first'))).id,
    );
    other = await writeTinyStudy(folder, 'other', ['t1', 'flair']);
  });

  afterAll(async () => {
    await host.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a job and calls `act` once it runs. */
  async function during(id: string, use: ['t1'] | ['flair'], act: (job: string) => void): Promise<JobEvent> {
    const { job } = await host.services.call('cases.segment', { case: id, use, force: true, device: 'cpu' });
    const stop = host.services.onJob((event) => {
      if (event.job !== job || event.state !== 'running') return;
      stop();
      act(job);
    });
    return jobEnd(host.services, job);
  }

  it('that is killed in mid-job fails that job, is reported, and earlier results stay', async () => {
    const before = await host.services.callBinary('masks.labels', { case: first.id, mask: WT });
    const second = await openCase(host.services, other);
    const killed = host.services.workerPid!;
    const end = await during(second.id, ['t1'], () => process.kill(killed, 'SIGKILL'));
    expect(end).toMatchObject({ state: 'failed', problem: { code: 'WORKER_DIED', found: 'SIGKILL' } });
    expect(host.events).toContainEqual({
      type: 'workerRestarted',
      problem: { code: 'WORKER_DIED', found: 'SIGKILL' },
    });
    const after = await host.services.callBinary('masks.labels', { case: first.id, mask: WT });
    expect(Buffer.from(after.data).equals(Buffer.from(before.data))).toBe(true);
    expect(host.services.workerPid).not.toBe(killed);
    expect((await segment(host.services, second.id)).result?.used).toEqual(['t1', 'flair']);
  });

  it('answers a question that was open when it died', async () => {
    // The answer may come before the end is noticed: a job of the next test must not meet the dying worker.
    const died = new Promise<void>((resolve) => {
      const stop = host.services.onEvent(({ type }) => {
        if (type !== 'workerRestarted') return;
        stop();
        resolve();
      });
    });
    const asked = host.services.callBinary('masks.labels', { case: first.id, mask: WT });
    process.kill(host.services.workerPid!, 'SIGKILL');
    expect((await asked).data.byteLength).toBe(48 ** 3);
    await died;
  });

  it('runs two jobs one after the other', async () => {
    const { id } = await openCase(host.services, other);
    const seen: { job: string; state: string }[] = [];
    const stop = host.services.onJob(({ job, state }) => seen.push({ job, state }));
    const start = (of: string) =>
      host.services.call('cases.segment', { case: of, force: true, device: 'cpu' });
    const jobs = [(await start(first.id)).job, (await start(id)).job];
    const ends = await Promise.all(jobs.map((job) => jobEnd(host.services, job)));
    stop();
    expect(ends.map(({ problem }) => problem)).toEqual([undefined, undefined]);
    const order = seen
      .filter(({ state }) => state !== 'queued')
      .map(({ job, state }) => `${jobs.indexOf(job)} ${state}`)
      .filter((entry, n, all) => entry !== all[n - 1]);
    expect(order).toEqual(['0 running', '0 done', '1 running', '1 done']);
  });

  it('stops a queued job without ever starting it', async () => {
    const busy = await host.services.call('cases.segment', { case: first.id, force: true, device: 'cpu' });
    const queued = await host.services.call('cases.segment', { case: first.id, force: true, device: 'cpu' });
    const ends = Promise.all([jobEnd(host.services, busy.job), jobEnd(host.services, queued.job)]);
    await host.services.call('jobs.cancel', { job: queued.job });
    expect((await ends).map(({ state }) => state)).toEqual(['done', 'cancelled']);
  });
});

/** A worker that does what a test says. */
function scriptedWorker(answer: (message: ToWorker, reply: (message: FromWorker) => void) => void) {
  const started: WorkerProcess[] = [];
  const exits: ((reason: string) => void)[] = [];
  let killed = 0;
  const launch = (): WorkerProcess => {
    let reply: (message: FromWorker) => void = () => undefined;
    const worker: WorkerProcess = {
      pid: started.length + 1,
      send: (message) => answer(message as ToWorker, (m) => setImmediate(() => reply(m))),
      onMessage: (listener) => {
        reply = listener;
      },
      onExit: (listener) => {
        exits.push(listener);
      },
      kill: () => {
        killed++;
      },
    };
    started.push(worker);
    return worker;
  };
  return { launch, started, die: () => exits.at(-1)?.('signal'), kills: () => killed };
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error) => (error as QuorumError).code,
  );

describe('the supervisor', () => {
  it('ends a worker that does not stop within a second, and asks its other questions again', async () => {
    const asked: string[] = [];
    const script = scriptedWorker((message, reply) => {
      if (message.kind !== 'run') return;
      asked.push(message.task);
      // The pass of a network hears nothing; the first question goes down with it.
      if (message.task === 'image' && asked.filter((task) => task === 'image').length > 1)
        reply({ kind: 'done', id: message.id, result: 'pixels' });
    });
    const deaths: unknown[] = [];
    const supervisor = new WorkerSupervisor({ launch: script.launch, onDeath: (p) => deaths.push(p) });
    const controller = new AbortController();
    const job = supervisor.run('segment', {} as never, { signal: controller.signal });
    const question = supervisor.run('image', { file: 'x' });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      controller.abort();
      let ended = '';
      const end = codeOf(job).then((code) => {
        ended = code;
      });
      await vi.advanceTimersByTimeAsync(999);
      expect([ended, script.kills()]).toEqual(['', 0]);
      await vi.advanceTimersByTimeAsync(1);
      await end;
      expect(ended).toBe('CANCELLED');
    } finally {
      vi.useRealTimers();
    }
    expect(await question).toBe('pixels');
    expect(script.kills()).toBe(1);
    expect(script.started).toHaveLength(2);
    expect(deaths).toEqual([]);
  });

  it('never repeats a job when it ends the worker to stop another task', async () => {
    const asked: string[] = [];
    const script = scriptedWorker((message) => void (message.kind === 'run' && asked.push(message.task)));
    const supervisor = new WorkerSupervisor({ launch: script.launch, onDeath: () => undefined });
    const controller = new AbortController();
    const stopped = supervisor.run('segment', {} as never, { signal: controller.signal });
    const other = supervisor.run('export', {} as never);
    controller.abort();
    expect(await codeOf(stopped)).toBe('CANCELLED');
    const problem = await other.catch((error: QuorumError) => error.problem);
    expect(problem).toEqual({ code: 'WORKER_DIED', found: 'ended to stop another task' });
    expect(asked).toEqual(['segment', 'export']);
  });

  it('ends a worker that has had nothing to do for a while, and starts another when there is work', async () => {
    const script = scriptedWorker((message, reply) => {
      if (message.kind === 'run') reply({ kind: 'done', id: message.id, result: null });
    });
    const supervisor = new WorkerSupervisor({ launch: script.launch, onDeath: () => undefined, idleMs: 20 });
    await supervisor.run('drop', { images: [] });
    await expect.poll(() => script.kills()).toBe(1);
    await supervisor.run('drop', { images: [] });
    expect(script.started).toHaveLength(2);
    supervisor.close();
  });

  it('leaves no listener on the signal of a task that has ended', async () => {
    const script = scriptedWorker((message, reply) => {
      if (message.kind === 'run') reply({ kind: 'done', id: message.id, result: null });
    });
    const supervisor = new WorkerSupervisor({ launch: script.launch, onDeath: () => undefined });
    const { signal } = new AbortController();
    for (let n = 0; n < 3; n++) await supervisor.run('drop', { images: [] }, { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('gives the result of a self-test to the worker that asked for it, not to the one that took its place', async () => {
    const told: number[] = [];
    const script = scriptedWorker((message, reply) => {
      if (message.kind === 'selfTested') told.push(script.started.length);
      else if (message.kind === 'run' && script.started.length === 1)
        reply({ kind: 'selfTest', id: 1, request: { id: 'gpu' } as never });
    });
    let finish = () => {};
    const supervisor = new WorkerSupervisor({
      launch: script.launch,
      onDeath: () => undefined,
      launchSelfTest: () =>
        new Promise((resolve) => {
          finish = () => resolve({ adapter: null, driver: null, judgement: null });
        }),
    });
    void supervisor.run('image', { file: 'x' }).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    const [first] = script.started;
    const sentToFirst: unknown[] = [];
    Object.assign(first, { send: (message: unknown) => sentToFirst.push(message) });
    script.die();
    finish();
    await expect.poll(() => sentToFirst).toMatchObject([{ kind: 'selfTested', id: 1 }]);
    expect(told).toEqual([]);
    supervisor.close();
  });

  it('gives up on a question that kills every worker, instead of restarting for ever', async () => {
    const script = scriptedWorker(() => setImmediate(() => script.die()));
    const supervisor = new WorkerSupervisor({ launch: script.launch, onDeath: () => undefined });
    expect(await codeOf(supervisor.run('image', { file: 'x' }))).toBe('WORKER_DIED');
    expect(script.started.length).toBe(2);
  });

  it('tests a device for the worker, which cannot start processes in every host', async () => {
    const reports: ToWorker[] = [];
    const script = scriptedWorker((message, reply) => {
      if (message.kind === 'run') reply({ kind: 'selfTest', id: 7, request: { id: 'gpu' } as never });
      else {
        reports.push(message);
        reply({ kind: 'done', id: 1, result: null });
      }
    });
    const report = { adapter: 'A', driver: 'D', judgement: null };
    const supervisor = new WorkerSupervisor({
      launch: script.launch,
      onDeath: () => undefined,
      launchSelfTest: async (request) => ({ ...report, adapter: request.id }),
    });
    await supervisor.run('drop', { images: [] });
    expect(reports).toEqual([{ kind: 'selfTested', id: 7, report: { ...report, adapter: 'gpu' } }]);
  });
});
