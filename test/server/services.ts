import type { Client, QuorumEvent } from '../../src/contract/index.js';

export interface Call {
  readonly method: string;
  readonly request: unknown;
  readonly body?: ArrayBuffer | undefined;
}

/** Services that record what they are asked, and answer as the test says: transports are tested without what lies behind. */
export function recordingServices(answer: (call: Call) => unknown = () => ({})) {
  const calls: Call[] = [];
  const listeners = new Set<(event: QuorumEvent) => void>();
  const ask = async (call: Call) => {
    calls.push(call);
    return answer(call) as never;
  };
  const client: Client = {
    call: (method, request, body) => ask({ method, request, body }),
    callBinary: (method, request) => ask({ method, request }),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onJob: () => () => undefined,
  };
  const emit = (event: QuorumEvent) => {
    for (const listener of listeners) listener(event);
  };
  return { client, calls, emit, listeners };
}
