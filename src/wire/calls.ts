import {
  type BinaryMethod,
  type BinaryRequest,
  type BinaryResponse,
  binaryContract,
  type Client,
  contract,
  type Method,
  type Request,
  WINDOW_METHODS,
} from '../contract/client.js';
import type { QuorumEvent } from '../contract/events.js';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import { PACKED_METHODS, packed, unpacked } from './packed.js';

/** A call as it travels; ready for structured cloning (Electron) and for a frame (HTTP, `frame.ts`). */
export interface WireRequest {
  readonly method: string;
  readonly request: unknown;
  readonly body?: ArrayBuffer;
}

/**
 * An answer as it travels: `response` is the JSON answer or the header, `data` the ArrayBuffer of a binary method; with `voxels` it is
 * `packed` and stands for so many bytes.
 */
export type WireResponse =
  | { readonly ok: true; readonly response: unknown; readonly data?: ArrayBuffer; readonly voxels?: number }
  | { readonly ok: false; readonly problem: Problem };

/** What a transport does: carry a call over, and events back. Everything else is `clientOver` and `answerCall`. */
export interface Transport {
  /** Rejects only when the other side cannot be reached. */
  request(message: WireRequest): Promise<WireResponse>;
  onEvent(listener: (event: QuorumEvent) => void): () => void;
}

/** The caller's end of a transport. */
export function clientOver(transport: Transport): Client {
  const ask = async (message: WireRequest) => {
    const answer = await transport.request(message);
    if (!answer.ok) throw new QuorumError(answer.problem);
    return answer;
  };
  return {
    async call(method, request, body) {
      const { response } = await ask(body === undefined ? { method, request } : { method, request, body });
      return response as never;
    },
    async callBinary(method, request) {
      const { response, data = new ArrayBuffer(0), voxels } = await ask({ method, request });
      const whole = voxels === undefined ? data : unpacked(data, voxels);
      return { header: response, data: whole } as BinaryResponse<typeof method>;
    },
    onEvent: (listener) => transport.onEvent(listener),
    onJob: (listener) => transport.onEvent((event) => event.type === 'job' && listener(event.event)),
  };
}

/**
 * The services' end of a transport: carries out a call of a window. Never throws; the command line's methods, and whatever is no
 * call, are REQUEST_INVALID. What was asked comes from a renderer and is hostile until checked.
 */
export async function answerCall(services: Client, message: unknown): Promise<WireResponse> {
  try {
    const { method, request, body } = checkMessage(message);
    if (Object.hasOwn(binaryContract, method)) {
      const binary = method as BinaryMethod;
      const { header, data } = await services.callBinary(binary, request as BinaryRequest<BinaryMethod>);
      const runs = PACKED_METHODS.has(method) ? packed(data) : null;
      if (runs) return { ok: true, response: header, data: runs, voxels: data.byteLength };
      return { ok: true, response: header, data };
    }
    const json = method as Method;
    return { ok: true, response: await services.call(json, request as Request<Method>, body) };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function checkMessage(message: unknown): WireRequest {
  const { method, request, body } = (message ?? {}) as Partial<Record<keyof WireRequest, unknown>>;
  if (typeof method !== 'string' || !WINDOW_METHODS.has(method)) {
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'method', found: String(method).slice(0, 80) });
  }
  const takesBody = Object.hasOwn(contract, method) && 'body' in contract[method as Method];
  if (body !== undefined && (!takesBody || !(body instanceof ArrayBuffer))) {
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'body', expected: 'an ArrayBuffer of runs' });
  }
  return body === undefined ? { method, request } : { method, request, body: body as ArrayBuffer };
}
