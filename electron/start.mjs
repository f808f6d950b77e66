/** `npm start`: the desktop app; where there is no Electron or no display it says so, and serves browser mode. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const electron = findElectron();
const missing = reasonAgainst(electron);
if (missing === null) {
  // As root, Chromium refuses its sandbox.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  run(electron, [root, ...asRoot, ...args]);
} else {
  console.log(`${missing} Quorum is shown in your browser instead.`);
  const opener = process.platform !== 'linux' || hasDisplay() ? ['--open'] : [];
  run(process.execPath, [join(root, 'dist/cli/main.js'), 'serve', ...opener, ...args]);
}

/** Where Electron's binary would be; requiring the package would download it unasked. */
function findElectron() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const name = names[process.platform] ?? 'electron';
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return join(override, name);
  try {
    return join(dirname(createRequire(import.meta.url).resolve('electron/package.json')), 'dist', name);
  } catch {
    return null;
  }
}

function reasonAgainst(path) {
  if (path === null || !existsSync(path)) {
    return 'Electron is not installed (`npx install-electron` in this folder downloads it).';
  }
  const version = join(dirname(path), 'version');
  const major = existsSync(version)
    ? Number.parseInt(readFileSync(version, 'utf8').replace(/^v/, ''), 10)
    : 99;
  if (major < 32) return `Electron ${major} is too old for the services (Node 20.15).`;
  return process.platform !== 'linux' || hasDisplay() ? null : 'There is no display.';
}

function hasDisplay() {
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function run(command, commandArgs) {
  const child = spawn(command, commandArgs, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`${command}: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
