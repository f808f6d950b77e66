import { join, sep } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const openExternal = vi.hoisted(() => vi.fn());
vi.mock('electron', () => ({
  app: { isPackaged: true },
  dialog: {},
  ipcMain: {},
  Menu: {},
  protocol: {},
  shell: { openExternal },
}));

const { REPORT_POLICY } = await import('../../electron/contentSecurityPolicy.js');
const { CONTENT_SECURITY_POLICY } = await import('../../src/contract/contentSecurityPolicy.js');
const { fileName } = await import('../../electron/dialogs.js');
const { MENU_ACTIONS } = await import('../../electron/host.js');
const { checkSender } = await import('../../electron/ipc.js');
const { openLink } = await import('../../electron/links.js');
const { menuTemplate } = await import('../../electron/menu.js');
const { isAllowed } = await import('../../electron/permissions.js');
const { fileFor } = await import('../../electron/protocol.js');
const { SECURITY_HEADERS } = await import('../../src/server/securityHeaders.js');

describe('the content security policy', () => {
  it('begins from nothing, allows no inline script or style and no other origin, and is the same in both transports', () => {
    expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none';/);
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
    expect(SECURITY_HEADERS['content-security-policy']).toBe(CONTENT_SECURITY_POLICY);
    expect(REPORT_POLICY).toMatch(/^default-src 'none';/);
    expect(REPORT_POLICY).not.toMatch(/script-src|https?:/);
  });
});

describe('addresses of the window', () => {
  const folder = join(sep, 'app', 'dist-renderer');

  it('lead to files of the renderer', () => {
    expect(fileFor('app://quorum/', folder)).toBe(join(folder, 'index.html'));
    expect(fileFor('app://quorum/assets/a%20b.js?x#y', folder)).toBe(join(folder, 'assets', 'a b.js'));
  });

  it.each([
    'app://quorum/..%2f..%2fetc%2fpasswd.txt',
    'app://quorum/%2e%2e%2fpackage.json',
    'app://quorum/..%5c..%5cpackage.json%00.js',
    'app://other/index.html',
    'app://quorum.evil/index.html',
    'file:///etc/hosts.txt',
    'app://quorum/%E0%A4%A.js',
    'app://quorum/secret.pem',
    'app://quorum/assets',
  ])('%s leads nowhere', (address) => {
    expect(fileFor(address, folder)).toBeNull();
  });

  it.each([
    ['app://quorum/assets/a.js', true],
    ['blob:app://quorum/1', true],
    ['data:image/png;base64,', true],
    ['https://example.com/', false],
    ['http://127.0.0.1/', false],
    ['file:///etc/passwd', false],
    ['ws://example.com', false],
    ['app://quorum.evil/', false],
  ])('requests to %s are let through: %s', (url, allowed) => {
    expect(isAllowed(url)).toBe(allowed);
  });
});

describe('senders of messages', () => {
  const mainFrame = { url: 'app://quorum/' };
  const window = { mainFrame } as never;

  it('are the window’s own page alone', () => {
    expect(() => checkSender({ sender: window, senderFrame: mainFrame as never }, window)).not.toThrow();
    const elsewhere = { url: 'https://example.com/' };
    const others = [
      { sender: { mainFrame } as never, senderFrame: mainFrame },
      { sender: window, senderFrame: { url: 'app://quorum/' } },
      { sender: window, senderFrame: null },
      { sender: { mainFrame: elsewhere } as never, senderFrame: elsewhere },
    ];
    for (const other of others) expect(() => checkSender(other as never, window)).toThrow(/refused/);
    const moved = { mainFrame: elsewhere } as never;
    expect(() => checkSender({ sender: moved, senderFrame: elsewhere as never }, moved)).toThrow(/refused/);
  });
});

describe('links to the outside', () => {
  beforeEach(() => openExternal.mockClear());

  it('open by their names in the list, and by nothing else', async () => {
    await openLink('method');
    expect(openExternal).toHaveBeenCalledExactlyOnceWith('https://arxiv.org/abs/2402.16318');
    for (const name of ['https://example.com', 'file:///etc/passwd', 'constructor', '__proto__', null, 7])
      await expect(openLink(name)).rejects.toThrow();
    expect(openExternal).toHaveBeenCalledTimes(1);
  });
});

describe('suggested file names', () => {
  it.each([
    ['../../etc/passwd', '_.._etc_passwd'],
    ['case_report.pdf', 'case_report'],
    ['a\0b:c|d', 'a_b_c_d'],
    ['', 'quorum'],
    [{}, '[object Object]'],
  ])('%j becomes %j', (name, expected) => {
    expect(fileName(name)).toBe(expected);
  });
});

describe('the menu', () => {
  it.each(['linux', 'darwin', 'win32'] as const)(
    'on %s offers every command of the list, and no other',
    (platform) => {
      const acted: string[] = [];
      const host = {
        act: (action: string) => acted.push(action),
        open() {},
        clearRecents() {},
        openLink() {},
      };
      const recents = [{ name: 'A & B', paths: ['/data/a'] }];
      const walk = (items: ReturnType<typeof menuTemplate>): void => {
        for (const { click, submenu, label } of items) {
          if (label === 'A && B') continue;
          (click as (() => void) | undefined)?.();
          if (Array.isArray(submenu)) walk(submenu);
        }
      };
      walk(menuTemplate(host, recents, platform));
      expect(new Set(acted)).toEqual(new Set(MENU_ACTIONS));
    },
  );
});
