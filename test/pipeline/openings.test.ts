import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, hostOf } from '../../src/commands/host.js';
import { NO_FORMATS } from '../../src/contract/formats.js';
import type { CaseReport, OpenCase } from '../../src/contract/index.js';
import { pictureName } from '../../src/kept/preparedStore.js';
import type { Surroundings } from '../../src/pipeline/context.js';
import { createServices, type Services } from '../../src/session/services.js';
import type { Modality } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import type { Affine } from '../../src/volume/volume.js';
import { prepareEnd, segmentEnd } from '../commands/command.js';
import {
  jobEnd,
  openCase,
  tinyImage as tinyBall,
  writeTinyStudy as writeTinyBalls,
} from '../session/harness.js';
import { localWorker } from '../session/localWorker.js';

/** What is given is opened and prepared alike by `quorum` and by a window: the second half of the table of both roads. */

const AROUND: Surroundings = {
  quorumVersion: 'test',
  now: () => new Date('2026-01-02T03:04:05Z'),
  newUid: () => '2.25.1',
  peakMemoryMb: () => 1,
};
/** Nothing is moved or stripped: these balls are no heads. */
const SKIP = ['co-register', 'atlas', 'skull-strip'] as const;
const AS_SKIP = { coRegister: false, atlas: false, skullStrip: 'off', reference: null } as const;

/** As small as the network takes: what is looked at is which images serve, and how. */
const SIDE = 32;
const tinyImage = (modality: Modality) => tinyBall(modality, SIDE);
const writeTinyStudy = (parent: string, name: string, sequences: readonly Modality[]) =>
  writeTinyBalls(parent, name, sequences, SIDE);

let root: string;
let services: Services;
let host: Host;
let runs = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'quorum-openings-'));
  host = hostOf(join(root, 'profile'), AROUND);
  services = createServices({ profileFolder: join(root, 'profile'), launchWorker: localWorker(AROUND) });
});
afterAll(async () => {
  await services.close();
  await rm(root, { recursive: true, force: true });
});

async function segmented(
  inputs: string[],
  more: object = { force: true },
): Promise<{ report: CaseReport; output: string }> {
  const output = join(root, `command-${++runs}`);
  const end = await segmentEnd(host, { inputs, output, device: 'cpu', ...NO_FORMATS, ...more });
  expect(end.problem).toBeUndefined();
  return { report: JSON.parse(await readFile(join(output, 'report.json'), 'utf8')), output };
}

const codeOf = async (inputs: string[]) =>
  (await segmentEnd(host, { inputs, output: join(root, `command-${++runs}`), device: 'cpu', force: true }))
    .problem?.code;

/** File and reason of each slot. */
const slotsOf = ({ files, slots }: OpenCase) =>
  Object.values(slots).flatMap((file) => {
    const found = files.find((one) => one.file === file);
    return found ? [{ file: found.name, reason: found.reason }] : [];
  });
const usedIn = ({ images }: CaseReport) => images.map(({ file, reason }) => ({ file, reason }));

/** A ball like the others, on slices of 2 mm and with finer pixels, a little aside: the best reference. */
async function writeFine(file: string, modality: Modality): Promise<void> {
  const affine = [0.9, 0, 0, 0, 0, 0.9, 0, 0, 0, 0, 0.9, 0, -14.1, -14.5, -13.9, 1] as unknown as Affine;
  await writeNifti(file, { ...tinyImage(modality), affine });
}

describe('rows 22, 23, 31: what is prepared', () => {
  let study: string;
  beforeAll(async () => {
    study = await writeTinyStudy(root, 'raw', ['t1', 't1ce', 'flair']);
    await writeFine(join(study, 'raw_t2.nii.gz'), 't2');
  });

  it('some sequences give the mask that they give among all', async () => {
    const some = await segmented([study], { use: ['t1', 'flair'], skip: SKIP });
    const all = await segmented([study], { combinations: ['t1+flair'], skip: SKIP });
    expect(some.report.preparation?.reference).toBe(all.report.preparation!.reference);
    const mask = await readVolume(join(some.output, 'prepared/raw_seg.nii.gz'));
    const combination = await readVolume(join(all.output, 'combinations/t1+flair.nii.gz'));
    expect(mask.size).toEqual(combination.size);
    expect(Buffer.from(mask.data.buffer).equals(Buffer.from(combination.data.buffer))).toBe(true);
  });

  it('a sequence that is not used and cannot be prepared does not stop the others', async () => {
    const broken = await writeTinyStudy(root, 'broken', ['t1', 'flair']);
    const empty = { ...tinyImage('t2'), data: new Float32Array(SIDE ** 3) };
    await writeNifti(join(broken, 'broken_t2.nii.gz'), empty);
    const { report } = await segmented([broken], { use: ['t1', 'flair'], skip: SKIP });
    expect(report.combination).toBe('t1+flair');
    expect(await codeOf([broken])).toBe('EMPTY_IMAGE');
  });

  it('the same options give the same images, masks and report', async () => {
    const { report, output } = await segmented([study], { skip: SKIP });
    const { id } = await openCase(services, study);
    const preparing = await services.call('preparation.start', { case: id, options: AS_SKIP });
    expect((await jobEnd(services, preparing.job)).problem).toBeUndefined();
    const segmenting = await services.call('cases.segment', { case: id, device: 'cpu' });
    expect((await jobEnd(services, segmenting.job)).problem).toBeUndefined();
    const folder = join(root, `window-${++runs}`);
    const request = { case: id, folder, combination: 't1+t1ce+t2+flair', ...NO_FORMATS } as const;
    const { job } = await services.call('export.start', request);
    expect((await jobEnd(services, job)).problem).toBeUndefined();
    for (const file of ['prepared/raw_seg.nii.gz', 'raw_seg.nii.gz']) {
      const [command, window] = [await readFile(join(output, file)), await readFile(join(folder, file))];
      expect({ file, same: window.equals(command) }).toEqual({ file, same: true });
    }
    const exported: CaseReport = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    for (const field of ['images', 'combinations', 'warnings', 'fingerprint', 'setAside'] as const)
      expect({ [field]: exported[field] }).toEqual({ [field]: report[field] });
    // `quorum prepare` writes the voxels that the window keeps.
    const end = await prepareEnd(host, { inputs: [study], output: join(root, 'case'), skip: [...SKIP] });
    expect(end.problem).toBeUndefined();
    const [kept] = await readdir(join(root, 'profile/prepared'));
    for (const m of ['t1', 't1ce', 't2', 'flair']) {
      const written = await readVolume(join(root, 'case', `raw_${m}.nii.gz`));
      const here = await readVolume(join(root, 'profile/prepared', kept, `${m}.nii.gz`));
      expect(here.size).toEqual(written.size);
      expect(Buffer.from(here.data.buffer).equals(Buffer.from(written.data.buffer))).toBe(true);
    }
    const checks = await readdir(join(root, 'case/checks'));
    expect(checks.length).toBeGreaterThan(0);
    for (const check of checks) {
      const picture = await readFile(join(root, 'case/checks', check));
      const here = join(root, 'profile/prepared', kept, pictureName(/^\d+-(.*)\.png$/.exec(check)![1]));
      expect({ check, same: picture.equals(await readFile(here)) }).toEqual({ check, same: true });
    }
    await services.call('cases.close', { case: id });
  });
});

