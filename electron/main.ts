import { join } from 'node:path';
import { app, type BrowserWindow, session as electronSession, shell } from 'electron';
import { defaultProfileFolder } from '../src/files/privateFiles.js';
import type { Services } from '../src/session/services.js';
import { CHANNELS } from './channels.js';
import { askOnClosing } from './closing.js';
import { pick, saveAs } from './dialogs.js';
import { connectServices, handle } from './ipc.js';
import { openLink } from './links.js';
import { type MenuHost, type Recents, showMenu } from './menu.js';
import { OpenPaths, pathsOf } from './openPaths.js';
import { denyNetwork, denyPermissions, switchOffSpellChecker } from './permissions.js';
import { registerScheme, serveRenderer } from './protocol.js';
import { keepQuiet, silenceLibraries } from './quiet.js';
import { printToPdf } from './reportPdf.js';
import { loadServices } from './services.js';
import { createWindow, showRenderer } from './window.js';
import { readLanguage } from './words.js';
import { WrittenFiles } from './writtenFiles.js';

/** Without `persist:` it lives in memory: no page, cookie or storage of the window is ever on disk. */
const PARTITION = 'quorum-window';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const appFolder = join(__dirname, '..');
const profile = defaultProfileFolder();
const openPaths = new OpenPaths();

// Electron's own folder would lie in the roaming profile.
app.setPath('userData', join(profile, 'electron'));
app.setName('Quorum');
// As root (tests in a container) Chromium runs without its sandbox or not at all; the window's own switch stays on.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
silenceLibraries();
keepQuiet();
registerScheme();

if (app.requestSingleInstanceLock()) void start();
else app.quit();

async function start(): Promise<void> {
  openPaths.push(pathsOf(process.argv.slice(1), process.cwd(), appFolder));
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openPaths.push([path]);
  });
  app.on('window-all-closed', () => app.quit());
  const services = loadServices(plainFiles(appFolder));
  services.catch((error) => console.error('The services could not be started:', error));
  endServices(services);
  await app.whenReady();
  const session = electronSession.fromPartition(PARTITION);
  switchOffSpellChecker(electronSession.defaultSession);
  switchOffSpellChecker(session);
  denyPermissions(session);
  denyNetwork(session);
  serveRenderer(session, join(appFolder, 'dist-renderer'));
  const window = createWindow(session, join(profile, 'electron', 'window.json'));
  app.on('second-instance', (_event, argv, workingFolder) => {
    if (window.isMinimized()) window.restore();
    window.focus();
    openPaths.push(pathsOf(argv.slice(1), workingFolder, appFolder));
  });
  answerWindow(window, services);
  askOnClosing(window, services);
  keepMenu(window, services);
  await showRenderer(window);
}

/** Packaged, the services lie beside the archive (electron-builder.yml, asarUnpack). */
function plainFiles(folder: string): string {
  return folder.replace(/app\.asar$/, 'app.asar.unpacked');
}

/** Before the app ends, the services finish what they write. */
function endServices(services: Promise<Services>): void {
  let ended = false;
  app.on('will-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    const close = services.then((running) => running.close());
    void close
      .catch((error) => console.error('The services did not end:', error))
      .finally(() => {
        ended = true;
        app.quit();
      });
  });
}

function answerWindow(window: BrowserWindow, services: Promise<Services>): void {
  const { webContents } = window;
  const written = new WrittenFiles();
  connectServices(webContents, services);
  services.then(
    (client) => written.follow(client),
    () => undefined,
  );
  handle(CHANNELS.pick, webContents, (what) => pick(window, what));
  handle(CHANNELS.savePdf, webContents, async (html, name) =>
    written.add(await saveAs(window, name, 'pdf', () => printToPdf(html))),
  );
  handle(CHANNELS.savePicture, webContents, async (png, name) => {
    if (!(png instanceof ArrayBuffer) || !PNG.every((byte, i) => new Uint8Array(png)[i] === byte))
      throw new Error('not a PNG');
    return written.add(await saveAs(window, name, 'png', async () => new Uint8Array(png)));
  });
  handle(CHANNELS.reveal, webContents, (path) => {
    if (written.has(path)) shell.showItemInFolder(path);
  });
  handle(CHANNELS.takeOpenPaths, webContents, () =>
    openPaths.take((paths) => webContents.send(CHANNELS.openPaths, paths)),
  );
  webContents.on('did-start-loading', () => openPaths.hold());
}

/** The menu with the recent folders, in the language of the settings; made anew when either changes. */
function keepMenu(window: BrowserWindow, services: Promise<Services>): void {
  const host: MenuHost = {
    act: (action) => window.webContents.send(CHANNELS.menu, action),
    open: (paths) => openPaths.push(paths),
    clearRecents: () =>
      void services.then((client) => client.call('recents.clear', {})).then(refresh, () => undefined),
    openLink: (name) => void openLink(name),
  };
  let shown = '';
  const refresh = async () => {
    const recents: Recents = await services.then((client) => client.call('recents.list', {})).catch(() => []);
    const now = JSON.stringify([await readLanguage(services), recents]);
    if (now !== shown) showMenu(host, recents);
    shown = now;
  };
  showMenu(host, []);
  void refresh();
  services.then(
    (client) =>
      client.onEvent(({ type }) => {
        if (type === 'case' || type === 'caseClosed') void refresh();
      }),
    () => undefined,
  );
  window.on('focus', () => void refresh());
  // A page that changes its language is loaded again.
  window.webContents.on('did-finish-load', () => void refresh());
  void refresh();
}
