/**
 * Where a case's time goes: a raw examination and the sample patient through the command line, on one core and on all, and as if the
 * machine had 4 and 8 (its threads then share the cores that are there), and the same mask each time. Run by `npm run bench:limits`; the raw case is the folder given, or the one below the research data.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timing } from '../../../src/commands/timing.js';
import { SAMPLE_PATIENT } from '../../../src/pipeline/sample.js';
import { REAL_DATA } from '../../support/data.js';
import { writeLog } from './log.js';

const SIMULATED = [4, 8];

const scratch = mkdtempSync(join(tmpdir(), 'quorum-timing-'));
const runs: object[] = [];
try {
  const raw = rawCase();
  for (const [name, folder] of [...(raw ? [['raw', raw]] : []), ['prepared', SAMPLE_PATIENT]] as const)
    for (const cores of [1, cpus().length, ...SIMULATED.filter((n) => n > cpus().length)])
      runs.push({ case: name, cores, simulated: cores > cpus().length, ...run(folder, cores) });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
writeLog('timing', { runs });

function run(folder: string, cores: number): { timing: Timing; mask: string } {
  const out = mkdtempSync(join(scratch, 'out-'));
  const command = [
    ...(cores > cpus().length ? ['--import', asIfCores(cores)] : []),
    'dist/cli/main.js',
    'segment',
    folder,
    '--out',
    out,
    '--device',
    'cpu',
    '--timing',
    '--json',
  ];
  const pinned = cores < cpus().length ? ['taskset', '-c', `0-${cores - 1}`] : [];
  const [program, ...rest] = [...pinned, process.execPath, ...command];
  const lines = execFileSync(program, rest, { encoding: 'utf8', maxBuffer: 1e8, env: profile() })
    .trim()
    .split('\n');
  const { timing } = JSON.parse(lines.at(-1)!) as { timing: Timing };
  const mask = readdirSync(out).find((file) => file.endsWith('_seg.nii.gz'))!;
  return {
    timing,
    mask: createHash('sha256')
      .update(readFileSync(join(out, mask)))
      .digest('hex')
      .slice(0, 16),
  };
}

/** A module that lets a process believe in so many cores: everything that chooses a number of threads asks `node:os`. */
function asIfCores(cores: number): string {
  const code = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
    const all = Array.from({ length: ${cores} }, () => os.cpus()[0]);
    os.availableParallelism = () => ${cores}; os.cpus = () => all; syncBuiltinESMExports();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

function profile(): NodeJS.ProcessEnv {
  return { ...process.env, XDG_STATE_HOME: join(scratch, 'profile') };
}

/** The four files of the raw examination, alone in a folder. */
function rawCase(): string | null {
  const from = join(REAL_DATA, 'raw/TCGA-FG-6692');
  if (!existsSync(from)) return null;
  const folder = join(scratch, 'raw');
  mkdirSync(folder);
  for (const file of readdirSync(from))
    if (file.endsWith('.nii.gz')) cpSync(join(from, file), join(folder, file));
  return folder;
}
