import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, OpenCase, Request } from '../../src/contract/index.js';
import { regionDiameters } from '../../src/export/diameters.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readLabelMap } from '../../src/volume/read.js';
import { supportedRegions } from '../support/shippedModel.js';
import {
  AFFINE,
  jobEnd,
  openCase,
  runsBody,
  SIDE,
  segment,
  startServices,
  writeTinyStudy,
} from './harness.js';

let folder: string;
let study: string;
let host: Awaited<ReturnType<typeof startServices>>;
let opened: OpenCase;
const ALL = 't1+t1ce+t2+flair';
// Markup and a spreadsheet formula in a name must stay text.
const NAME = '=Doe&<i>Jane</i>';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-export-'));
  study = await writeTinyStudy(folder, NAME.replace('/', '-'));
  host = await startServices();
  const { id } = await openCase(host.services, study);
  await host.services.call('cases.answer', {
    case: id,
    answers: { adult: 'yes', treated: 'yes', glioma: 'unknown' },
  });
  opened = await segment(host.services, id);
});

afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function exportTo(output: string, options: Partial<Request<'export.start'>> = {}): Promise<JobEvent> {
  const { job } = await host.services.call('export.start', {
    case: opened.id,
    folder: output,
    combination: ALL,
    ...options,
  });
  return jobEnd(host.services, job);
}

