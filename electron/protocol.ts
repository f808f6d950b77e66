import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol, type Session } from 'electron';
import { CONTENT_SECURITY_POLICY } from '../src/contract/contentSecurityPolicy.js';

export const SCHEME = 'app';
/** The one origin of the window. */
export const ORIGIN = `${SCHEME}://quorum`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** Before `app` is ready: the scheme behaves as a secure web origin; it has no privileges beyond that. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the renderer's build, and nothing beside it. */
export function serveRenderer(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, async ({ url, method }) => {
    const file = method === 'GET' ? fileFor(url, folder) : null;
    const bytes = file === null ? null : await readFile(file).catch(() => null);
    if (file === null || bytes === null)
      return new Response('not found', { status: 404, headers: headers('.txt') });
    return new Response(new Uint8Array(bytes), { headers: headers(extname(file)) });
  });
}

/** The file of an address of the window, or null when it leads out of the folder or is of a kind that is not served. */
export function fileFor(address: string, folder: string): string | null {
  const url = new URL(address);
  if (`${url.protocol}//${url.host}` !== ORIGIN) return null;
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  const file = normalize(join(folder, path === '/' ? 'index.html' : path));
  const inside = file.startsWith(folder + sep) && !file.includes('\0');
  return inside && Object.hasOwn(TYPES, extname(file)) ? file : null;
}

function headers(extension: string): Record<string, string> {
  return {
    'content-type': TYPES[extension] ?? TYPES['.txt'],
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
  };
}
