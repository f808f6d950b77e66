import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import type { CaseResult, MaskRef, OpenCase } from '../../src/contract/index.js';
import { allCombinations, combinationName, MODALITIES } from '../../src/terms.js';
import { readLabelMap } from '../../src/volume/read.js';
import { segmentEnd } from '../commands/command.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { jobEnd, openCase, segment, startServices } from './harness.js';

/** A box around the simulated patient's tumour, through the worker, against what the command line writes. */

const [NX, NY, NZ] = TUMOUR_ALONE.size;
let folder: string;
let patient: string;
let host: Awaited<ReturnType<typeof startServices>>;
let opened: OpenCase;
let result: CaseResult;
const ALL = combinationName(MODALITIES);
const mask = (combination: string, more: Partial<Extract<MaskRef, { kind: 'combination' }>> = {}) =>
  ({ kind: 'combination', combination, ...more }) as MaskRef;

async function labels(ref: MaskRef): Promise<Uint8Array> {
  const { data } = await host.services.callBinary('masks.labels', { case: opened.id, mask: ref });
  return new Uint8Array(data);
}

const count = (values: Uint8Array, isIn: (value: number) => boolean) =>
  values.reduce((sum, value) => sum + (isIn(value) ? 1 : 0), 0);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-results-'));
  patient = join(folder, 'simulated-patient');
  await mkdir(patient);
  await writeCroppedSample(patient, 'simulated-patient', [...MODALITIES, 'seg'], TUMOUR_ALONE);
  host = await startServices();
  const output = join(folder, 'cli');
  const end = await segmentEnd(hostOf(host.profile), {
    inputs: [patient],
    output,
    allCombinations: true,
    force: true,
    device: 'cpu',
  });
  expect(end.state).toBe('done');
  opened = await segment(host.services, (await openCase(host.services, patient)).id);
  result = opened.result!;
});

afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('a segmented case', () => {
  it('has every combination’s mask as the command line writes it, voxel by voxel', async () => {
    for (const members of allCombinations()) {
      const name = combinationName(members);
      const written = await readLabelMap(join(folder, 'cli', 'combinations', `${name}.nii.gz`));
      expect(Buffer.from(await labels(mask(name))).equals(Buffer.from(written.data))).toBe(true);
    }
  });

  it('comes from the cache as it was, without the network, also when a new process asks', async () => {
    const before = await labels(mask('t1+flair'));
    const second = await startServices(host.profile);
    try {
      const again = await openCase(second.services, patient);
      const repeated = await segmentAs(second.services, again.id);
      expect(repeated.networkPasses).toBe(0);
      expect(repeated.combinations).toEqual(result.combinations);
      const { data } = await second.services.callBinary('masks.labels', {
        case: again.id,
        mask: mask('t1+flair'),
      });
      expect(Buffer.from(data).equals(Buffer.from(before))).toBe(true);
    } finally {
      await second.dispose();
    }
  });

  it('says how much each sequence decides, and the map shows the same ml', async () => {
    const { header, data } = await host.services.callBinary('maps.decidedBy', {
      case: opened.id,
      combination: ALL,
      region: 'WT',
    });
    const bits = new Uint8Array(data);
    MODALITIES.forEach((m, bit) => {
      const { added, removed } = header.sequences[m]!;
      expect(count(bits, (value) => (value & (1 << bit)) !== 0) / 1000).toBeCloseTo(added + removed, 6);
      const stated = result.combinations[ALL].contributions!.find(({ modality }) => modality === m)!;
      expect({ added, removed }).toEqual({ added: stated.added.WT, removed: stated.removed.WT });
    });
  });

  it('shows disagreement exactly where masks of combinations differ', async () => {
    const { header, data } = await host.services.callBinary('maps.disagreement', {
      case: opened.id,
      region: 'ET',
    });
    expect(header).toMatchObject({ combinations: 15, maximum: 7 });
    const heat = new Uint8Array(data);
    const votes = new Uint8Array(heat.length);
    for (const members of allCombinations()) {
      const map = await labels(mask(combinationName(members)));
      for (let at = 0; at < map.length; at++) if (map[at] === 4) votes[at]++;
    }
    expect(heat.every((value, at) => value === Math.min(votes[at], 15 - votes[at]))).toBe(true);
  });

  it('counts a mask at another threshold anew: a lower one holds a higher one', async () => {
    const low = await labels(mask(ALL, { threshold: 0.2, keepSpecks: true }));
    const high = await labels(mask(ALL, { threshold: 0.8, keepSpecks: true }));
    const usual = await labels(mask(ALL, { keepSpecks: true }));
    expect(high.every((label, at) => label === 0 || usual[at] !== 0)).toBe(true);
    expect(usual.every((label, at) => label === 0 || low[at] !== 0)).toBe(true);
    expect(count(low, (label) => label !== 0)).toBeGreaterThan(count(high, (label) => label !== 0));
  });

  it('finds all combinations anew at another threshold: the numbers of the very masks that are shown', async () => {
    const moved = { case: opened.id, threshold: 0.2 };
    // Asked for alone, each is made alone.
    const alone = [];
    for (const one of ['t1', 't1+flair', ALL])
      alone.push([one, await labels(mask(one, { threshold: 0.2 }))] as const);
    const found = await host.services.call('masks.combinations', moved);
    expect(Object.keys(found)).toHaveLength(15);
    for (const [one, map] of alone) {
      expect(found[one].volumes.WT.ml).toBeCloseTo(count(map, (label) => label !== 0) / 1000, 6);
      expect(found[one].volumes.ET.ml).toBeCloseTo(count(map, (label) => label === 4) / 1000, 6);
      const again = await labels(mask(one, { threshold: 0.2 }));
      expect(Buffer.from(again).equals(Buffer.from(map))).toBe(true);
    }
    const votes = new Uint8Array(NX * NY * NZ);
    for (const members of allCombinations()) {
      const map = await labels(mask(combinationName(members), { threshold: 0.2 }));
      for (let at = 0; at < map.length; at++) if (map[at] !== 0) votes[at]++;
    }
    expect(found.t1.volumes.WT.ml).not.toBe(result.combinations.t1.volumes.WT.ml);
    // Overlap is of the masks at this threshold; ranges and agreement were measured at the model's alone.
    const [t1, all] = [
      await labels(mask('t1', { threshold: 0.2, keepSpecks: true })),
      await labels(mask(ALL, { threshold: 0.2, keepSpecks: true })),
    ];
    const both = count(
      t1.map((label, at) => (label && all[at] ? 1 : 0)),
      Boolean,
    );
    const dice = (2 * both) / (count(t1, Boolean) + count(all, Boolean));
    expect(found.t1.agreementWithAll.WT).toBeCloseTo(dice, 6);
    for (const { volumes, agreement } of Object.values(found))
      expect([volumes.WT.range, agreement.WT]).toEqual([null, null]);
    const { data } = await host.services.callBinary('maps.disagreement', { ...moved, region: 'WT' });
    const heat = new Uint8Array(data);
    expect(heat.every((value, at) => value === Math.min(votes[at], 15 - votes[at]))).toBe(true);
  });

  it('gives probabilities under the crosshair that agree with the mask', async () => {
    const map = await labels(mask(ALL, { keepSpecks: true }));
    for (const at of [map.indexOf(4), map.indexOf(2), map.indexOf(1)]) {
      const voxel: [number, number, number] = [at % NX, Math.floor(at / NX) % NY, Math.floor(at / (NX * NY))];
      const values = await host.services.call('maps.voxel', { case: opened.id, voxel });
      expect(values.fused!.WT).toBeGreaterThan(0.5);
      expect(values.fused!.ET > 0.5).toBe(map[at] === 4);
      expect(Object.keys(values.sequences)).toEqual([...MODALITIES]);
      expect(values.intensities.flair).not.toBe(0);
    }
  });

  it('explores with the model’s own weights as the model fuses, and differently with others', async () => {
    const explore = async (factors: Record<string, number>) => {
      const { header, data } = await host.services.callBinary('maps.explore', { case: opened.id, factors });
      expect(header.exploration).toBe(true);
      return Buffer.from(data);
    };
    const plain = Buffer.from(await labels(mask(ALL, { keepSpecks: true })));
    expect((await explore({})).equals(plain)).toBe(true);
    const withoutT1 = Buffer.from(await labels(mask('t1ce+t2+flair', { keepSpecks: true })));
    expect((await explore({ t1: 0 })).equals(withoutT1)).toBe(true);
    expect((await explore({ flair: 5 })).equals(plain)).toBe(false);
  });

  it('supports no enhancing tumour without T1ce', () => {
    const { volumes, warnings } = result.combinations['t1+flair'];
    expect(volumes.ET.supported).toBe(false);
    expect(warnings).toContainEqual({ code: 'REGION_NOT_SUPPORTED', region: 'ET', measured: true });
    expect(result.combinations[ALL].volumes.ET.supported).toBe(true);
  });

  it('shows images as they are in the file', async () => {
    const { header, data } = await host.services.callBinary('images.volume', {
      case: opened.id,
      sequence: 'flair',
    });
    expect(header.grid.size).toEqual([NX, NY, NZ]);
    const voxels = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array }[header.type];
    const image = new voxels(data);
    expect(image.length).toBe(NX * NY * NZ);
    expect(Math.max(header.minimum, 0)).toBeLessThan(header.maximum);
    let most = 0;
    for (const value of image) most = Math.max(most, value);
    expect(most).toBe(header.maximum);
  });
});

