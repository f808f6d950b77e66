import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVolume } from '../../src/volume/read.js';
import { quorum } from '../cli/run.js';
import { writeTinyStudy } from '../session/harness.js';
import { writePhantomSeries } from '../support/dicomPhantom.js';
import { answerQuestions, openView, segmentAnyway } from './browser.js';
import {
  appFolderFor,
  ended,
  findElectron,
  has,
  internetSockets,
  killTree,
  launchElectron,
  processTree,
  ROOT_ARGUMENTS,
  startDisplay,
  tracedElectron,
} from './electronApp.js';

const SUITE = 'the desktop app in a real Electron';
const electron = findElectron(SUITE);
const SAMPLE = resolve('resources/sample/simulated-patient');

describe.skipIf(electron === null)(SUITE, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'quorum-e2e-'));
  const log = join(scratch, 'network.log');
  let display: Awaited<ReturnType<typeof startDisplay>>;
  let appFolder: string;

  beforeAll(async () => {
    display = await startDisplay();
    appFolder = appFolderFor(electron!, scratch);
  });
  afterAll(() => {
    display?.stop();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  });

  /** Without CI, at whose sight some libraries stop talking by themselves. */
  const environment = (profile: string) => {
    const { CI: _, ...inherited } = process.env as Record<string, string>;
    return { ...inherited, DISPLAY: display.display, XDG_STATE_HOME: join(scratch, profile) };
  };

  /** Ends an app and all its processes, so that the next one starts alone. */
  const kill = async (app: ElectronApplication) => {
    const child = app.process();
    killTree(child.pid!);
    await ended(child);
  };

  describe('one session', () => {
    const traced = has('strace');
    const violations: string[] = [];
    let app: ElectronApplication;
    let page: Page;

    beforeAll(async () => {
      const started = performance.now();
      const program = traced ? tracedElectron(electron!, scratch, log) : electron!;
      ({ app, page } = await launchElectron(program, [appFolder], environment('session')));
      page.on('console', (message) => {
        if (/Content Security Policy|Refused to/.test(message.text())) violations.push(message.text());
      });
      await page.getByRole('button', { name: /sample patient/ }).waitFor();
      console.log(
        `start to first view: ${Math.round(performance.now() - started)} ms${traced ? ' (under strace)' : ''}`,
      );
    });
    afterAll(() => app?.close());

    /** Runs a function body in the page; text, because tests are compiled without the DOM. `host` is what the preload put there. */
    const inPage = <T>(body: string): Promise<T> =>
      page.evaluate(`(async () => { const host = window.quorum; ${body} })()`);

    it('gives the page no Node, a world of its own and a sandbox', async () => {
      const globals = await inPage(
        `return ['require', 'process', 'module', 'Buffer', 'global', '__dirname'].filter((name) => name in globalThis);`,
      );
      expect(globals).toEqual([]);
      const settings = await app.evaluate(({ BrowserWindow }) => {
        const { webContents } = BrowserWindow.getAllWindows()[0];
        const contents = webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
        const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } =
          contents.getLastWebPreferences();
        const spellChecker = webContents.session.isSpellCheckerEnabled();
        return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag, spellChecker };
      });
      expect(settings).toEqual({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellChecker: false,
      });
      // What the page changes of the shared names must not reach the preload.
      const isolated = await inPage(`
        const { map } = Array.prototype;
        Array.prototype.map = () => ['caught'];
        try { return host.droppedPaths(); } finally { Array.prototype.map = map; }`);
      expect(isolated).toEqual([]);
      const kinds = await inPage<string[]>('return Object.values(host).map((value) => typeof value);');
      expect(new Set(kinds)).toEqual(new Set(['function']));
    });

    it('serves no file beside the renderer', async () => {
      const found = await inPage(`
        const paths = ['../package.json', '..%2fpackage.json', '%2e%2e/package.json', '/%2e%2e%2f%2e%2e%2fetc/passwd', '.hidden'];
        return Promise.all(paths.map(async (path) => (await fetch('app://quorum/' + path)).status));`);
      expect(found).toEqual([404, 404, 404, 404, 404]);
      const policy = await inPage(
        `return (await fetch('app://quorum/')).headers.get('content-security-policy');`,
      );
      expect(policy).toMatch(/^default-src 'none'/);
    });

    it('refuses every permission', async () => {
      const states = await inPage<string[]>(`
        const asked = ['geolocation', 'notifications'].map((name) => navigator.permissions.query({ name }));
        const camera = navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'granted', () => 'denied');
        const states = (await Promise.all(asked)).map(({ state }) => state);
        return [...states, await camera, await Notification.requestPermission()];`);
      expect(new Set(states)).toEqual(new Set(['denied']));
    });

    it('refuses messages that no page of ours sends', async () => {
      const answers = await inPage<unknown[]>(`
        const attempt = (run) => run().then((answer) => answer, () => 'refused');
        return [
          await attempt(() => host.request({ method: 'segment.start', request: {} })),
          await attempt(() => host.request(null)),
          await attempt(() => host.pick('anything')),
          await attempt(() => host.savePicture(new ArrayBuffer(8), 'x')),
        ];`);
      expect(answers[0]).toMatchObject({ ok: false, problem: { code: 'REQUEST_INVALID' } });
      expect(answers[1]).toMatchObject({ ok: false, problem: { code: 'REQUEST_INVALID' } });
      expect(answers.slice(2)).toEqual(['refused', 'refused']);
    });

    it('segments the sample patient and exports the very mask of the command line', async () => {
      await page.getByRole('button', { name: /sample patient/ }).click();
      for (const question of ['adult', 'treated', 'glioma'])
        await page.locator(`[data-question=${question}] input[value=unknown]`).check({ force: true });
      for (const sequence of ['T1', 'T1ce', 'T2'])
        await page.getByRole('switch', { name: `Use ${sequence}`, exact: true }).click();
      await page.getByRole('button', { name: 'Segment', exact: true }).click();
      await page.getByRole('button', { name: 'Segment again' }).waitFor({ timeout: 300_000 });

      const out = join(scratch, 'exported');
      mkdirSync(out);
      await app.evaluate(({ dialog }, folder) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
      }, out);
      await page
        .getByRole('button', { name: /^Export/ })
        .first()
        .click();
      const exporting = page.getByRole('dialog');
      await exporting.getByRole('button', { name: 'Choose a folder…' }).click();
      await expect.poll(() => exporting.locator('code').first().innerText()).toBe(out);
      await exporting.getByRole('button', { name: 'Save', exact: true }).click();
      const showIt = exporting.getByRole('button', { name: 'Show in the folder' });
      await showIt.waitFor();
      expect(readdirSync(out, { recursive: true }).join()).toContain('_seg.nii.gz');
      await app.evaluate(({ shell }) => {
        const shown: string[] = [];
        Object.assign(globalThis, { exported: shown });
        shell.showItemInFolder = (path) => void shown.push(path);
      });
      await showIt.click();
      const exported = () => app.evaluate(() => (globalThis as unknown as { exported: string[] }).exported);
      await expect.poll(async () => (await exported()).length).toBe(1);
      const [shownFile] = await exported();
      expect(existsSync(shownFile) && shownFile.startsWith(out)).toBe(true);

      const cli = join(scratch, 'cli');
      expect((await quorum('segment', SAMPLE, '--use', 'flair', '--out', cli)).code).toBe(0);
      const [mine, theirs] = await Promise.all([maskIn(out), maskIn(cli)]);
      expect(mine.size).toEqual(theirs.size);
      expect(mine.affine).toEqual(theirs.affine);
      expect(Buffer.compare(Buffer.from(mine.data.buffer), Buffer.from(theirs.data.buffer))).toBe(0);
      await page.keyboard.press('Escape');
      await exporting.waitFor({ state: 'detached' });
    }, 600_000);

    it.skipIf(!has('pdftotext'))(
      'saves the report as PDF by its button, with text that can be read',
      async () => {
        const file = join(scratch, 'patient.pdf');
        await app.evaluate(({ dialog }, filePath) => {
          dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
        }, file);
        const volume = await page.locator('[data-testid=volumes] [data-region=WT] .ml').innerText();
        await page.locator('main').press('e');
        const exporting = page.getByRole('dialog', { name: /^Export/ });
        await exporting.getByRole('button', { name: 'Look at the report' }).click();
        await page.getByRole('button', { name: 'Save as PDF…' }).click();
        // A PDF ends with a mark of its end.
        await expect
          .poll(() => existsSync(file) && readFileSync(file).subarray(-32).toString('latin1'))
          .toContain('%%EOF');
        const text = execFileSync('pdftotext', ['-layout', file, '-']).toString();
        expect(text).toContain('simulated-patient');
        expect(text).toMatch(/not a medical device/i);
        expect(text).toContain(` ${volume.replace(' ml', '')} `);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog', { name: 'The report' }).waitFor({ state: 'detached' });
        await page.keyboard.press('Escape');
        await exporting.waitFor({ state: 'detached' });
      },
    );

    it('prints the report to PDF', async () => {
      const file = join(scratch, 'report.pdf');
      await app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, file);
      const saved = await inPage(
        `return host.savePdf('<h1>Report</h1><script>alert(1)</script><img src="https://example.com/x.png">', 'a/b');`,
      );
      expect(saved).toBe(file);
      expect(readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-');
    });

    it('shows what it wrote in the file manager, and nothing else', async () => {
      await app.evaluate(({ shell }) => {
        const shown: string[] = [];
        Object.assign(globalThis, { shown });
        shell.showItemInFolder = (path) => void shown.push(path);
      });
      const report = join(scratch, 'report.pdf');
      await inPage(
        `for (const path of ${JSON.stringify([report, '/etc/passwd', SAMPLE])}) await host.reveal(path);`,
      );
      expect(await app.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)).toEqual([
        report,
      ]);
    });

    it('does what its native menu says', async () => {
      const press = (label: string) =>
        app.evaluate(({ BrowserWindow, Menu }, wanted) => {
          const items = Menu.getApplicationMenu()!.items.flatMap(({ submenu }) => submenu?.items ?? []);
          const item = items.find((each) => each.label === wanted);
          if (!item) throw new Error(`no menu item ${wanted}`);
          item.click(undefined, BrowserWindow.getAllWindows()[0], undefined);
        }, label);
      const views = page.getByRole('navigation', { name: 'Views' });
      for (const view of ['Case', 'Compare', 'Settings', 'Models']) {
        await press(view);
        await views.locator('[aria-current=page]', { hasText: view }).waitFor();
      }
      for (const [label, title] of [
        ['Export…', /^Export/],
        ['Keyboard', 'Keyboard and about'],
      ] as const) {
        await press(label);
        await page.getByRole('dialog', { name: title }).waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      const recents = await app.evaluate(({ Menu }) => {
        const file = Menu.getApplicationMenu()!.items.find(({ label }) => label === '&File')!;
        const recent = file.submenu!.items.find(({ label }) => label === 'Open Recent')!;
        return recent.submenu!.items.map(({ label }) => label);
      });
      // The sample patient is nobody: it is not remembered.
      expect(recents).toEqual(['None']);
    });

    it('broke no rule of its own content security policy', () => {
      expect(violations).toEqual([]);
    });

    it('checks no spelling while text is typed', async () => {
      await inPage(`
        for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
        const field = document.createElement('textarea');
        document.body.append(field);
        field.focus();`);
      await page.keyboard.type('Glioblastoma teh mispeled wrods');
      await expect.poll(() => inPage(`return document.querySelector('textarea').value;`)).toMatch(/wrods$/);
    });

    it('stays where it is: no navigation, no new window, no request to elsewhere', async () => {
      const address = page.url();
      expect(address).toBe('app://quorum/');
      const attempts = await inPage(`
        const opened = window.open('https://example.com/') !== null;
        const fetched = await fetch('https://example.com/').then(() => true, () => false);
        const link = document.createElement('a');
        Object.assign(link, { href: 'https://example.com/', target: '_blank' });
        link.click();
        location.href = 'file:///etc/passwd';
        location.href = 'https://example.com/';
        return { opened, fetched };`);
      await new Promise((done) => setTimeout(done, 1000));
      expect(attempts).toEqual({ opened: false, fetched: false });
      const windows = await app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()),
      );
      expect(windows).toEqual([address]);
    });

    it.skipIf(!traced)('talked to nobody, and asked for no name, from its start to its end', async () => {
      await new Promise((done) => setTimeout(done, 2000));
      await app.close();
      const lines = readFileSync(log, 'utf8').split('\n');
      expect(lines.filter((line) => line.includes('socket(AF_UNIX')).length).toBeGreaterThan(0);
      const internet = lines.filter((line) =>
        /(connect|sendto|sendmsg|sendmmsg)\(.*sa_family=AF_INET6?/.test(line),
      );
      expect(internet).toEqual([]);
    });
  });

  describe('killed while editing, and started again', () => {
    let again: { app: ElectronApplication; page: Page };
    afterAll(async () => {
      if (again) await kill(again.app);
    });

    it('has every stroke when it is started again', async () => {
      const study = await writeTinyStudy(scratch, 'patient', ['flair']);
      const start = async () => {
        const { app, page } = await launchElectron(electron!, [appFolder, study], environment('killed'));
        await page.getByRole('heading', { name: 'patient', exact: true }).waitFor();
        return { app, page };
      };
      const first = await start();
      await answerQuestions(first.page);
      await segmentAnyway(first.page);
      await openView(first.page, 'Correct');
      await first.page.getByRole('button', { name: 'Brush' }).click();
      await first.page.locator('canvas[data-plane=axial]').focus();
      for (let step = 0; step < 8; step++) await first.page.keyboard.press('ArrowLeft');
      await first.page.keyboard.press('Space');
      await first.page.getByText('1 stroke,', { exact: false }).waitFor();
      await first.page.getByText('kept on disk').waitFor();
      const edited = await first.page.getByTestId('edit-volumes').textContent();
      await kill(first.app);

      again = await start();
      await openView(again.page, 'Correct');
      await again.page.getByText('1 stroke,', { exact: false }).waitFor();
      await expect.poll(() => again.page.getByTestId('edit-volumes').textContent()).toBe(edited);
    });

    it('converts and shows a folder of DICOM that the system opens with it', async () => {
      const study = join(scratch, 'dicom');
      await writePhantomSeries(join(study, 'a'), { series: 1, description: 'T1 AX', brightness: 20 });
      await writePhantomSeries(join(study, 'b'), { series: 2, description: 'FLAIR AX', brightness: 120 });
      const { app, page } = again;
      await app.evaluate(({ app: electronApp }, path) => {
        electronApp.emit('open-file', { preventDefault() {} }, path);
      }, study);
      await page.getByRole('heading', { level: 1, name: /^Doe4711/ }).waitFor();
      await openView(page, 'Case');
      for (const name of ['T1 AX', 'FLAIR AX']) await page.getByText(name).first().waitFor();
      await page.getByRole('region', { name: 'Images' }).locator('canvas').first().waitFor();
      expect(await page.getByText('could not be converted').count()).toBe(0);
      await page.getByText('No sequence to show yet').waitFor({ state: 'detached' });
    });
  });

  describe('a cohort of two', () => {
    it('runs, asks before it is closed in the middle, goes on when opened again, and gives the table of the command line', async () => {
      const patients = join(scratch, 'patients');
      const results = join(scratch, 'cohort');
      mkdirSync(results);
      await writeTinyStudy(patients, 'Aalto', ['t1', 'flair']);
      await writeTinyStudy(patients, 'Berg', ['flair']);
      const start = async (path: string) => {
        const { app, page } = await launchElectron(electron!, [appFolder, path], environment('cohort'));
        await page.getByTestId('cohort-table').waitFor();
        await app.evaluate(({ dialog }, folder) => {
          Object.assign(globalThis, { asked: [] });
          dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
          dialog.showMessageBox = ((_: unknown, { message }: { message: string }) => {
            (globalThis as unknown as { asked: string[] }).asked.push(message);
            return Promise.resolve({ response: 0, checkboxChecked: false });
          }) as typeof dialog.showMessageBox;
        }, results);
        return { app, page };
      };
      const first = await start(patients);
      await first.page.getByRole('button', { name: 'Run all (2)' }).click();
      const setUp = first.page.getByRole('dialog', { name: 'Run 2 cases' });
      await setUp.getByRole('button', { name: 'Choose a folder…' }).click();
      await setUp.getByLabel('Take images as they are').check();
      await setUp.getByRole('button', { name: 'Run 2 cases' }).click();
      await first.page.getByRole('progressbar', { name: 'Cohort' }).waitFor();
      await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].close());
      const asked = () => first.app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
      await expect.poll(asked).toEqual(['A cohort is being run.']);
      await first.page.locator('[data-case][data-state=done]').first().waitFor();
      await kill(first.app);

      const second = await start(results);
      const goOn = second.page.getByRole('button', { name: /Go on with/ });
      const isDone = second.page.getByTestId('cohort-progress').getByText('2 of 2 done');
      await goOn.or(isDone).waitFor();
      if (await goOn.isVisible()) await goOn.click();
      await isDone.waitFor();
      await second.page.getByRole('button', { name: 'Write the tables' }).click();
      await second.page.getByTestId('tables-written').waitFor();
      const cli = join(scratch, 'cohort-cli');
      expect((await quorum('segment', patients, '--out', cli, '--force')).code).toBe(0);
      expect((await quorum('table', cli)).code).toBe(0);
      const volumes = (folder: string) =>
        readFileSync(join(folder, 'table', 'cohort_long.csv'), 'utf8')
          .trimEnd()
          .split('\r\n')
          .sort();
      expect(volumes(results).length).toBeGreaterThan(6);
      expect(volumes(results)).toEqual(volumes(cli));
      await kill(second.app);
    }, 600_000);
  });

  describe('left alone', () => {
    const asRoot = process.getuid?.() === 0;

    it(`listens on nothing${asRoot ? ', and works in a network namespace that has no network' : ''}`, async () => {
      const isolate = asRoot ? ['unshare', '-n'] : [];
      const [command, ...args] = [...isolate, electron!, appFolder, ...ROOT_ARGUMENTS, SAMPLE];
      const child = spawn(command, args, { env: environment('alone'), stdio: 'ignore' });
      try {
        const recents = join(scratch, 'alone', 'quorum', 'recents.json');
        // The page asked the services to open the folder of the command line: window, page, IPC and services all run.
        await expect
          .poll(() => (existsSync(recents) ? readFileSync(recents, 'utf8') : ''))
          .toContain('simulated-patient');
        const tree = processTree(child.pid!);
        expect(tree.length).toBeGreaterThan(3);
        expect(internetSockets(tree)).toEqual([]);
      } finally {
        child.kill('SIGTERM');
        await ended(child);
      }
    });
  });
});

async function maskIn(folder: string) {
  const name = (readdirSync(folder, { recursive: true }) as string[]).find((file) =>
    /_seg\.nii\.gz$/.test(file),
  );
  return readVolume(join(folder, name!));
}