describe('export', () => {
  it('writes the masks that are shown, on the same grid, voxel by voxel', async () => {
    const output = join(folder, 'plain');
    const end = await exportTo(output, { combinations: ['t1+flair'], probabilities: true });
    expect(end.state).toBe('done');
    for (const [file, combination] of [
      [`${opened.name}_seg.nii.gz`, ALL],
      ['combinations/t1+flair.nii.gz', 't1+flair'],
    ] as const) {
      const written = await readLabelMap(join(output, file));
      const { data } = await host.services.callBinary('masks.labels', {
        case: opened.id,
        mask: { kind: 'combination', combination },
      });
      expect(Buffer.from(written.data).equals(Buffer.from(data))).toBe(true);
      expect(written.size).toEqual([SIDE, SIDE, SIDE]);
      expect([...written.affine]).toEqual([...(AFFINE as unknown as number[])]);
    }
    const maps = supportedRegions(ALL).map((region) => `${opened.name}_probability_${region}.nii.gz`);
    expect((await readdir(output)).filter((name) => name.includes('probability')).sort()).toEqual(
      maps.sort(),
    );
  });

  it('writes a BIDS derivative with the mask that is written, and its labels by the scheme', async () => {
    const output = join(folder, 'bids');
    const end = await exportTo(output, { bids: true, combination: 't1+flair', labels: 'consecutive' });
    expect(end.problem).toBeUndefined();
    const files = await readdir(join(output, 'bids'), { recursive: true });
    const [mask] = files.filter((file) => file.endsWith('.nii.gz'));
    expect(mask).toMatch(/^sub-([0-9A-Za-z]+)\/anat\/sub-\1_space-orig_desc-quorum_dseg\.nii\.gz$/);
    const main = await readLabelMap(join(output, `${opened.name}_seg.nii.gz`));
    const written = await readLabelMap(join(output, 'bids', mask));
    expect([...written.affine]).toEqual([...main.affine]);
    expect(Buffer.from(written.data).equals(Buffer.from(main.data))).toBe(true);
    const stem = join(output, 'bids', mask.slice(0, -'.nii.gz'.length));
    const table = (await readFile(`${stem}.tsv`, 'utf8'))
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(table.slice(1).map(([index, name]) => [index, name])).toEqual([
      ['1', 'non-enhancing core (guess)'],
      ['2', expect.stringContaining('oedema')],
      ['3', 'enhancing tumour (guess)'],
    ]);
    expect(JSON.parse(await readFile(`${stem}.json`, 'utf8'))).toMatchObject({
      Manual: false,
      Sequences: 'T1 + FLAIR',
      ModelSHA256: opened.result!.model.hash,
    });
  });

  it('says volumes, answers and provenance in CSV and report, names as text', async () => {
    const output = join(folder, 'texts');
    expect((await exportTo(output, { csv: true, report: true })).state).toBe('done');
    const csv = (await readFile(join(output, `${opened.name}_volumes.csv`), 'utf8')).split('\r\n');
    expect(csv[0]).toContain(',adult,treated,glioma,');
    expect(csv[0]).not.toMatch(/[? ]/);
    expect(csv).toHaveLength(5);
    expect(csv[1].startsWith("'=Doe")).toBe(true);
    expect(csv[1]).toContain('Research use only');
    const { ml } = opened.result!.combinations[ALL].volumes.WT;
    expect(csv[1].split(',').slice(1, 4)).toEqual([ALL, 'WT', String(Number(ml.toFixed(3)))]);
    const html = await readFile(join(output, `${opened.name}_report.html`), 'utf8');
    expect(html).toContain('=Doe&amp;&lt;i&gt;Jane');
    expect(html).not.toContain('<i>');
    expect(html).not.toMatch(/<script|src="(?!data:)|href=/);
    expect(html).toContain(opened.result!.model.hash);
    expect(html).toContain('before treatment');
  });

  it('gives no number for a region that the sequences do not support, unless asked for', async () => {
    const request = { case: opened.id, combination: 't1+flair' } as const;
    const { html } = await host.services.call('export.report', request);
    expect(html).toContain('not reliable from these sequences');
    const asked = await host.services.call('export.report', { ...request, unsupported: true });
    expect(asked.html).toContain('a guess: not reliable from these sequences');
  });

  it('takes a guess that was edited by hand for a guess still', async () => {
    const guess = { kind: 'combination', combination: 't1+flair', threshold: null } as const;
    await host.services.call('edits.start', { case: opened.id, from: guess });
    const request = { case: opened.id, combination: ALL, edited: true } as const;
    const { html } = await host.services.call('export.report', request);
    expect(html).toContain('Edited by hand');
    expect(html).toContain('not changed by hand');
    expect(html).toContain('not reliable from these sequences');
    const asked = await host.services.call('export.report', { ...request, unsupported: true });
    expect(asked.html).toContain('a guess: not reliable from these sequences');
    await host.services.call('edits.discard', { case: opened.id, confirmed: true });
  });

  it('says the diameters of each region in CSV, report and report.json', async () => {
    const output = join(folder, 'diameters');
    expect((await exportTo(output)).state).toBe('done');
    const { data, size, affine } = await readLabelMap(join(output, `${opened.name}_seg.nii.gz`));
    const { WT } = regionDiameters({ data, size, affine });
    const csv = (await readFile(join(output, `${opened.name}_volumes.csv`), 'utf8')).split('\r\n');
    const column = csv[0].split(',').indexOf('longest_diameter_mm');
    expect(Number(csv[1].split(',')[column])).toBeCloseTo(WT!.longestMm, 3);
    expect(Number(csv[1].split(',')[column + 1])).toBeCloseTo(WT!.perpendicularMm, 3);
    const html = await readFile(join(output, `${opened.name}_report.html`), 'utf8');
    expect(html).toContain(`${WT!.longestMm.toFixed(1)} × ${WT!.perpendicularMm.toFixed(1)}`);
    const report = JSON.parse(await readFile(join(output, 'report.json'), 'utf8'));
    expect(report.combinations[ALL].diameters.WT.longestMm).toBeCloseTo(WT!.longestMm, 3);
    expect(report.combinations[ALL].diameters.WT.slice).toBe(WT!.slice);
  });

  it('writes surfaces, and under neutral names nothing that names the patient', async () => {
    const output = join(folder, 'neutral');
    const end = await exportTo(output, { stl: true, neutralNames: true, combinations: ['t1'] });
    expect(end.problem).toBeUndefined();
    const names = await readdir(output, { recursive: true });
    expect(names).toContain('case_WT.stl');
    for (const name of names) {
      expect(name).not.toContain('Jane');
      if (!/\.(json|csv|html)$/.test(name)) continue;
      const text = await readFile(join(output, name), 'utf8');
      expect(text).not.toContain('Jane');
      expect(text).not.toContain(folder);
    }
  });

  it('under neutral names also tells no name of a mask that an edit began from', async () => {
    const file = join(folder, 'Jane-read-by-Roe_seg.nii.gz');
    const labels = new Uint8Array(SIDE ** 3).fill(2, 60_000, 60_400);
    await writeNifti(file, { size: [SIDE, SIDE, SIDE], affine: AFFINE, data: labels });
    const mask = await host.services.call('masks.open', { case: opened.id, file, role: 'reader1' });
    await host.services.call('edits.start', { case: opened.id, from: { kind: 'named', id: mask.id } });
    const output = join(folder, 'neutral-edit');
    expect((await exportTo(output, { neutralNames: true })).problem).toBeUndefined();
    for (const name of await readdir(output)) {
      expect(name).not.toMatch(/Jane|Roe/);
      if (/\.(json|csv|html)$/.test(name))
        expect(await readFile(join(output, name), 'utf8')).not.toMatch(/Jane|Roe/);
    }
    const report = JSON.parse(await readFile(join(output, 'report.json'), 'utf8'));
    expect(report.edited.from).toBe('a reader’s mask');
    await host.services.call('edits.discard', { case: opened.id, confirmed: true });
    await host.services.call('masks.close', { case: opened.id, id: mask.id });
  });

  it('writes images without header text only where the skull is stripped, DICOM only from DICOM', async () => {
    const images = await exportTo(join(folder, 'images'), { strippedImages: true });
    const stripped = opened.result!.warnings.every(
      (warning) => warning.code !== 'CHECK_OVERRIDDEN' || warning.problem.code !== 'NOT_SKULL_STRIPPED',
    );
    expect(images.problem?.code).toBe(stripped ? undefined : 'NOT_SKULL_STRIPPED');
    const dicom = await exportTo(join(folder, 'dicom'), { dicomSeg: true });
    expect(dicom.problem?.code).toBe('NOT_DICOM');
  });

  it('writes the edited mask and says so', async () => {
    await host.services.call('edits.start', {
      case: opened.id,
      from: { kind: 'combination', combination: ALL },
    });
    const state = await host.services.call(
      'edits.stroke',
      { case: opened.id, tool: 'brush' },
      runsBody([0, 2000, 4]),
    );
    const output = join(folder, 'edited');
    expect((await exportTo(output)).problem).toBeUndefined();
    const written = await readLabelMap(join(output, `${opened.name}_seg.nii.gz`));
    expect(written.data.subarray(0, 2000).every((label) => label === 4)).toBe(true);
    const csv = await readFile(join(output, `${opened.name}_volumes.csv`), 'utf8');
    const et = csv.split('\r\n')[3].split(',');
    expect(et.slice(1, 4)).toEqual(['edited by hand', 'ET', String(Number(state.volumes.ET.toFixed(3)))]);
    expect(csv).toContain('yes,2,0');
    const html = await readFile(join(output, `${opened.name}_report.html`), 'utf8');
    expect(html).toContain('edited by hand (+2.0 ml)');
    const report = JSON.parse(await readFile(join(output, 'report.json'), 'utf8'));
    expect(report.edited).toMatchObject({ strokes: 1, byHand: { ET: { addedMl: 2 } } });
    expect(report.answers).toEqual({ adult: 'yes', treated: 'yes', glioma: 'unknown' });
    await host.services.call('edits.discard', { case: opened.id, confirmed: true });
  });

  it('replaces nothing that Quorum did not write, and writes nothing into the case’s folder', async () => {
    const output = join(folder, 'foreign');
    await mkdir(output);
    const file = join(output, `${opened.name}_report.html`);
    await writeFile(file, 'mine');
    const end = await exportTo(output, { overwrite: true });
    expect(end).toMatchObject({ state: 'failed', problem: { code: 'OUTPUT_EXISTS', file } });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await readdir(output)).toHaveLength(1);
    const inside = await exportTo(join(study, 'results'));
    expect(inside.problem?.code).toBe('OUTPUT_INSIDE_INPUT');
  });
});

