/**
 * An earlier build against this one on the same raw examination, one after the other in one run: seconds, processor seconds, the mask.
 * By hand: `npx tsx test/bench/limits/beforeAfter.ts EARLIER CASE`, EARLIER being a checkout that was built.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeLog } from './log.js';

const [earlier, input] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'quorum-before-'));
try {
  const [before, after] = [resolve(earlier), process.cwd()].map(run);
  writeLog('beforeAfter', { before, after, sameMask: before.mask === after.mask });
  console.log(before, after);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function run(checkout: string) {
  const out = mkdtempSync(join(scratch, 'out-'));
  const cpu = childSeconds();
  const started = performance.now();
  const parameters = [
    join(checkout, 'dist/cli/main.js'),
    'segment',
    resolve(input),
    '--out',
    out,
    '--device',
    'cpu',
  ];
  const { status } = spawnSync(process.execPath, parameters, {
    cwd: checkout,
    stdio: 'ignore',
    env: { ...process.env, XDG_STATE_HOME: join(scratch, 'profile') },
  });
  if (status !== 0) throw new Error(`${checkout}: exit code ${status}`);
  const mask = readdirSync(out).find((file) => file.endsWith('_seg.nii.gz'))!;
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: childSeconds() - cpu,
    mask: createHash('sha256')
      .update(readFileSync(join(out, mask)))
      .digest('hex')
      .slice(0, 16),
  };
}

/** Processor seconds of all children that have ended: the kernel's count, in ticks of 10 ms. */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