describe('rows 24-26: which image serves', () => {
  it('of two files for one sequence the same, with the reason why not the other', async () => {
    const twice = await writeTinyStudy(root, 'twice', ['t1', 'flair']);
    const small = tinyImage('flair');
    const size = [SIDE, SIDE, 20] as const;
    await writeNifti(join(twice, 'twice_flair_short.nii.gz'), {
      ...small,
      size,
      data: small.data.slice(0, SIDE * SIDE * 20),
    });
    const opened = await openCase(services, twice);
    const { report } = await segmented([twice]);
    expect(usedIn(report)).toEqual(slotsOf(opened));
    expect(opened.available).toEqual(['t1', 'flair']);
    const rejected = opened.files.find(({ name }) => name === 'twice_flair_short.nii.gz')!;
    expect(report.setAside).toContainEqual({
      file: rejected.name,
      reason: `FLAIR: ${rejected.series!.rejected}`,
    });
  });

  it('images in sub-folders are looked at beside named ones', async () => {
    const nested = await writeTinyStudy(root, 'nested', ['t1', 'flair']);
    await writeTinyStudy(nested, 'later', ['t2']);
    const found = await services.call('cases.open', { paths: [nested] });
    if (found.kind !== 'studies') throw new Error(found.kind);
    expect(found.studies.map(({ sequences }) => sequences)).toEqual([['t1', 'flair'], ['t2']]);
    expect(await codeOf([nested])).toBe('SEVERAL_STUDIES');
  });

  it('the only examination with a known sequence is taken', async () => {
    const mixed = join(root, 'mixed');
    await writeTinyStudy(mixed, 'patient', ['t1', 'flair']);
    await mkdir(join(mixed, 'phantom'));
    await copyFile(join(mixed, 'patient/patient_t1.nii.gz'), join(mixed, 'phantom/water.nii.gz'));
    // Something that names do not tell: a folder of cases alone is offered as one.
    await writeFile(join(mixed, 'IM0001'), Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]));
    const opened = await openCase(services, mixed);
    const { report } = await segmented([mixed]);
    expect(opened.available).toEqual(['t1', 'flair']);
    expect(usedIn(report)).toEqual(slotsOf(opened));
  });
});

describe('rows 27-29: what is no part of the input', () => {
  it('what was said in the app counts in the app alone', async () => {
    const study = await writeTinyStudy(root, 'said', ['t1', 't2']);
    const opened = await openCase(services, study);
    const file = join(study, 'said_t2.nii.gz');
    await services.call('cases.assign', { case: opened.id, file, sequence: 'flair' });
    await services.call('cases.close', { case: opened.id });
    expect((await openCase(services, study)).available).toEqual(['t1', 'flair']);
    expect((await segmented([study])).report.combination).toBe('t1+t2');
  });

  it('nothing is written beside the files that were given', async () => {
    const study = await writeTinyStudy(root, 'beside', ['t1']);
    const inputs = [join(study, 'beside_t1.nii.gz')];
    const end = await segmentEnd(host, { inputs, output: study, device: 'cpu', force: true });
    expect(end.problem?.code).toBe('OUTPUT_INSIDE_INPUT');
    expect(await readdir(study)).toEqual(['beside_t1.nii.gz']);
  });

  it('very many images in one folder are no patient', async () => {
    const many = await writeTinyStudy(root, 'many', ['t1']);
    for (let n = 0; n < 64; n++)
      await copyFile(join(many, 'many_t1.nii.gz'), join(many, `many_t1_${n}.nii.gz`));
    await expect(openCase(services, many)).rejects.toMatchObject({ code: 'NO_IMAGES' });
    expect(await codeOf([many])).toBe('NO_IMAGES');
  });
});
