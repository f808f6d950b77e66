import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../src/contract/index.js';
import { type RunningServer, startServer } from '../../src/server/server.js';
import type { UploadLimits } from '../../src/server/uploads.js';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** A server over a stand-in of the services, in a folder of its own, and someone who sends it exactly what is asked for. */
export class Browser {
  readonly addresses: string[] = [];
  cookie = '';
  private constructor(
    readonly folder: string,
    readonly root: string,
  ) {}
  private server!: RunningServer;

  static async start(services: Client, uploadLimits?: UploadLimits): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), 'quorum-test-'));
    const browser = new Browser(folder, join(folder, 'root'));
    await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
    await mkdir(browser.root);
    await writeFile(join(folder, 'renderer', 'index.html'), '<title>the renderer</title>');
    await writeFile(join(folder, 'renderer', 'assets', 'main.js'), 'export {};');
    await writeFile(join(folder, 'secret.txt'), 'not for the browser');
    browser.server = await startServer({
      services,
      roots: [browser.root],
      rendererFolder: join(folder, 'renderer'),
      onAddress: (address) => browser.addresses.push(address),
      ...(uploadLimits === undefined ? {} : { uploadLimits }),
    });
    return browser;
  }

  get port(): number {
    return this.server.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Visits the last address that was printed, and keeps the cookie. */
  async enter(): Promise<Answer> {
    const address = new URL(this.addresses.at(-1)!);
    const answer = await this.send('GET', address.pathname + address.search);
    this.cookie = String(answer.headers['set-cookie']).split(';')[0];
    return answer;
  }

  /** What a page of ours would send; `headers` replace (or, undefined, remove) what is sent otherwise. */
  send(
    method: string,
    path: string,
    {
      headers = {},
      body,
    }: { headers?: Record<string, string | undefined>; body?: string | Uint8Array | undefined } = {},
  ): Promise<Answer> {
    const all: Record<string, string | undefined> = {
      host: `127.0.0.1:${this.port}`,
      ...(this.cookie ? { cookie: this.cookie } : {}),
      ...(method === 'GET' ? {} : { origin: this.origin }),
      ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          headers: sent as Record<string, string>,
          agent: false,
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part) => parts.push(part));
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(parts) }),
          );
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const problemIn = ({ body }: Answer): { code: string; field?: string } =>
  (JSON.parse(body.toString()) as { problem: { code: string; field?: string } }).problem;
