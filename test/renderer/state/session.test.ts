import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FADE_MS } from '../../../renderer/state/notices.svelte.js';
import { Session } from '../../../renderer/state/session.svelte.js';
import type { JobEvent } from '../../../src/contract/index.js';
import { QuorumError } from '../../../src/errors.js';
import { emptyCase, fakeShell, NO_OTHER_WINDOW } from './fakeShell.js';

const running: JobEvent = {
  job: '1',
  kind: 'segment',
  case: 'a',
  title: 'name of a',
  state: 'running',
  progress: 0.64,
  stage: 'masks',
};
const settled = () =>
  vi.waitFor(() => undefined).then(() => new Promise((resolve) => setTimeout(resolve, 0)));

beforeEach(() => {
  vi.stubGlobal('navigator', NO_OTHER_WINDOW);
  vi.stubGlobal('sessionStorage', { getItem: () => null });
});
afterEach(() => vi.unstubAllGlobals());

/** A window on case a, in which a job may run; `b` is what is opened. */
async function windowOn(jobs: readonly JobEvent[]) {
  const fake = fakeShell({
    'cases.list': () => [emptyCase('a')],
    'jobs.list': () => jobs,
    'cases.open': () => ({ kind: 'case', case: emptyCase('b') }),
    'cases.get': ({ case: id }: { case: string }) => emptyCase(id),
  });
  const session = new Session(fake.shell);
  session.start();
  await expect.poll(() => session.openCase?.case.id).toBe('a');
  return { ...fake, session };
}

describe('a window that opens while a job runs', () => {
  it('shows the job of its case as if it had started it', async () => {
    const { session, job } = await windowOn([running]);
    expect(session.openCase!.segmenting.running).toBe(true);
    expect(session.openCase!.segmenting.now).toMatchObject({ stage: 'masks', progress: 0.64 });
    job({ ...running, state: 'failed', problem: { code: 'DISK_FULL' } });
    expect(session.openCase!.segmenting.running).toBe(false);
    expect(session.openCase!.segmenting.failure).toEqual({ code: 'DISK_FULL' });
  });
});

describe('a job that is cancelled before the services have named it', () => {
  it('says so at once, and is stopped as soon as it has a name', async () => {
    let start = (_: { job: string }) => {};
    const named = new Promise<{ job: string }>((resolve) => {
      start = resolve;
    });
    const fake = fakeShell({
      'cases.list': () => [emptyCase('a')],
      'cases.segment': () => named,
      'jobs.cancel': () => ({ cancelled: true }),
    });
    const session = new Session(fake.shell);
    session.start();
    await expect.poll(() => session.openCase?.case.id).toBe('a');
    const segmenting = session.openCase!.segment();
    await session.openCase!.segmenting.cancel();
    expect(session.openCase!.segmenting.stopping).toBe(true);
    start({ job: '7' });
    await segmenting;
    expect(fake.asked('jobs.cancel')).toEqual([{ job: '7' }]);
    expect(session.openCase!.segmenting.stopping).toBe(true);
  });
});

describe('another case while a job runs', () => {
  const open = (session: Session) => session.opener.open({ paths: ['/b'], temporary: false });

  it('is asked about, and not opened when the user stays', async () => {
    const { session, asked } = await windowOn([running]);
    const opened = open(session);
    await expect.poll(() => session.leaving.question?.job.job).toBe('1');
    expect(asked('cases.open')).toEqual([]);
    session.leaving.question!.finish(null);
    await opened;
    expect(session.openCase!.case.id).toBe('a');
    expect([...asked('cases.open'), ...asked('cases.close')]).toEqual([]);
  });

  it('is asked about from the click on, before the services have named the job', async () => {
    const fake = fakeShell({
      'cases.list': () => [emptyCase('a')],
      'cases.segment': () => new Promise(() => {}),
    });
    const session = new Session(fake.shell);
    session.start();
    await expect.poll(() => session.openCase?.case.id).toBe('a');
    void session.openCase!.segment();
    void open(session);
    await expect.poll(() => session.leaving.question?.job.kind).toBe('segment');
    expect(fake.asked('cases.open')).toEqual([]);
    session.leaving.question!.finish(null);
  });

  it('takes its place when the user stops the job', async () => {
    const { session, asked } = await windowOn([running]);
    const opened = open(session);
    await expect.poll(() => session.leaving.question).not.toBeNull();
    session.leaving.question!.finish('stop');
    await opened;
    expect(session.openCase!.case.id).toBe('b');
    await expect.poll(() => asked('cases.close')).toEqual([{ case: 'a' }]);
  });

  it('is opened beside it: the job goes on, its end is told, and the way back leads to it', async () => {
    const { session, asked, job } = await windowOn([running]);
    const opened = open(session);
    await expect.poll(() => session.leaving.question).not.toBeNull();
    session.leaving.question!.finish('beside');
    await opened;
    await settled();
    expect(session.openCase!.case.id).toBe('b');
    expect(asked('cases.close')).toEqual([]);
    job({ ...running, state: 'done', progress: 1 });
    const [notice] = session.notices.list;
    expect(notice.text).toBe('name of a is done.');
    notice.action!.run();
    await expect.poll(() => session.openCase!.case.id).toBe('a');
    await expect.poll(() => asked('cases.close')).toEqual([{ case: 'b' }]);
  });

  it('is not asked about when nothing runs', async () => {
    const { session } = await windowOn([]);
    await open(session);
    expect(session.openCase!.case.id).toBe('b');
  });
});

describe('a server that does not answer', () => {
  it('is told once, and what happened meanwhile is asked for when it is back', async () => {
    const { session, connect, asked } = await windowOn([]);
    connect('lost');
    expect(session.connection.state).toBe('lost');
    session.notices.report(new QuorumError({ code: 'NOT_REACHED' }));
    expect(session.notices.list).toEqual([]);
    const before = asked('jobs.list').length;
    connect('connected');
    expect(session.connection.state).toBe('connected');
    await expect.poll(() => asked('jobs.list').length).toBe(before + 1);
  });
});

describe('notices', () => {
  it('that only inform go by themselves, problems and questions stay', async () => {
    vi.useFakeTimers();
    try {
      const { notices } = new Session(fakeShell().shell);
      notices.add({ text: 'saved' });
      notices.add({ text: 'done', action: { title: 'Show', run: () => undefined } });
      notices.add({ problem: { code: 'DISK_FULL' } });
      vi.advanceTimersByTime(FADE_MS - 1);
      expect(notices.list).toHaveLength(3);
      vi.advanceTimersByTime(1);
      expect(notices.list.map(({ text, problem }) => text ?? problem?.code)).toEqual(['done', 'DISK_FULL']);
    } finally {
      vi.useRealTimers();
    }
  });
});
