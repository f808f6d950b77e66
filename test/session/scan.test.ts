import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/intake/scan.js';
import { forkedWorker, type Services } from '../../src/session/services.js';
import { WorkerSupervisor } from '../../src/session/worker/supervisor.js';
import { dicomBytes } from '../intake/dicom/dicomBytes.js';
import { startServices } from './harness.js';

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

describe('looking into folders through the services', () => {
  it('shows examinations without patient or DICOM identifiers, and leaves no working files', async () => {
    const found = await services.call('studies.scan', { paths: [folder] });
    expect(found.studies[0].series[0]).toMatchObject({ sequence: 't1', files: 6, grid: { size: [6, 8, 6] } });
    expect(JSON.stringify(found)).not.toMatch(/P1"|1\.2\.3/);
    expect(readdirSync(join(profile, 'working'))).toEqual([]);
  });

  it('remembers what the user said by content, in the profile alone', async () => {
    const before = readdirSync(folder);
    const { studies } = await services.call('studies.scan', { paths: [folder] });
    const { id } = studies[0].series[0];
    await services.call('studies.remember', { series: id, sequence: 't1ce' });
    const again = await services.call('studies.scan', { paths: [folder] });
    expect(again.studies[0].series[0]).toMatchObject({
      sequence: 't1ce',
      chosen: true,
      reason: 'chosen by the user earlier',
    });
    expect(again.studies[0].choices).toEqual({ t1ce: { winner: id, rejected: [] } });
    expect(readFileSync(join(profile, 'sequences.json'), 'utf8')).toBe(JSON.stringify([[id, 't1ce']]));
    expect(readdirSync(folder)).toEqual(before);
    await services.call('studies.remember', { series: id, sequence: null });
    const forgotten = await services.call('studies.scan', { paths: [folder] });
    expect(forgotten.studies[0].series[0].sequence).toBe('t1');
  });

  it('converts in the worker, whose death is a coded error and no more', async () => {
    const found = await scan([folder], { workingFolder: root });
    const deaths: string[] = [];
    const launch = forkedWorker([join(root, 'cache')], ['--import', 'tsx']);
    const worker = new WorkerSupervisor({ launch, onDeath: ({ code }) => deaths.push(code) });
    const task = { candidate: found.studies[0], workingFolder: root, confirmed: false };
    const { study } = await worker.run('openCandidate', task);
    expect(study.images.t1?.header.size).toEqual([6, 8, 6]);
    expect(study.images.t1?.dicom?.frames.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `1.2.3.9.${n}`),
    );
    const open = worker.run('openCandidate', task).catch((error) => error.code);
    process.kill(worker.pid!, 'SIGKILL');
    expect(await open).toBe('WORKER_DIED');
    expect(deaths).toEqual(['WORKER_DIED']);
    expect((await worker.run('openCandidate', task)).study.images.t1).toBeDefined();
    worker.close();
  });
});
