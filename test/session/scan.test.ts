import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import { scanPaths } from '../../src/commands/scanSummary.js';
import { scan } from '../../src/intake/scan.js';
import type { Services } from '../../src/session/services.js';
import { WorkerSupervisor } from '../../src/session/worker/supervisor.js';
import { dicomBytes } from '../dicom/dicomBytes.js';
import { launchWorker, openCase, startServices } from './harness.js';

let root: string;
let folder: string;
let services: Services;
let profile: string;
let dispose: () => Promise<void>;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'quorum-scan-'));
  folder = join(root, 'Doe-Jane');
  mkdirSync(folder);
  for (let slice = 0; slice < 6; slice++) writeFileSync(join(folder, `IM${slice}`), dicomBytes({ slice }));
  ({ services, profile, dispose } = await startServices());
});
afterAll(async () => {
  await dispose();
  rmSync(root, { recursive: true, force: true });
});

describe('looking into folders', () => {
  it('shows examinations without patient or DICOM identifiers, and leaves no working files', async () => {
    const found = await scanPaths([folder], hostOf(profile).working);
    expect(found.studies[0].series[0]).toMatchObject({ sequence: 't1', files: 6, grid: { size: [6, 8, 6] } });
    expect(JSON.stringify(found)).not.toMatch(/P1"|1\.2\.3/);
    expect(readdirSync(join(profile, 'working'))).toEqual([]);
  });

  it('remembers what the user said by content, in the profile alone', async () => {
    const before = readdirSync(folder);
    const opened = await openCase(services, folder);
    const { id } = opened.files[0].series!;
    await services.call('cases.assignSeries', { case: opened.id, series: id, sequence: 't1ce' });
    await services.call('cases.close', { case: opened.id });
    const again = await openCase(services, folder);
    expect(again.files[0]).toMatchObject({
      sequence: 't1ce',
      chosen: true,
      reason: 'chosen by the user earlier',
    });
    expect(again.available).toEqual(['t1ce']);
    expect(readFileSync(join(profile, 'sequences.json'), 'utf8')).toBe(JSON.stringify([[id, 't1ce']]));
    expect(readdirSync(folder)).toEqual(before);
    // A command gives the same on every machine: it asks nobody.
    expect((await scanPaths([folder], hostOf(profile).working)).studies[0].series[0].sequence).toBe('t1');
  });

  it('converts in the worker, whose death is a coded error and no more', async () => {
    const found = await scan([folder], { workingFolder: root });
    const deaths: string[] = [];
    const launch = launchWorker([join(root, 'cache')]);
    const worker = new WorkerSupervisor({ launch, onDeath: ({ code }) => deaths.push(code) });
    const task = { found: found.studies[0].series[0], workingFolder: root };
    const { series } = await worker.run('openSeries', task);
    expect(series.header.size).toEqual([6, 8, 6]);
    expect(series.dicom?.frames.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `1.2.3.9.${n}`),
    );
    const open = worker.run('openSeries', task).catch((error) => error.code);
    process.kill(worker.pid!, 'SIGKILL');
    expect(await open).toBe('WORKER_DIED');
    expect(deaths).toEqual(['WORKER_DIED']);
    expect((await worker.run('openSeries', task)).series.dicom).toBeDefined();
    worker.close();
  });
});
