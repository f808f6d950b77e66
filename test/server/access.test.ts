import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, problemIn } from './browser.js';
import { recordingServices } from './services.js';

let browser: Browser;
const { client } = recordingServices();

beforeAll(async () => {
  browser = await Browser.start(client);
});
afterAll(() => browser.close());

describe('the way in', () => {
  it('shows nothing without a session: neither page nor file nor call nor event', async () => {
    for (const path of ['/', '/index.html', '/assets/main.js', '/api/host', '/api/folders', '/api/events'])
      expect((await browser.send('GET', path)).status, path).toBe(401);
    expect((await browser.send('POST', '/api/call', { body: 'x' })).status).toBe(401);
    expect((await browser.send('GET', '/nothing-here')).status).toBe(401);
  });

  it('refuses a wrong token, none, and several', async () => {
    for (const query of ['', '?token=', '?token=wrong', '?token=a&token=b'])
      expect((await browser.send('GET', `/enter${query}`)).status, query).toBe(401);
  });

  it('takes a token once, for a cookie that scripts and other sites do not get', async () => {
    const first = browser.addresses.at(-1)!;
    const entered = await browser.enter();
    expect(entered.status).toBe(200);
    expect(String(entered.headers['set-cookie'])).toMatch(/HttpOnly/);
    expect(String(entered.headers['set-cookie'])).toMatch(/SameSite=Strict/);
    expect((await browser.send('GET', '/')).body.toString()).toContain('the renderer');
    const again = new URL(first);
    const cookie = browser.cookie;
    browser.cookie = '';
    expect((await browser.send('GET', again.pathname + again.search)).status).toBe(401);
    browser.cookie = cookie;
  });

  it('announces another address when one was used', () => {
    expect(new Set(browser.addresses).size).toBe(2);
  });

  it('refuses a made-up session', async () => {
    const cookie = `quorum-${browser.port}=AAAA`;
    expect((await browser.send('GET', '/', { headers: { cookie } })).status).toBe(401);
  });
});

describe('what a foreign page could send', () => {
  it.each([
    'evil.example',
    `evil.example:1`,
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '127.0.0.1:80@evil.example',
  ])('refuses the Host %j (DNS rebinding)', async (host) => {
    const answer = await browser.send('GET', '/', { headers: { host } });
    expect(answer.status).toBe(400);
    expect(problemIn(answer).field).toBe('Host');
  });

  it('takes other names and ports of this machine: an SSH tunnel may end anywhere', async () => {
    for (const host of ['localhost:9000', '127.0.0.1:9000', '[::1]:9000']) {
      expect((await browser.send('GET', '/', { headers: { host } })).status).toBe(200);
      const sent = { host, origin: `http://${host}` };
      expect((await browser.send('POST', '/api/uploads', { headers: sent })).status, host).toBe(200);
    }
  });

  it.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1', 'http://localhost'])(
    'refuses the Origin %j',
    async (origin) => {
      for (const method of ['GET', 'POST']) {
        const answer = await browser.send(method, '/api/host', { headers: { origin } });
        expect(problemIn(answer)).toMatchObject({ code: 'REQUEST_INVALID', field: 'Origin' });
      }
    },
  );

  it('refuses changes without an Origin', async () => {
    const { port } = browser;
    for (const [method, path] of [
      ['POST', '/api/call'],
      ['POST', '/api/uploads'],
      ['DELETE', '/api/uploads/0'],
    ]) {
      const answer = await browser.send(method, path, { headers: { origin: undefined } });
      expect(problemIn(answer), `${method} ${path} on ${port}`).toMatchObject({ field: 'Origin' });
    }
  });

  it('refuses what the browser calls a request of another site, but not the visit with the token', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect(problemIn(await browser.send('GET', '/', { headers })).field).toBe('Sec-Fetch-Site');
    const address = new URL(browser.addresses.at(-1)!);
    expect((await browser.send('GET', address.pathname + address.search, { headers })).status).toBe(200);
  });

  it('refuses WebSockets of another origin, of none, and without a session', async () => {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    for (const origin of ['http://evil.example', undefined])
      expect((await browser.send('GET', '/api/events', { headers: { ...upgrade, origin } })).status).toBe(
        400,
      );
    const headers = { ...upgrade, origin: browser.origin, cookie: undefined };
    expect((await browser.send('GET', '/api/events', { headers })).status).toBe(401);
  });
});

describe('what every answer carries', () => {
  it('a content security policy from nothing, no sniffing, no frames, no referrer, no cache', async () => {
    for (const [path, cookie] of [
      ['/', browser.cookie],
      ['/assets/main.js', browser.cookie],
      ['/api/host', browser.cookie],
      ['/', undefined],
      ['/nothing', browser.cookie],
    ]) {
      const { headers } = await browser.send('GET', path!, { headers: { cookie } });
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy[0]).toBe("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.join(' ')).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
    }
  });
});

describe('where it listens', () => {
  it('on the loopback address alone', async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address && !address.internal && address.family === 'IPv4');
    if (others.length === 0) console.warn('NOT TESTED: this machine has no other address than the loopback');
    for (const other of others) {
      const outcome = await new Promise((resolve) => {
        const socket = connect({ host: other!.address, port: browser.port });
        socket.once('connect', () => resolve('connected'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      expect(outcome).toBe('ECONNREFUSED');
    }
  });
});

describe('the files of the renderer', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e%5csecret.txt',
    '//etc/passwd',
    '/assets/%00../secret.txt',
    '/.hidden',
  ])('keeps %s', async (path) => {
    const answer = await browser.send('GET', path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.toString()).not.toContain('not for the browser');
  });
});
