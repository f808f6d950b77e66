/**
 * Starts a packaged app on the simulated patient and waits until its services have opened it: window, page, messages, services and
 * profile all work then. Usage: node packaging/smoke.mjs PATH-OF-THE-PROGRAM
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [program, ...args] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'quorum-smoke-'));
const profiles = {
  win32: join(scratch, 'Quorum'),
  darwin: join(homedir(), 'Library', 'Application Support', 'Quorum'),
  linux: join(scratch, 'quorum'),
};
const recents = join(profiles[process.platform], 'recents.json');
const environment = { ...process.env, XDG_STATE_HOME: scratch, LOCALAPPDATA: scratch };
const unsandboxed = process.platform === 'linux' ? ['--no-sandbox'] : [];
const child = spawn(program, [...unsandboxed, ...args, resolve('resources/sample/simulated-patient')], {
  env: environment,
  stdio: 'inherit',
});
child.once('error', (error) => end(1, error.message));
child.once('exit', (code) => end(1, `ended with ${code}`));

const started = Date.now();
setInterval(() => {
  const text = existsSync(recents) ? readFileSync(recents, 'utf8') : '';
  if (text.includes('simulated-patient'))
    end(0, `opened the sample patient after ${Date.now() - started} ms`);
  else if (Date.now() - started > 60_000) end(1, 'opened nothing within a minute');
}, 100);

function end(code, message) {
  console.log(`${program}: ${message}`);
  child.removeAllListeners();
  child.kill();
  process.exit(code);
}
