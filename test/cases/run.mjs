import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Runs the cases of ../shared/cases against this checkout, and its recogniser over the real series descriptions. Arguments go to run.py. */

const folder = resolve(process.env.QUORUM_CASES ?? '../shared/cases');
const runner = resolve(folder, 'run.py');
const score = resolve(folder, 'real-series-descriptions/score.py');
const given = process.argv.slice(2);
const cli = ['--quorum', 'node dist/cli/main.js', '--cwd', process.cwd()];
/** In percent: the goal of docs/intake.md. */
const LEAST = { dicom: 97, name: 93, sidecar: 93 };

function skip(why) {
  console.warn(`SKIPPED: the cases: ${why}`);
  process.exit(0);
}

if (!existsSync(runner)) skip(`no ${runner} (set QUORUM_CASES)`);
const python = ['python3', '/usr/bin/python3'].find(
  (one) => spawnSync(one, ['-c', 'import numpy, scipy, nibabel, pydicom']).status === 0,
);
if (!python) skip('no python3 with numpy, scipy, nibabel and pydicom');

const run = (args) => spawnSync(python, args, { stdio: 'inherit' }).status ?? 1;
let status = run([runner, folder, ...cli, ...given]);
if (given.length === 0 && existsSync(score))
  for (const [way, least] of Object.entries(LEAST))
    status = run([score, '--errors', '--ways', way, '--min', String(least), ...cli]) || status;
process.exit(status);
