import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { hostOf } from '../../src/commands/host.js';
import type { segmentRequestSchema } from '../../src/contract/commands.js';
import { SHIPPED_MODEL } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { segmentEnd } from '../commands/command.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { temporaryFolder } from '../volume/folder.js';
import { niftiBytes } from '../volume/niftiBytes.js';
import { problemIn, quorum } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const sample = readFileSync(join(SAMPLE_PATIENT, 'simulated-patient_flair.nii.gz'));

/** A case folder with these files. */
function caseOf(name: string, files: Record<string, Uint8Array>): string {
  mkdirSync(at(name), { recursive: true });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(at(name, file), bytes);
  return at(name);
}

type Request = z.input<typeof segmentRequestSchema>;

/** Asks for a bad case as `quorum segment` does: a clear coded error, and no output at all. How that is printed, the processes show. */
async function refused(input: string | readonly string[], more: Partial<Request> = {}) {
  const output = at(`out${Math.random()}`);
  const inputs = typeof input === 'string' ? [input] : [...input];
  const end = await segmentEnd(hostOf(at('profile')), { inputs, output, ...more });
  expect(end.state).toBe('failed');
  expect(existsSync(output)).toBe(false);
  return end.problem!;
}

describe('bad input is refused with a code, and nothing is written', () => {
  it('a truncated .nii.gz', async () => {
    const file = 'x_flair.nii.gz';
    const input = caseOf('truncated', { [file]: sample.subarray(0, sample.length / 2) });
    const outcome = await quorum('segment', input, '--out', at('truncated-out'), '--json');
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome)).toMatchObject({ code: 'DATA_TRUNCATED', file: at('truncated', file) });
    expect(existsSync(at('truncated-out'))).toBe(false);
  });

  it('NaN', async () => {
    const voxels = Buffer.alloc(4 * 512);
    voxels.writeFloatLE(Number.NaN, 400);
    const bytes = niftiBytes({ dim: [3, 8, 8, 8, 1, 1, 1, 1], datatype: 16, bitpix: 32, voxels });
    expect((await refused(caseOf('nan', { 'x_t1.nii': bytes }))).code).toBe('VALUES_NOT_FINITE');
  });

  it('a gzip bomb behind a small header', async () => {
    const head = niftiBytes({
      dim: [3, 8, 8, 8, 1, 1, 1, 1],
      datatype: 4,
      bitpix: 16,
      voxels: Buffer.alloc(1024),
    });
    const bomb = gzipSync(Buffer.concat([head, Buffer.alloc(300_000_000)]));
    expect((await refused(caseOf('bomb', { 'x_t1.nii.gz': bomb }))).code).toBe('DATA_TOO_LARGE');
  });

  it('a segmentation given as an image', async () => {
    const mask = readFileSync(join(SAMPLE_PATIENT, 'simulated-patient_seg.nii.gz'));
    expect((await refused(caseOf('mask', { 'x_t1.nii.gz': mask }))).code).toBe('MASK_AS_IMAGE');
  });

  it('two grids', async () => {
    await writeImage(at('grids/x_t1.nii.gz'), ellipsoid(bratsGrid([150, 150, 150]), [60, 60, 60], 1));
    await writeImage(at('grids/x_t2.nii.gz'), ellipsoid(bratsGrid([150, 150, 140]), [60, 60, 60], 2));
    expect((await refused(at('grids'), { prepare: false })).code).toBe('GRIDS_DIFFER');
  });

  it('a 4-D image', async () => {
    const bytes = niftiBytes({
      dim: [4, 8, 8, 8, 3, 1, 1, 1],
      datatype: 4,
      bitpix: 16,
      voxels: Buffer.alloc(3072),
    });
    expect((await refused(caseOf('4d', { 'x_t1.nii': bytes }))).code).toBe('NOT_3D');
  });

  it('an empty folder, and one with only a mask', async () => {
    expect((await refused(caseOf('empty', {}))).code).toBe('NO_IMAGES');
    expect((await refused(caseOf('only', { 'x_seg.nii.gz': sample }))).code).toBe('ONLY_MASKS');
  });

  it('a head with its skull, in words a person understands', async () => {
    await writeImage(at('skull/x_t1.nii.gz'), ellipsoid(bratsGrid([180, 180, 180]), [80, 80, 80], 1));
    const { code, stderr } = await quorum('segment', at('skull'), '--out', at('skullout'), '--no-prepare');
    expect(code).toBe(1);
    expect(stderr).toContain('NOT_SKULL_STRIPPED');
    expect(stderr).toContain('--force');
    expect(stderr).toMatch(/found: 21\d\d ml/);
  });

  it('a sequence that is not there', async () => {
    const nowhere = { use: ['t1', 'flair'], model: at('nowhere') } satisfies Partial<Request>;
    expect((await refused(SAMPLE_PATIENT, nowhere)).code).toBe('MODEL_NOT_FOUND');
    expect((await refused(caseOf('one', { 'x_flair.nii.gz': sample }), { use: ['t1'] })).code).toBe(
      'SEQUENCE_NOT_AVAILABLE',
    );
  });

  it('wrong options, with exit code 2', async () => {
    expect((await quorum('segment', SAMPLE_PATIENT, '--out', at('o'), '--use', 't3')).code).toBe(2);
    expect((await quorum('segment', SAMPLE_PATIENT)).code).toBe(2);
    expect((await quorum('nonsense')).code).toBe(2);
  });
});

