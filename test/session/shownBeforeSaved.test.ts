import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, OpenCase } from '../../src/contract/index.js';
import { writePhantomSeries } from '../support/dicomPhantom.js';
import { jobEnd, startServices } from './harness.js';

let folder: string;
let host: Awaited<ReturnType<typeof startServices>>;
/** As the scanner made it: it is prepared before it is segmented. */
let id: string;

const finished = async () =>
  (await readdir(join(host.profile, 'prepared')).catch(() => [])).filter((name) => /^[0-9a-f]+$/.test(name));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-shown-'));
  host = await startServices();
  await writePhantomSeries(join(folder, 'a'), { series: 1, description: 'T1 AX', brightness: 20 });
  await writePhantomSeries(join(folder, 'b'), { series: 2, description: 'FLAIR AX', brightness: 120 });
  const opened = await host.services.call('cases.open', { paths: [folder] });
  if (opened.kind !== 'case') throw new Error('one case expected');
  id = opened.case.id;
  // Options stay with the case, so that preparing takes a moment only.
  const options = { coRegister: false, atlas: false, skullStrip: 'off' } as const;
  const { job } = await host.services.call('preparation.start', { case: id, options });
  const ended = jobEnd(host.services, job);
  await host.services.call('jobs.cancel', { job });
  await ended;
});

afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Segments, and gives what was seen of the job: its stages and its end. */
async function segment(onEvent: (event: JobEvent) => void = () => undefined) {
  const stages: string[] = [];
  const { job } = await host.services.call('cases.segment', { case: id, device: 'cpu' });
  const stop = host.services.onJob((event) => {
    if (event.job !== job) return;
    if (stages.at(-1) !== event.stage) stages.push(event.stage);
    onEvent(event);
  });
  const end = await jobEnd(host.services, job);
  stop();
  return { stages, end };
}

describe('a case that has to be prepared', () => {
  it('loses nothing of its preparation when segmenting is cancelled', async () => {
    expect(await finished()).toEqual([]);
    let asked = false;
    const { end } = await segment(({ job, stage }) => {
      if (asked || !stage.startsWith('marking')) return;
      asked = true;
      void host.services.call('jobs.cancel', { job });
    });
    expect([asked, end.state]).toEqual([true, 'cancelled']);
    const [made, ...others] = await finished();
    expect(others).toEqual([]);
    expect(existsSync(join(host.profile, 'prepared', made, 'flair.nii.gz'))).toBe(true);
    const opened = await host.services.call('cases.get', { case: id });
    expect(opened.preparation.made?.key).toBe(made);
    expect(opened.result).toBeNull();
  });

  it('shows its result, and the images under it, before they are saved', async () => {
    for (const made of await finished()) await rm(join(host.profile, 'prepared', made), { recursive: true });
    let shown: { case: OpenCase; onDisk: Promise<string[]>; image: Promise<unknown> } | undefined;
    const stop = host.services.onEvent((event) => {
      if (event.type !== 'case' || event.case.result === null || shown) return;
      const image = host.services.callBinary('images.volume', { case: id, sequence: 'flair' });
      shown = { case: event.case, onDisk: finished(), image };
    });
    const { stages, end } = await segment();
    stop();
    expect(end.state).toBe('done');
    expect(stages.at(-2)).toBe('saving');
    expect(await shown?.onDisk).toEqual([]);
    expect(await shown?.image).toMatchObject({ header: { grid: shown?.case.result?.grid } });
    expect(await finished()).toEqual([shown?.case.preparation.made?.key]);
  });

  it('is not prepared again, and gives the same result from disk', async () => {
    const before = (await host.services.call('cases.get', { case: id })).result!;
    await host.services.call('cases.close', { case: id });
    const opened = await host.services.call('cases.open', { paths: [folder] });
    if (opened.kind !== 'case') throw new Error('one case expected');
    id = opened.case.id;
    await rm(join(host.profile, 'cache'), { recursive: true });
    const { stages, end } = await segment();
    expect(end.state).toBe('done');
    expect(stages).not.toContain('saving');
    const after = (await host.services.call('cases.get', { case: id })).result!;
    expect(after.combinations['t1+flair']!.volumes).toEqual(before.combinations['t1+flair']!.volumes);
    expect(after.networkPasses).toBeGreaterThan(0);
  });
});
