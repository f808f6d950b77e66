import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SIDE, writePhantomSeries } from '../support/dicomPhantom.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorum-syntax-'));
  await writePhantomSeries(join(folder, 'dicom'), {
    series: 1,
    description: 'T1 AX',
    brightness: 0,
    slices: 6,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONVERT = `
import { openCandidate } from './src/intake/openCandidate.ts';
import { scan } from './src/intake/scan.ts';
const workingFolder = process.argv[1];
const found = await scan([process.argv[2]], { workingFolder });
const { study } = await openCandidate(found.studies[0], { workingFolder });
console.log(study.images.t1.header.size.join());
`;

it('a series is converted by a Node that does not guess whether a file is a module, as that of an older Electron', () => {
  const environment = { ...process.env, NODE_OPTIONS: '--no-experimental-detect-module' };
  const node = ['--import', 'tsx', '--input-type=module', '-e', CONVERT, folder, join(folder, 'dicom')];
  const printed = execFileSync(process.execPath, node, { env: environment, encoding: 'utf8' });
  expect(printed.trim()).toBe(`${SIDE},${SIDE},6`);
});
