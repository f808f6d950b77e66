/** What was broken on purpose: the tests that do so, run once, and what each says of what is lost. Run by `npm run bench:limits`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLog } from './log.js';

/** [file, part of the test's name, what was broken, what happens, what is lost]. */
const FAULTS = [
  [
    'test/session/worker.test.ts',
    'that is killed in mid-job',
    'the worker killed in the middle of a job',
    'the job fails with WORKER_DIED, a new worker starts',
    'that job; earlier results stay',
  ],
  [
    'test/session/worker.test.ts',
    'answers a question that was open',
    'the worker killed while a mask is asked for',
    'the question is asked again',
    'nothing',
  ],
  [
    'test/session/worker.test.ts',
    'gives up on a question that kills',
    'a question that kills every worker',
    'it fails after the second',
    'that question',
  ],
  [
    'test/session/worker.test.ts',
    'that does not stop within a second',
    'a task that does not hear its cancellation',
    'its process is ended, other questions are asked again',
    'nothing',
  ],
  [
    'test/engine/devices/fallbackEngine.test.ts',
    'repeats all passes',
    'a graphics card that fails in the middle of a job',
    'all passes are repeated on the CPU, the report says so',
    'time',
  ],
  [
    'test/engine/devices/selectEngine.test.ts',
    'survives a device that ends its process',
    'a driver that ends its process',
    'the device is rejected, the CPU is used',
    'nothing',
  ],
  [
    'test/kept/logitsCache.test.ts',
    'takes a damaged file',
    'a damaged file in the cache',
    'it counts as none and is removed',
    'time: it is computed again',
  ],
  [
    'test/kept/logitsCache.test.ts',
    'lets the oldest go',
    'a cache at its limit',
    'the oldest goes',
    'time, when that case is opened again',
  ],
  [
    'test/kept/preparedStore.test.ts',
    'comes back that a crash left aside',
    'a crash while a preparation replaces another',
    'the earlier one comes back',
    'the one that was not finished',
  ],
  [
    'test/kept/sweep.test.ts',
    'left by a process that was killed',
    'processes killed while they work',
    'what they left is removed at the next start',
    'nothing',
  ],
  [
    'test/kept/sweep.test.ts',
    'cleared at once of what a worker left',
    'a worker killed while it exports',
    'its hidden folder is removed',
    'that export',
  ],
  [
    'test/volume/hostile.test.ts',
    'changed gzip streams',
    'damaged gzip files',
    'a coded error for the file',
    'nothing',
  ],
  [
    'test/volume/hostile.test.ts',
    'tiny file that announces gigabytes',
    'a header that announces gigabytes',
    'refused before memory is taken',
    'nothing',
  ],
  [
    'test/intake/hostile.test.ts',
    '2,000 truncated and mutated files',
    '2,000 truncated and mutated DICOM files',
    'an image or a coded error each',
    'nothing',
  ],
  ['test/intake/hostile.test.ts', 'gzip bomb', 'archives that unpack without end', 'refused', 'nothing'],
] as const;

const scratch = mkdtempSync(join(tmpdir(), 'quorum-faults-'));
try {
  const file = join(scratch, 'result.json');
  const files = [...new Set(FAULTS.map(([one]) => one))];
  try {
    execFileSync('npx', ['vitest', 'run', '--reporter=json', `--outputFile=${file}`, ...files], {
      stdio: 'ignore',
    });
  } catch {
    // A test that fails stands in the table.
  }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as {
    testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  const faults = FAULTS.map(([test, title, broken, happened, lost]) => {
    const all = testResults.find(({ name }) => name.endsWith(test))?.assertionResults ?? [];
    const found = all.find(({ fullName }) => fullName.includes(title));
    const state = found?.status === 'passed' || found?.status === 'failed' ? found.status : 'not run';
    return { broken, happened, lost, test, state };
  });
  writeLog('faults', { faults });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
