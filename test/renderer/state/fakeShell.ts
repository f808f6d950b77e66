import type { ConnectionState, Shell } from '../../../renderer/client/shell.js';
import type { Client, JobEvent, OpenCase, QuorumEvent } from '../../../src/contract/index.js';

type Answers = Readonly<Record<string, (request: never) => unknown>>;

/** A window's surroundings that answer as a test says, and remember what they were asked. */
export function fakeShell(answers: Answers = {}) {
  const calls: { method: string; request: unknown }[] = [];
  const listeners = new Set<(event: QuorumEvent) => void>();
  const connection = new Set<(state: ConnectionState) => void>();
  const client = {
    async call(method: string, request: never) {
      calls.push({ method, request });
      const answer = answers[method] ?? STARTING[method];
      if (!answer) throw new Error(`nobody expected ${method}`);
      return answer(request);
    },
    callBinary: () => new Promise(() => undefined),
    onEvent(listener: (event: QuorumEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onJob: () => () => undefined,
  } as unknown as Client;
  const shell = {
    kind: 'browser',
    client,
    onMenu: () => () => undefined,
    onOpenPaths: () => () => undefined,
    onConnection(listener: (state: ConnectionState) => void) {
      connection.add(listener);
      return () => connection.delete(listener);
    },
  } as unknown as Shell;
  return {
    shell,
    client,
    asked: (method: string) => calls.filter((call) => call.method === method).map(({ request }) => request),
    emit: (event: QuorumEvent) => listeners.forEach((listener) => listener(event)),
    job: (event: JobEvent) => listeners.forEach((listener) => listener({ type: 'job', event })),
    connect: (state: ConnectionState) => connection.forEach((listener) => listener(state)),
  };
}

const STARTING: Answers = {
  'app.info': () => ({ sample: '/sample' }),
  'settings.get': () => ({ theme: 'light' }),
  'models.list': () => [],
  'recents.list': () => [],
  'cases.list': () => [],
  'jobs.list': () => [],
  'cohorts.list': () => [],
  'followups.list': () => [],
  'cases.close': () => ({}),
};

/** An open case with nothing in it. */
export const emptyCase = (id: string): OpenCase => ({
  id,
  name: `name of ${id}`,
  title: `title of ${id}`,
  folder: null,
  files: [],
  slots: { t1: null, t1ce: null, t2: null, flair: null },
  ambiguous: [],
  available: ['t1'],
  grid: null,
  examination: {
    patient: null,
    date: null,
    description: null,
    paths: [`/${id}`],
    remember: true,
    others: [],
  },
  answers: null,
  answeredAt: null,
  result: null,
  edits: null,
  masks: [],
  suggestions: { adult: null, treated: null, glioma: null },
  preparation: { needed: [], options: {} as never, corrected: false, making: null, made: null },
  questions: [],
  lost: [],
  remarks: [],
  notes: null,
});

/** Browser's locks: nobody else holds one. */
export const NO_OTHER_WINDOW = {
  locks: {
    request: async (_: string, options: { ifAvailable?: boolean }, work: (lock: unknown) => unknown) =>
      options.ifAvailable ? work({}) : work(null),
    query: async () => ({ held: [], pending: [] }),
  },
};
