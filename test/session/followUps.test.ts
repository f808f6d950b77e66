import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followUpInputs } from '../../src/commands/followUp.js';
import { hostOf } from '../../src/commands/host.js';
import { followUpRequestSchema } from '../../src/contract/commands.js';
import type { FollowUpReport, FollowUpView } from '../../src/contract/index.js';
import { DIFFERENCE } from '../../src/followup/difference.js';
import type { Services } from '../../src/session/services.js';
import { readLabelMap } from '../../src/volume/read.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { temporaryFolder } from '../volume/folder.js';
import { jobEnd, openCase, problemCode, segment, startServices } from './harness.js';

/** Two time points, of which the later lacks T2; the window and the command line give the same. */
describe('a timeline of open cases', () => {
  const folder = temporaryFolder();
  const at = (...parts: string[]) => join(folder.path, ...parts);
  let started: Awaited<ReturnType<typeof startServices>>;
  let services: Services;
  let view: FollowUpView;
  let report: FollowUpReport;
  const ids: string[] = [];

  beforeAll(async () => {
    for (const [name, parts] of [
      ['march', ['t1', 't1ce', 't2', 'flair']],
      ['september', ['t1', 't1ce', 'flair']],
    ] as const) {
      await mkdir(at('in', name), { recursive: true });
      await writeCroppedSample(at('in', name), name, parts, TUMOUR_ALONE);
    }
    started = await startServices();
    ({ services } = started);
    for (const name of ['march', 'september']) {
      const opened = await openCase(services, at('in', name));
      await segment(services, opened.id);
      ids.push(opened.id);
    }
    view = await services.call('followups.open', {
      members: [
        { case: ids[1], date: '2024-09-05' },
        { case: ids[0], date: '2024-03-12' },
      ],
    });
    const { job } = await services.call('followups.compare', { followUp: view.id });
    const end = await jobEnd(services, job);
    expect(end.problem).toBeUndefined();
    report = end.result as FollowUpReport;
  }, 300_000);
  afterAll(() => started.dispose());

  it('is compared by what all time points have, in the order of their dates', () => {
    expect(report.points.map(({ id, date, days }) => ({ id, date, days }))).toEqual([
      { id: ids[0], date: '2024-03-12', days: 0 },
      { id: ids[1], date: '2024-09-05', days: 177 },
    ]);
    expect(report).toMatchObject({ by: 'common', common: 't1+t1ce+flair' });
    expect(report.points.map(({ combination, used }) => [combination, used])).toEqual([
      ['t1+t1ce+t2+flair', 't1+t1ce+flair'],
      ['t1+t1ce+flair', 't1+t1ce+flair'],
    ]);
    expect(report.warnings.map(({ code }) => code)).toContain('COMBINATION_CHANGED');
  });

  it('finds that nothing changed where the same head was scanned twice', () => {
    const [first, second] = report.points;
    expect(second.alignment).toMatchObject({ verdict: 'good', sequences: ['t1', 't1'] });
    expect(second.alignment!.shiftMm).toBeLessThan(0.2);
    expect(second.common!.WT.ml).toBeCloseTo(first.common!.WT.ml!, 1);
    expect(Math.abs(second.common!.WT.fromBaseline!.percent)).toBeLessThan(1);
    const { unchangedMl, grownMl, goneMl, newMl } = second.difference!.baseline.WT;
    expect(grownMl + goneMl + newMl).toBeLessThan(0.05 * unchangedMl);
  });

  it('gives nothing where the time points’ own sequences are compared, for they differ', async () => {
    const { job } = await services.call('followups.compare', { followUp: view.id, by: 'all' });
    const all = (await jobEnd(services, job)).result as FollowUpReport;
    const { suggestion, reason } = all.points[1].rano.WT.volume;
    expect({ suggestion, reason }).toEqual({ suggestion: 'not-known', reason: 'combination-changed' });
    const again = await services.call('followups.compare', { followUp: view.id });
    await jobEnd(services, again.job);
  });

  it('shows images, masks and differences on the grid of the first', async () => {
    const of = { followUp: view.id, case: ids[1] };
    const image = await services.callBinary('followups.image', { ...of, sequence: 't1' });
    expect(image.header.grid).toEqual(report.grid);
    const labels = await services.callBinary('followups.labels', of);
    const map = await services.callBinary('followups.difference', {
      ...of,
      against: 'baseline',
      region: 'WT',
    });
    const values = new Uint8Array(map.data);
    const masked = new Uint8Array(labels.data);
    expect(values.length).toBe(report.grid.size.reduce((product, n) => product * n, 1));
    const counted = (value: number) => values.reduce((n, one) => n + (one === value ? 1 : 0), 0);
    const { unchangedMl } = report.points[1].difference!.baseline.WT;
    expect(counted(DIFFERENCE.unchanged) / 1000).toBeCloseTo(unchangedMl, 2);
    expect(masked.every((label, voxel) => label === 0 || [1, 2, 4].includes(values[voxel]))).toBe(true);
    const first = { ...of, case: ids[0], against: 'previous', region: 'WT' } as const;
    expect(await problemCode(services.callBinary('followups.difference', first))).toBe('REQUEST_INVALID');
  });

  it('gives the same numbers as the command line', async () => {
    const request = followUpRequestSchema.parse({
      inputs: [at('in', 'september'), at('in', 'march')],
      dates: ['2024-09-05', '2024-03-12'],
      output: at('cli'),
      force: true,
      device: 'cpu',
    });
    const context = { signal: new AbortController().signal, report: () => undefined };
    const made = await followUpInputs(request, hostOf(at('profile')), context);
    const plain = ({ points, finishedAt: _, ...rest }: FollowUpReport) => ({
      ...rest,
      points: points.map(({ id: __, ...point }) => point),
    });
    expect(plain(made)).toEqual(plain(report));
    expect(JSON.parse(readFileSync(at('cli', 'report.json'), 'utf8'))).toMatchObject({
      kind: 'followup',
      state: 'finished',
    });
    const table = readFileSync(at('cli', 'followup.csv'), 'utf8');
    expect(table.trimEnd().split('\r\n')).toHaveLength(1 + 2 * 3);
    expect(existsSync(at('cli', 'march', 'report.json'))).toBe(true);
    const html = readFileSync(at('cli', 'followup.html'), 'utf8');
    expect(html).toContain('<svg');
    expect(html).toContain('This is no response assessment');
    const mask = await readLabelMap(at('cli', 'aligned', '2_seg.nii.gz'));
    expect([...mask.size]).toEqual([...report.grid.size]);
    expect(await problemCode(followUpInputs(request, hostOf(at('profile')), context))).toBe('OUTPUT_EXISTS');

    const written = (name: string) => statSync(at('cli', name, 'report.json')).mtimeMs;
    const before = [written('march'), written('september')];
    const stages: string[] = [];
    const again = await followUpInputs({ ...request, overwrite: true }, hostOf(at('profile')), {
      ...context,
      report: (stage) => stages.push(stage),
    });
    expect(plain(again)).toEqual(plain(report));
    expect([written('march'), written('september')]).toEqual(before);
    expect(stages.filter((stage) => stage.startsWith('network'))).toEqual([]);
    // A run that ended after its first examination goes on without being told to replace anything.
    rmSync(at('cli', 'september'), { recursive: true });
    for (const file of ['report.json', 'followup.csv', 'followup.html']) rmSync(at('cli', file));
    for (const name of ['aligned', 'difference']) rmSync(at('cli', name), { recursive: true });
    expect(plain(await followUpInputs(request, hostOf(at('profile')), context))).toEqual(plain(report));
    expect(written('march')).toBe(before[0]);
  }, 300_000);

  it('is written with neutral names where that is asked for', async () => {
    const request = { followUp: view.id, folder: at('out'), neutralNames: true };
    const { job } = await services.call('followups.export', request);
    const end = await jobEnd(services, job);
    expect(end.problem).toBeUndefined();
    for (const file of ['report.json', 'followup.html', 'followup.csv'])
      expect(readFileSync(at('out', file), 'utf8')).not.toMatch(/march|september/);
    const second = await services.call('followups.export', request);
    expect((await jobEnd(services, second.job)).problem?.code).toBe('OUTPUT_EXISTS');
    const inside = await services.call('followups.export', { ...request, folder: at('in', 'march', 'out') });
    expect((await jobEnd(services, inside.job)).problem?.code).toBe('OUTPUT_INSIDE_INPUT');
  });

  it('stops when it is told to', async () => {
    const { job } = await services.call('followups.compare', { followUp: view.id });
    const ended = jobEnd(services, job);
    await services.call('jobs.cancel', { job });
    expect((await ended).state).toBe('cancelled');
  });

  it('says that it is out of date when a time point changes, and loses one whose case is closed', async () => {
    expect((await services.call('followups.get', { followUp: view.id })).isStale).toBe(false);
    const answers = { adult: 'yes', treated: 'yes', glioma: 'yes' } as const;
    await services.call('cases.answer', { case: ids[1], answers });
    expect((await services.call('followups.get', { followUp: view.id })).isStale).toBe(true);
    await services.call('cases.close', { case: ids[1] });
    const left = await services.call('followups.get', { followUp: view.id });
    expect(left.members).toEqual([{ case: ids[0], date: '2024-03-12', force: false }]);
    const { job } = await services.call('followups.compare', { followUp: view.id });
    expect((await jobEnd(services, job)).problem?.code).toBe('TOO_FEW_EXAMINATIONS');
    await services.call('followups.close', { followUp: view.id });
    expect(await services.call('followups.list', {})).toEqual([]);
  });
});
