/** `quorum inspect --devices --benchmark` on this machine, with the software GPU that Chromium brings where it is there. */
import { execFileSync } from 'node:child_process';
import { swiftshaderEnvironment } from '../../engine/tensorflow/swiftshader.js';
import { writeLog } from './log.js';

const text = execFileSync(
  process.execPath,
  ['dist/cli/main.js', 'inspect', '--devices', '--benchmark', '--json'],
  {
    encoding: 'utf8',
    env: { ...process.env, ...swiftshaderEnvironment },
  },
);
writeLog('devices', { devices: JSON.parse(text) });
