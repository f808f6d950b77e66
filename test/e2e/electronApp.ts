import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

/** A real Electron for tests, and the built app in a form that it can run. */

const CHECKOUT = resolve('.');

/** Electron's binary, or null; says loudly, by the suite's name, when a suite is skipped for want of it. */
export function findElectron(suite: string): string | null {
  const folders = [
    process.env.ELECTRON_OVERRIDE_DIST_PATH,
    join(dirname(createRequire(import.meta.url).resolve('electron/package.json')), 'dist'),
  ];
  const binary = folders
    .flatMap((folder) => (folder ? [join(folder, 'electron')] : []))
    .find((path) => existsSync(path));
  if (!binary || process.platform !== 'linux') {
    console.warn(`SKIPPED: ${suite}: no Electron for Linux here (set ELECTRON_OVERRIDE_DIST_PATH)`);
    return null;
  }
  if (!process.env.DISPLAY && !has('Xvfb')) {
    console.warn(`SKIPPED: ${suite}: no display, and no Xvfb to make one`);
    return null;
  }
  return binary;
}

export function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder to start: the checkout, or, for an Electron whose Node is older than 20.15, a copy of the build in which what that Node
 * lacks (zlib.crc32, AbortSignal.any, Array.prototype.toSorted and toReversed) is added.
 */
export function appFolderFor(electron: string, scratch: string): string {
  const version = join(dirname(electron), 'version');
  const major = existsSync(version)
    ? Number.parseInt(readFileSync(version, 'utf8').replace('v', ''), 10)
    : 99;
  for (const built of ['dist', 'dist-electron', 'dist-renderer']) {
    if (!existsSync(built)) throw new Error(`${built} is missing: npm run build`);
  }
  if (major >= 32) return CHECKOUT;
  const folder = join(scratch, 'app');
  mkdirSync(folder);
  for (const name of ['dist', 'dist-electron', 'package.json'])
    cpSync(name, join(folder, name), { recursive: true });
  for (const name of ['dist-renderer', 'resources', 'node_modules'])
    symlinkSync(resolve(name), join(folder, name));
  writeFileSync(join(folder, 'dist', 'old-node.js'), OLD_NODE);
  for (const name of readdirSync(join(folder, 'dist'), { recursive: true }) as string[]) {
    if (name.endsWith('.js') && name !== 'old-node.js')
      adapt(join(folder, 'dist', name), name.split('/').length - 1);
  }
  return folder;
}

const OLD_NODE = `
export * from 'node:zlib';
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
export function crc32(bytes, before = 0) {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
AbortSignal.any ??= (signals) => {
  const controller = new AbortController();
  for (const signal of signals) {
    const follow = () => controller.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
  }
  return controller.signal;
};
Array.prototype.toSorted ??= function (order) { return [...this].sort(order); };
Array.prototype.toReversed ??= function () { return [...this].reverse(); };
`;

function adapt(file: string, depth: number): void {
  const shim = `${'../'.repeat(depth) || './'}old-node.js`;
  const text = readFileSync(file, 'utf8').replace(/from ["']node:zlib["']/, `from '${shim}'`);
  writeFileSync(
    file,
    /(session\/services|worker\/main)\.js$/.test(file) ? `import '${shim}';\n${text}` : text,
  );
}

/** A display: the one that is there, or one of its own. */
export async function startDisplay(): Promise<{ display: string; stop(): void }> {
  const { DISPLAY } = process.env;
  if (DISPLAY) return { display: DISPLAY, stop() {} };
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise<string>((started, failed) => {
    server.stdio[3]!.once('data', (data) => started(String(data).trim()));
    server.once('error', failed);
    server.once('exit', (code) => failed(new Error(`Xvfb ended with ${code}`)));
  });
  return { display: `:${number}`, stop: () => server.kill() };
}

/** What to put before Electron's arguments; as root, Chromium's own sandbox cannot be used. */
export const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Starts the app, with as much patience as a browser has. Returns it with its first window. */
export async function launchElectron(
  executablePath: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ app: ElectronApplication; page: Page }> {
  const timeout = 120_000;
  const app = await _electron.launch({ executablePath, args: [...ROOT_ARGUMENTS, ...args], env, timeout });
  app.context().setDefaultTimeout(timeout);
  const page = await app.firstWindow({ timeout });
  return { app, page };
}

/** A program that runs Electron under strace, which writes every network call of every process to `log`. */
export function tracedElectron(electron: string, scratch: string, log: string): string {
  const program = join(scratch, 'traced-electron');
  writeFileSync(
    program,
    `#!/bin/sh\nexec strace -f --seccomp-bpf -s 256 -e trace=%network -o '${log}' '${electron}' "$@"\n`,
  );
  chmodSync(program, 0o700);
  return program;
}

/** The process and all that it started. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    try {
      if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
    } catch {
      // Ended meanwhile.
    }
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** Signals those processes that have not ended meanwhile. */
export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Kills a process and all that it started, the youngest first. */
export const killTree = (root: number) => signal(processTree(root).reverse(), 'SIGKILL');

function parentOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Lines of the kernel's tables of TCP and UDP sockets (state in column 4, inode in column 10) that belong to these processes. */
export function internetSockets(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/${pids[0]}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => `${table} ${line.trim()}`),
  );
  return tables.filter((line) => inodes.has(line.split(/\s+/)[10]));
}

function socketInodes(pid: number): string[] {
  try {
    return execFileSync('find', [`/proc/${pid}/fd`, '-lname', 'socket:*', '-printf', '%l\\n'], {
      stdio: 'pipe',
    })
      .toString()
      .split('\n')
      .map((link) => link.replace(/\D/g, ''))
      .filter(Boolean);
  } catch {
    return [];
  }
}

export function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((done) => child.once('exit', done));
}
