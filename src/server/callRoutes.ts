import type { FastifyInstance } from 'fastify';
import type { Client, QuorumEvent } from '../contract/index.js';
import { problemOf } from '../errors.js';
import { answerCall, type WireResponse } from '../wire/calls.js';
import { decodeFrame, encodeFrame } from '../wire/frame.js';
import type { PathScope } from './pathScope.js';
import { withRealPaths } from './requestPaths.js';
import type { Uploads } from './uploads.js';

/** Runs of one stroke; 12 bytes a run. */
const LARGEST_CALL = 64 * 2 ** 20;
const PING_MS = 30_000;

export interface CallContext {
  readonly services: Client;
  /** What calls may name: roots, uploads, downloads, the sample patient. */
  readonly scope: PathScope;
  readonly uploads: Uploads;
}

/** `POST /api/call` and the WebSocket `/api/events`: the contract itself. */
export function callRoutes(context: CallContext) {
  return async (app: FastifyInstance): Promise<void> => {
    app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    app.post('/api/call', { bodyLimit: LARGEST_CALL }, async (request, reply) => {
      const { data, ...answer } = await answerFrame(context, request.body);
      const frame = encodeFrame(answer, data);
      return reply.type('application/octet-stream').send(Buffer.from(frame.buffer, 0, frame.byteLength));
    });
    app.get('/api/events', { websocket: true }, (socket) => {
      const send = (event: QuorumEvent) => socket.send(JSON.stringify(event));
      const stop = context.services.onEvent(send);
      const ping = setInterval(() => socket.ping(), PING_MS);
      socket.on('message', () => socket.close(1003, 'events only'));
      socket.on('error', () => socket.terminate());
      socket.on('close', () => {
        clearInterval(ping);
        stop();
      });
    });
  };
}

type Answer = { readonly ok: boolean; readonly data?: ArrayBuffer };

async function answerFrame(context: CallContext, frame: unknown): Promise<Answer> {
  try {
    const { json, data } = decodeFrame(plainBytes(frame));
    const { method, request: asked } = (json ?? {}) as { method?: unknown; request?: unknown };
    const { request, paths } = await withRealPaths(method, asked, context.scope);
    const answer = await answerCall(context.services, {
      method,
      request,
      ...(data.byteLength === 0 ? {} : { body: data }),
    });
    const user = userOf(method, request, answer);
    if (user !== null) for (const path of paths) context.uploads.keepFor(user, path);
    return answer;
  } catch (error) {
    return { ok: false, problem: problemOf(error) } as WireResponse;
  }
}

/** Without Buffer's own `slice`, which does not copy. */
function plainBytes(body: unknown): Uint8Array {
  if (!Buffer.isBuffer(body)) return new Uint8Array();
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

/** The case or cohort that now uses the files that the call named, or null. */
function userOf(method: unknown, request: unknown, answer: WireResponse): string | null {
  if (!answer.ok) return null;
  if (method === 'masks.open') return (request as { case: string }).case;
  if (method === 'cases.open') return (answer.response as { case?: { id: string } }).case?.id ?? null;
  const isCohort = method === 'cohorts.open' || method === 'cohorts.giveInputs';
  return isCohort ? (answer.response as { id: string }).id : null;
}