describe('masks in a role', () => {
  it('give Dice per combination, HD95 and a difference map against a truth', async () => {
    const file = join(patient, 'simulated-patient_seg.nii.gz');
    const truth = await host.services.call('masks.open', { case: opened.id, file, role: 'truth' });
    const ref = { kind: 'named', id: truth.id } as const;
    const scores = await host.services.call('masks.scores', { case: opened.id, truth: ref });
    expect(Object.keys(scores)).toHaveLength(15);
    const compared = await host.services.call('masks.compare', { case: opened.id, a: mask(ALL), b: ref });
    expect(compared.WT.dice).toBeCloseTo(scores[ALL].WT, 12);
    expect(compared.WT.hd95.kind).toBe('measured');
    expect(compared.WT.mlB).toBeCloseTo(truth.volumes.WT, 6);
    const { header, data } = await host.services.callBinary('maps.difference', {
      case: opened.id,
      a: mask(ALL),
      b: ref,
      region: 'WT',
    });
    const map = new Uint8Array(data);
    expect(header.mlOnlyA).toBeCloseTo(compared.WT.mlOnlyA, 6);
    expect(count(map, (value) => value === 1) / 1000).toBeCloseTo(header.mlBoth, 6);
    const dice = (2 * header.mlBoth) / (2 * header.mlBoth + header.mlOnlyA + header.mlOnlyB);
    expect(dice).toBeCloseTo(scores[ALL].WT, 9);
  });

  it('must lie on the case’s grid', async () => {
    const file = join(folder, 'other.nii.gz');
    const { writeNifti } = await import('../../src/volume/niftiWriter.js');
    const { AFFINE } = await import('./harness.js');
    await writeNifti(file, { size: [4, 4, 4], affine: AFFINE, data: new Uint8Array(64) });
    const call = host.services.call('masks.open', { case: opened.id, file, role: 'reader1' });
    await expect(call).rejects.toMatchObject({ problem: { code: 'GRIDS_DIFFER', file } });
  });
});

async function segmentAs(services: typeof host.services, id: string): Promise<CaseResult> {
  const { job } = await services.call('cases.segment', { case: id, force: true, device: 'cpu' });
  return (await jobEnd(services, job)).result as CaseResult;
}