describe('output that must not be touched', () => {
  it('an existing foreign mask at the target is kept, before anything is computed', async () => {
    mkdirSync(at('foreign'));
    writeFileSync(at('foreign/simulated-patient_seg.nii.gz'), 'drawn by hand');
    const problem = { code: 'OUTPUT_EXISTS', file: at('foreign/simulated-patient_seg.nii.gz') };
    const request = { inputs: [SAMPLE_PATIENT], output: at('foreign') };
    expect((await segmentEnd(hostOf(at('profile')), request)).problem).toMatchObject(problem);
    const overwriting = ['--overwrite', '--json'];
    const outcome = await quorum('segment', SAMPLE_PATIENT, '--out', at('foreign'), ...overwriting);
    expect(problemIn(outcome)).toMatchObject(problem);
    expect(readdirSync(at('foreign'))).toEqual(['simulated-patient_seg.nii.gz']);
    expect(readFileSync(at('foreign/simulated-patient_seg.nii.gz'), 'utf8')).toBe('drawn by hand');
  });

  it('an output folder inside the input is refused, through a link too', async () => {
    const input = caseOf('inside', { 'x_flair.nii.gz': sample });
    expect((await refused(input, { output: join(input, 'out') })).code).toBe('OUTPUT_INSIDE_INPUT');
    execFileSync('ln', ['-s', input, at('link')]);
    expect((await refused(input, { output: at('link/out') })).code).toBe('OUTPUT_INSIDE_INPUT');
    expect(readdirSync(input)).toEqual(['x_flair.nii.gz']);
  });

  it('the folder of images that were named one by one is refused, through a link too', async () => {
    const input = caseOf('loose', { 'x_t1.nii.gz': sample, 'x_flair.nii.gz': sample });
    const files = readdirSync(input).map((name) => join(input, name));
    execFileSync('ln', ['-s', input, at('link-to-loose')]);
    for (const folder of [input, at('link-to-loose')]) {
      const end = await segmentEnd(hostOf(at('profile')), { inputs: files, output: folder });
      expect([end.state, end.problem?.code]).toEqual(['failed', 'OUTPUT_INSIDE_INPUT']);
    }
    expect(readdirSync(input).sort()).toEqual(['x_flair.nii.gz', 'x_t1.nii.gz']);
  });

  it('an output that cannot be written', async () => {
    writeFileSync(at('file'), '');
    expect((await refused(SAMPLE_PATIENT, { output: at('file/out') })).code).toBe('OUTPUT_NOT_WRITABLE');
  });
});

describe('a full disk', () => {
  const disk = at('disk');
  let mounted = false;
  beforeAll(async () => {
    mkdirSync(disk);
    mkdirSync(at('box'));
    await writeCroppedSample(at('box'), 'box', ['flair'], TUMOUR_ALONE);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', disk], { stdio: 'ignore' });
      mounted = true;
    } catch {
      console.warn('SKIPPED: a full disk: no right to mount a tmpfs');
    }
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it('leaves nothing half-written', async (context) => {
    if (!mounted) return context.skip();
    const outcome = await quorum(
      'segment',
      at('box'),
      '--force',
      '--probabilities',
      '--out',
      join(disk, 'out'),
      '--json',
    );
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome).code).toBe('DISK_FULL');
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe('hostile weights', () => {
  it('a safetensors file with offsets beyond its end', async () => {
    const header = JSON.stringify({
      'module.inc.conv1.module.weight': {
        dtype: 'F32',
        shape: [8, 1, 3, 3, 3],
        data_offsets: [0, 1_000_000_000],
      },
    });
    const bytes = Buffer.alloc(8 + header.length + 100);
    bytes.writeBigUInt64LE(BigInt(header.length));
    bytes.write(header, 8);
    writeFileSync(at('bad.safetensors'), bytes);
    const outcome = await quorum('import', at('bad.safetensors'), '--out', at('badmodel'), '--json');
    expect(outcome.code).toBe(1);
    expect(problemIn(outcome)).toMatchObject({ code: 'WEIGHTS_INVALID', file: at('bad.safetensors') });
    expect(existsSync(at('badmodel'))).toBe(false);
  });

  it('a model whose weights were exchanged', async () => {
    mkdirSync(at('model'));
    writeFileSync(at('model/model.json'), readFileSync(join(SHIPPED_MODEL, 'model.json')));
    const weights = readFileSync(join(SHIPPED_MODEL, 'weights.safetensors'));
    weights[weights.length - 1] ^= 1;
    writeFileSync(at('model/weights.safetensors'), weights);
    const options = ['--model', at('model'), '--out', at('exchanged'), '--json'];
    const outcome = await quorum('segment', SAMPLE_PATIENT, ...options);
    expect([outcome.code, problemIn(outcome).code]).toEqual([1, 'MODEL_HASH_MISMATCH']);
    expect(existsSync(at('exchanged'))).toBe(false);
  });
});