/** A file system of 64 KiB, or null where it cannot be mounted (not root, no mount). */
function mountTiny(at: string): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at], { stdio: 'ignore' });
    return at;
  } catch {
    return null;
  }
}

describe('a full disk', () => {
  it('ends an export with DISK_FULL, leaves nothing behind, and the case usable', async ({ skip }) => {
    const at = await mkdtemp(join(tmpdir(), 'quorum-full-'));
    const disk = mountTiny(at);
    if (!disk) {
      console.warn('SKIPPED: a full disk on export (a tmpfs cannot be mounted here)');
      skip();
    }
    try {
      const end = await exportTo(join(at, 'out'), { probabilities: true });
      expect(end).toMatchObject({ state: 'failed', problem: { code: 'DISK_FULL' } });
      expect(await readdir(at)).toEqual([]);
    } finally {
      execFileSync('umount', [at]);
      await rm(at, { recursive: true });
    }
    expect((await exportTo(join(folder, 'afterwards'))).state).toBe('done');
  });
});

it('an export lists the files as they were when the case was segmented', async () => {
  const later = await openCase(host.services, await writeTinyStudy(folder, 'later', ['t1', 'flair']));
  await segment(host.services, later.id);
  await host.services.call('cases.assign', { case: later.id, file: later.slots.t1!, sequence: 'other' });
  const output = join(folder, 'listed');
  const request = { case: later.id, folder: output, combination: 't1+flair' } as const;
  const { job } = await host.services.call('export.start', request);
  expect((await jobEnd(host.services, job)).problem).toBeUndefined();
  const report = JSON.parse(await readFile(join(output, 'report.json'), 'utf8'));
  expect(report.images).toMatchObject([
    { sequence: 't1', file: 'later_t1.nii.gz', used: true },
    { sequence: 'flair', file: 'later_flair.nii.gz', used: true },
  ]);
  expect(report.setAside).toEqual([]);
});
