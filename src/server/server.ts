import { stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyCookie from '@fastify/cookie';
import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Client } from '../contract/index.js';
import { type ErrorCode, isQuorumError, type Problem, problemOf, QuorumError } from '../errors.js';
import { callRoutes } from './callRoutes.js';
import { fileRoutes } from './fileRoutes.js';
import { checkOrigin } from './guard.js';
import { Sessions } from './oneTimeAddress.js';
import { PathScope } from './pathScope.js';
import { SECURITY_HEADERS } from './securityHeaders.js';
import { removeLeftovers, TemporaryFolders } from './temporaryFolders.js';
import { type UploadLimits, Uploads } from './uploads.js';

/** The renderer's build. */
const RENDERER = fileURLToPath(new URL('../../dist-renderer', import.meta.url));
const LOOPBACK = '127.0.0.1';
const DEFAULT_LIMITS: UploadLimits = { bytes: 8 * 2 ** 30, files: 10_000 };

export interface ServerOptions {
  readonly services: Client;
  /** Folders that the browser's side may read from and export into. */
  readonly roots: readonly string[];
  /** Folders besides the roots that may be opened, e.g. the sample patient. */
  readonly readable?: readonly string[];
  /** 0 takes any free port. */
  readonly port?: number;
  readonly rendererFolder?: string;
  readonly uploadLimits?: UploadLimits;
  /** Called before anything can be asked, with the folders that calls may name. */
  readonly onScope?: (folders: readonly string[]) => void;
  /** Called with the address to open: once now, and again when it was used and another takes its place. */
  readonly onAddress: (address: string) => void;
}

export interface RunningServer {
  readonly port: number;
  /** Ends all connections and removes every temporary folder. */
  close(): Promise<void>;
}

/**
 * Browser mode: the renderer and the contract on the loopback interface.
 *
 * @throws QuorumError FILE_NOT_FOUND when the renderer was not built or a root is not there, REQUEST_INVALID (field `port`)
 * when the port is taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const rendererFolder = options.rendererFolder ?? RENDERER;
  await requireRenderer(rendererFolder);
  await removeLeftovers();
  const temporary = new TemporaryFolders();
  const uploads = new Uploads(temporary, options.uploadLimits ?? DEFAULT_LIMITS);
  const app = fastify({ exposeHeadRoutes: false, forceCloseConnections: true, bodyLimit: 2 ** 20 });
  // A form of another site can send text/plain.
  app.removeContentTypeParser('text/plain');
  const stopEvents = options.services.onEvent((event) => {
    if (event.type === 'caseClosed') void uploads.closed(event.case);
    if (event.type === 'cohortClosed') void uploads.closed(event.cohort);
  });
  const close = async () => {
    stopEvents();
    await app.close();
    await temporary.removeAll();
  };
  try {
    const pickerScope = await PathScope.of(options.roots);
    const scope = await PathScope.of([...options.roots, ...(options.readable ?? []), temporary.root]);
    options.onScope?.(scope.folders);
    const announce = await protect(app, options.onAddress);
    await app.register(fastifyWebsocket, { options: { maxPayload: 1024 } });
    await app.register(callRoutes({ services: options.services, scope, uploads }));
    await app.register(fileRoutes({ roots: pickerScope.folders, pickerScope, uploads, temporary }));
    await app.register(fastifyStatic, { root: rendererFolder, dotfiles: 'deny', cacheControl: false });
    await listen(app, options.port ?? 0);
    announce();
    return { port: portOf(app), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Checks, headers and errors of every route, and the way in; returns what announces the address once the port is known. */
async function protect(app: FastifyInstance, onAddress: (address: string) => void): Promise<() => void> {
  const sessions = new Sessions();
  const announce = () => onAddress(`http://${LOOPBACK}:${portOf(app)}/enter?token=${sessions.currentToken}`);
  // Cookies know no ports: the name tells two servers on this machine apart.
  const cookieName = () => `quorum-${portOf(app)}`;
  await app.register(fastifyCookie);
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.headers(SECURITY_HEADERS);
    return payload;
  });
  app.addHook('onRequest', async (request, reply) => {
    const entering = request.routeOptions.url === '/enter';
    // A refused WebSocket's connection would stay open otherwise, and the server could not end.
    if (request.headers.upgrade) reply.raw.once('finish', () => request.raw.socket.destroySoon());
    checkOrigin(request.method, request.headers, { mayBeForeign: entering });
    if (!entering && !sessions.has(request.cookies[cookieName()])) {
      reply.code(401);
      if (!request.url.startsWith('/api/')) return reply.type('text/html').send(NOT_ENTERED);
      return reply.send({
        problem: { code: 'REQUEST_INVALID', field: 'session', expected: 'the printed address' },
      });
    }
  });
  app.get<{ Querystring: { token?: unknown } }>('/enter', async (request, reply) => {
    const session = sessions.enter(request.query.token);
    if (session === null) return reply.code(401).type('text/html').send(NOT_ENTERED);
    announce();
    reply.setCookie(cookieName(), session, { path: '/', httpOnly: true, sameSite: 'strict' });
    return reply.type('text/html').send(ENTERED);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = asProblem(error);
    return reply.code(STATUS[problem.code] ?? 400).send({ problem });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ problem: { code: 'FILE_NOT_FOUND', file: request.url.slice(0, 200) } }),
  );
  return announce;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  FILE_NOT_FOUND: 404,
  NOT_OPEN: 404,
  OUTPUT_EXISTS: 409,
  DATA_TOO_LARGE: 413,
  DISK_FULL: 507,
  INTERNAL: 500,
};

/** What fastify itself refuses (a body that is too large, malformed JSON) as a Problem. */
function asProblem(error: FastifyError): Problem {
  if (isQuorumError(error) || error.statusCode === undefined || error.statusCode >= 500) {
    return problemOf(error);
  }
  return { code: error.statusCode === 413 ? 'DATA_TOO_LARGE' : 'REQUEST_INVALID', found: error.message };
}

async function requireRenderer(folder: string): Promise<void> {
  const file = join(folder, 'index.html');
  await stat(file).catch((cause) => {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file, expected: 'made by npm run build' }, { cause });
  });
}

async function listen(app: FastifyInstance, port: number): Promise<void> {
  await app.listen({ host: LOOPBACK, port }).catch((cause: NodeJS.ErrnoException) => {
    const found = cause.code === 'EADDRINUSE' ? `${port} is in use` : cause.message;
    throw new QuorumError(
      { code: 'REQUEST_INVALID', field: 'port', found, expected: 'a free port' },
      { cause },
    );
  });
}

function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port;
}

/** The first visit ends here, on our own page, so that the next one is no longer a foreign one and carries the cookie. */
const ENTERED = page('<meta http-equiv="refresh" content="0; url=/">', '<a href="/">Open Quorum</a>');
const NOT_ENTERED = page(
  '',
  'This page opens with the address that Quorum printed in the terminal. Each address works once.',
);

function page(head: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Quorum</title><link rel="icon" href="data:,">${head}</head><body><p>${body}</p></body></html>`;
}
