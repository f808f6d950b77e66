import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemText } from '../../src/contract/index.js';
import { ERROR_CODES } from '../../src/errors.js';
import { findElectron, launchElectron, startDisplay } from './electronApp.js';

const SUITE = 'the words of errors in a real Electron';
const electron = findElectron(SUITE);

/** Services of which every case that is opened ends in the error that its path names. */
const FAILING = `
import { QuorumError } from '../errors.js';
const answers = {
  'app.info': { version: '0', notice: '', platform: 'linux', cores: 1, profile: '', sample: '/sample' },
  'settings.get': { rememberFolders: false, showPatient: true, cacheLimitMb: 0, device: 'auto', model: null, theme: 'light' },
};
export function createServices() {
  return {
    async call(method, { paths }) {
      if (method !== 'cases.open') return answers[method] ?? [];
      throw new QuorumError({ code: paths[0].split('/').at(-1), found: 'what is wrong' });
    },
    onEvent: () => () => {},
    onJob: () => () => {},
    close: async () => {},
  };
}
`;

describe.skipIf(electron === null)(SUITE, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'quorum-e2e-'));
  let display: Awaited<ReturnType<typeof startDisplay>>;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    const folder = join(scratch, 'app');
    mkdirSync(join(folder, 'dist', 'session'), { recursive: true });
    for (const name of ['dist-electron', 'package.json', 'dist/errors.js'])
      cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(resolve('dist-renderer'), join(folder, 'dist-renderer'));
    writeFileSync(join(folder, 'dist', 'session', 'services.js'), FAILING);
    display = await startDisplay();
    const environment = process.env as Record<string, string>;
    const own = { DISPLAY: display.display, XDG_STATE_HOME: join(scratch, 'profile') };
    ({ app, page } = await launchElectron(electron!, [folder], { ...environment, ...own }));
    await page.getByRole('button', { name: /sample patient/ }).waitFor();
  });
  afterAll(async () => {
    await app?.close();
    display?.stop();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  it('every error that services raise is read with its own words', async () => {
    // A service that cannot be reached is told by the banner, not by a note.
    for (const code of ERROR_CODES.filter((one) => one !== 'CANCELLED' && one !== 'NOT_REACHED')) {
      await app.evaluate(({ app: electronApp }, path) => {
        electronApp.emit('open-file', { preventDefault() {} }, path);
      }, `/${code}`);
      const note = page.locator(`.notices [data-code=${code}]`);
      await note.waitFor();
      const text = await note.innerText();
      const { what, remedy } = problemText({ code });
      expect(text).toContain(what);
      expect(text).toContain(remedy);
      expect(text).toContain('what is wrong');
    }
  });
});
