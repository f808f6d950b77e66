import { type QuorumEvent, quorumEventSchema } from '../../src/contract/index.js';
import { type Problem, QuorumError } from '../../src/errors.js';
import { clientOver, type Transport, type WireResponse } from '../../src/wire/calls.js';
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js';
import { droppedFiles, type IncomingFile } from './droppedFiles.js';
import { printReport } from './reportPage.js';
import { saveBlob } from './saveBlob.js';
import type { ConnectionState, FolderListing, FollowTransfer, Received, Shell } from './shell.js';

/** Browser mode: frames over HTTP, events over one WebSocket (docs/transports.md). */
export function browserShell(): Shell {
  const connection = new BrowserConnection();
  const client = clientOver(httpTransport(connection));
  return {
    kind: 'browser',
    client,
    pick: null,
    receiveDrop: async (transfer, follow) => {
      const files = await droppedFiles(transfer);
      return files.length === 0 ? null : upload(files, follow);
    },
    receiveFiles: (files, follow) =>
      upload(
        files.map((file) => ({ path: file.webkitRelativePath || file.name, file })),
        follow,
      ),
    folders: {
      list: (path) =>
        json<FolderListing>(`api/folders${path === null ? '' : `?path=${encodeURIComponent(path)}`}`),
      create: async (parent, name) =>
        (await json<{ path: string }>('api/folders', post({ parent, name }))).path,
    },
    downloads: {
      begin: () => json('api/downloads', { method: 'POST' }),
      end: async (id) => void (await fetch(`api/downloads/${id}`, { method: 'DELETE' })),
      address: (id, name) => `api/downloads/${id}?name=${encodeURIComponent(name)}`,
    },
    report: [
      { title: 'Print or save as PDF…', run: printReport },
      {
        title: 'Save as a page',
        run: async (html, name) => saveBlob(new Blob([html], { type: 'text/html' }), `${name}.html`),
      },
    ],
    savePicture: async (png, name) => saveBlob(png, name),
    reveal: null,
    onConnection: (listener) => connection.listen(listener),
    onMenu: () => () => {},
    onOpenPaths: () => () => {},
  };
}

/** Tells whether the server answers, by its WebSocket. */
class BrowserConnection {
  readonly #listeners = new Set<(state: ConnectionState) => void>();

  listen(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  say(state: ConnectionState): void {
    for (const listener of this.#listeners) listener(state);
  }
}

function httpTransport(connection: BrowserConnection): Transport {
  return {
    async request({ method, request, body }) {
      const answer = await fetch('api/call', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: encodeFrame({ method, request }, body),
      }).catch(unreachable);
      if (!answer.ok) return { ok: false, problem: await problemIn(answer) };
      const { json: response, data } = decodeFrame(new Uint8Array(await answer.arrayBuffer()));
      return { ...(response as WireResponse), data } as WireResponse;
    },
    onEvent: (listener) => listenToEvents(listener, connection),
  };
}

const RETRY_MS = 1000;

/** Listens, and connects again when the connection is lost. */
function listenToEvents(listener: (event: QuorumEvent) => void, connection: BrowserConnection): () => void {
  let socket: WebSocket;
  let stopped = false;
  const connect = () => {
    const address = new URL('api/events', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      const event = quorumEventSchema.safeParse(JSON.parse(String(data)));
      if (event.success) listener(event.data);
    };
    socket.onopen = () => connection.say('connected');
    socket.onclose = () => {
      if (stopped) return;
      setTimeout(connect, RETRY_MS);
      // A WebSocket does not tell why it was refused.
      void fetch('api/host').then(
        ({ status }) => connection.say(status === 401 ? 'refused' : 'lost'),
        () => connection.say('lost'),
      );
    };
  };
  connect();
  return () => {
    stopped = true;
    socket.close();
  };
}

/** Of one request: a journey costs more than a small file, and progress is counted by requests. */
const BATCH_FILES = 250;
const BATCH_BYTES = 8 * 2 ** 20;
/** A browser allows six requests at once to one server; some are left for what else is asked. */
const SENT_AT_ONCE = 3;

/** Streams files into a private temporary folder of the server. */
async function upload(
  files: readonly IncomingFile[],
  { signal, onProgress }: FollowTransfer,
): Promise<Received> {
  const { id } = await json<{ id: string }>('api/uploads', { method: 'POST', signal });
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let sent = 0;
  try {
    const waiting = batchesOf(files);
    const send = async () => {
      for (const batch of waiting) {
        const list = batch.map(({ path, file }) => ({ path, bytes: file.size }));
        await json(`api/uploads/${id}/files`, {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
          body: new Blob([encodeFrame(list), ...batch.map(({ file }) => file)]),
          signal,
        });
        sent += list.reduce((sum, { bytes }) => sum + bytes, 0);
        onProgress(total === 0 ? 1 : sent / total);
      }
    };
    await Promise.all(Array.from({ length: SENT_AT_ONCE }, send));
    const { folder } = await json<{ folder: string }>(`api/uploads/${id}/done`, { method: 'POST', signal });
    return { paths: pathsWithin(folder, files), temporary: true };
  } catch (error) {
    await fetch(`api/uploads/${id}`, { method: 'DELETE' }).catch(() => {});
    if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    throw error;
  }
}

/** Files in the order in which they came, as many together as one request takes. */
function* batchesOf(files: readonly IncomingFile[]): Generator<IncomingFile[]> {
  let batch: IncomingFile[] = [];
  let bytes = 0;
  for (const each of files) {
    if (batch.length === BATCH_FILES || (batch.length > 0 && bytes + each.file.size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(each);
    bytes += each.file.size;
  }
  yield batch;
}

/** What to open of an upload: the one folder that was dropped, or the loose files. */
function pathsWithin(folder: string, files: readonly IncomingFile[]): string[] {
  const tops = new Set(files.map(({ path }) => path.split('/')[0]));
  return [...tops].map((top) => `${folder}/${top}`);
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function json<T>(address: string, request: RequestInit = {}): Promise<T> {
  const answer = await fetch(address, request).catch((error) => {
    if (request.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    return unreachable(error);
  });
  if (!answer.ok) throw new QuorumError(await problemIn(answer));
  return (await answer.json()) as T;
}

async function problemIn(answer: globalThis.Response): Promise<Problem> {
  try {
    return ((await answer.json()) as { problem: Problem }).problem;
  } catch {
    return { code: 'INTERNAL', found: `HTTP ${answer.status}` };
  }
}

function unreachable(error: unknown): never {
  throw new QuorumError({ code: 'NOT_REACHED' }, { cause: error });
}
