import type { IncomingHttpHeaders } from 'node:http';
import { QuorumError } from '../errors.js';

/** Names of this machine. Any port: an SSH tunnel may end on another one. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Refuses requests that a foreign page made the browser send: a Host that is not this machine (DNS rebinding), an Origin other than
 * our own page, or a browser's word that another site asked. Requests that change something, and WebSockets, must name our Origin.
 *
 * @param mayBeForeign a plain visit, which may come from a link anywhere (the address with the token).
 * @throws QuorumError REQUEST_INVALID, field `Host` or `Origin`.
 */
export function checkOrigin(
  method: string,
  headers: IncomingHttpHeaders,
  { mayBeForeign = false }: { mayBeForeign?: boolean } = {},
): void {
  const host = headers.host ?? '';
  if (!LOOPBACK.test(host)) refuse('Host', host, 'this machine');
  const { origin } = headers;
  const changes = method !== 'GET' || headers.upgrade !== undefined;
  if (origin === undefined ? changes : origin !== `http://${host}`) {
    refuse('Origin', origin ?? 'none', `http://${host}`);
  }
  const site = headers['sec-fetch-site'];
  if (!mayBeForeign && site !== undefined && site !== 'same-origin' && site !== 'none') {
    refuse('Sec-Fetch-Site', String(site), 'same-origin');
  }
}

function refuse(field: string, found: string, expected: string): never {
  throw new QuorumError({ code: 'REQUEST_INVALID', field, found: found.slice(0, 200), expected });
}
