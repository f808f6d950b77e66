import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaseReport } from '../../src/contract/index.js';
import { SAMPLE_PATIENT, SAMPLE_SEGMENTED, sampleMask } from '../../src/pipeline/sample.js';
import { RESULT_FORMAT } from '../../src/segment/logits.js';
import { allCombinations, combinationName, MODALITIES, REGIONS } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readLabelMap, readVolume } from '../../src/volume/read.js';
import { tinyImage } from '../session/harness.js';
import { TUMOUR_ALONE, writeCroppedSample } from '../support/croppedSample.js';
import { diceOfMaps } from '../support/dice.js';
import { supportedRegions } from '../support/shippedModel.js';
import { temporaryFolder } from '../volume/folder.js';
import { problemIn, quorum, start } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const report = (...parts: string[]): CaseReport =>
  JSON.parse(readFileSync(at(...parts, 'report.json'), 'utf8'));
/** Passes a sequence, as the shipped model.json asks for. */
const PASSES = JSON.parse(readFileSync('resources/model/model.json', 'utf8')).patch.mirrored ? 2 : 1;
const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const sampleFile = (sequence: string) => join(SAMPLE_PATIENT, `simulated-patient_${sequence}.nii.gz`);

describe('quorum segment on the simulated sample patient', () => {
  beforeAll(async () => {
    const outcome = await quorum('segment', SAMPLE_PATIENT, '--out', at('whole'));
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes masks on the input’s exact grid, with BraTS labels and no text of the source', async () => {
    const source = await readVolume(sampleFile('t1'));
    const mask = await readLabelMap(at('whole/simulated-patient_seg.nii.gz'));
    expect(mask.niftiHeader).toEqual(source.niftiHeader);
    expect(mask.size).toEqual(source.size);
    expect([...new Set(mask.data)].sort()).toEqual([0, 1, 2, 4]);
  });

  it('is the mask that is shipped for the window, made by the model and the format of results that are named there', async () => {
    const shipped = await readLabelMap(join(SAMPLE_SEGMENTED, 'mask.nii.gz'));
    // As between devices: another processor may round a voxel otherwise.
    const { WT, TC, ET } = diceOfMaps(await readLabelMap(at('whole/simulated-patient_seg.nii.gz')), shipped);
    for (const dice of [WT, TC, ET]) expect(dice).toBeGreaterThan(0.999);
    const { model, fingerprint } = report('whole');
    expect(await sampleMask()).toEqual({
      file: join(SAMPLE_SEGMENTED, 'mask.nii.gz'),
      modelHash: model.hash,
    });
    expect(fingerprint.options.format).toBe(RESULT_FORMAT);
  });

  it('agrees with the truth of the simulation (printed)', async () => {
    const truth = await readLabelMap(sampleFile('seg'));
    const { WT, TC, ET } = diceOfMaps(await readLabelMap(at('whole/simulated-patient_seg.nii.gz')), truth);
    console.info(
      `simulated sample patient, all four sequences: WT ${WT.toFixed(3)} TC ${TC.toFixed(3)} ET ${ET.toFixed(3)}`,
    );
    expect(WT).toBeGreaterThan(0.85);
    expect(TC).toBeGreaterThan(0.75);
    expect(ET).toBeGreaterThan(0.7);
  });
});

describe('options of quorum segment, on a box around the sample’s tumour', () => {
  const CUT = at('cut/p1');
  const cutFile = (sequence: string) => join(CUT, `p1_${sequence}.nii.gz`);
  let stdout = '';
  beforeAll(async () => {
    await mkdir(CUT, { recursive: true });
    await writeCroppedSample(CUT, 'p1', MODALITIES, TUMOUR_ALONE);
    const everything = ['--all-combinations', '--probabilities', '--picture'];
    const outcome = await quorum('segment', CUT, '--out', at('all'), '--force', ...everything);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    stdout = outcome.stdout;
  });

  it('writes every combination, maps, picture and report, and nothing else', () => {
    const combinations = allCombinations().map((members) => `${combinationName(members)}.nii.gz`);
    expect(readdirSync(at('all/combinations')).sort()).toEqual(combinations.sort());
    const maps = supportedRegions('t1+t1ce+t2+flair').flatMap((r) => [
      `p1_probability_${r}.nii.gz`,
      `p1_spread_${r}.nii.gz`,
    ]);
    const expected = ['combinations', 'report.json', 'p1_picture.png', 'p1_seg.nii.gz', ...maps];
    expect(readdirSync(at('all')).sort()).toEqual(expected.sort());
  });

  it('reports volumes that are those of the files', async () => {
    const written = report('all');
    for (const name of ['t1+t1ce+t2+flair', 'flair', 't1ce+t2']) {
      const { data } = await readLabelMap(at('all/combinations', `${name}.nii.gz`));
      const count = (labels: number[]) =>
        data.reduce((n, label) => n + (labels.includes(label) ? 1 : 0), 0) / 1000;
      const { volumes } = written.combinations[name];
      const labels = { WT: [1, 2, 4], TC: [1, 4], ET: [4] };
      for (const region of REGIONS) {
        const { ml, supported } = volumes[region];
        if (supported) expect(ml).toBeCloseTo(count(labels[region]), 9);
        else expect(ml).toBeNull();
      }
    }
    expect(written.combinations.flair.volumes.ET.supported).toBe(false);
  });

  it('says what the model knows and does not know', () => {
    const written = report('all');
    expect(written).toMatchObject({
      state: 'finished',
      networkPasses: 4 * PASSES,
      combination: 't1+t1ce+t2+flair',
      notice: expect.stringContaining('Not a medical device'),
    });
    expect(written.combinations['t1+flair'].volumes.ET.supported).toBe(false);
    expect(written.combinations['t1ce+flair'].volumes.ET.supported).toBe(true);
    expect(written.combinations.flair.agreement).toEqual({ WT: null, TC: null, ET: null });
    expect(written.combinations.flair.contributions).toBeNull();
    expect(stdout).toContain('Research use only');
    expect(stdout).toContain('not reliable from these sequences');
  });

  it('names in the report no folder of the user', () => {
    expect(readFileSync(at('all/report.json'), 'utf8')).not.toContain(folder.path);
  });

  it('claims every file by its hash', () => {
    for (const { file, sha256 } of report('all').files) expect(hash(at('all', file))).toBe(sha256);
  });

  it('--use t1,flair and single files give the mask of combinations/t1+flair, one pass each', async () => {
    const few = ['--use', 'flair,t1', '--threads', '1', '--memory', '9'];
    const byUse = await quorum('segment', CUT, '--out', at('use'), '--force', ...few);
    const files = ['--t1', cutFile('t1'), '--flair', cutFile('flair')];
    const byFile = await quorum('segment', ...files, '--out', at('files'), '--force');
    expect([byUse.code, byFile.code]).toEqual([0, 0]);
    const expected = (await readLabelMap(at('all/combinations/t1+flair.nii.gz'))).data;
    expect(expected.some((label) => label !== 0)).toBe(true);
    for (const out of ['use', 'files']) {
      const { data } = await readLabelMap(at(out, 'p1_seg.nii.gz'));
      expect(Buffer.compare(data, expected)).toBe(0);
      expect(report(out).networkPasses).toBe(2 * PASSES);
    }
  });

  it('a second run has nothing to do; other options at the same place are refused; --overwrite replaces', async () => {
    const before = statSync(at('use/p1_seg.nii.gz')).mtimeMs;
    const args = ['segment', CUT, '--out', at('use'), '--use', 't1,flair', '--force', '--json'];
    const again = await quorum(...args);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout.trim().split('\n').at(-1)!)).toMatchObject({
      state: 'done',
      result: { skipped: true },
    });
    expect(statSync(at('use/p1_seg.nii.gz')).mtimeMs).toBe(before);
    const other = await quorum(...args, '--labels', 'consecutive');
    expect(other.code).toBe(1);
    expect(problemIn(other).code).toBe('OUTPUT_EXISTS');
    expect((await quorum(...args, '--labels', 'consecutive', '--overwrite')).code).toBe(0);
    expect([...new Set((await readLabelMap(at('use/p1_seg.nii.gz'))).data)].sort()).toEqual([0, 1, 2, 3]);
  });

  it('--overwrite never replaces a mask that was changed since', async () => {
    await cp(at('files'), at('corrected'), { recursive: true });
    const corrected = at('corrected/p1_seg.nii.gz');
    writeFileSync(corrected, readFileSync(sampleFile('seg')));
    const kept = hash(corrected);
    const options = ['--use', 't1', '--force', '--overwrite', '--json'];
    const outcome = await quorum('segment', CUT, '--out', at('corrected'), ...options);
    expect(problemIn(outcome)).toMatchObject({ code: 'OUTPUT_EXISTS', file: corrected });
    expect(hash(corrected)).toBe(kept);
  });

  it('another engine, wasm, gives the mask of onnx but for single voxels at the threshold', async () => {
    const options = ['--use', 't1ce,flair', '--device', 'wasm', '--force'];
    const outcome = await quorum('segment', CUT, '--out', at('wasm'), ...options);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(report('wasm').engine).toMatchObject({ name: 'wasm', device: 'cpu', events: [] });
    const expected = await readLabelMap(at('all/combinations/t1ce+flair.nii.gz'));
    const dice = diceOfMaps(await readLabelMap(at('wasm/p1_seg.nii.gz')), expected);
    for (const score of Object.values(dice)) expect(score).toBeGreaterThan(0.999);
  });
});

describe('DICOM objects', () => {
  it('are refused for NIfTI files before anything is computed', async () => {
    const refused = await quorum(
      'segment',
      SAMPLE_PATIENT,
      '--use',
      'flair',
      '--dicom-seg',
      '--secondary-capture',
      '--out',
      at('dicom'),
      '--json',
    );
    expect(refused.code).toBe(1);
    expect(problemIn(refused).code).toBe('NOT_DICOM');
    expect(existsSync(at('dicom'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  it('cancels: exit code 130, and nothing is left', async () => {
    const { child, outcome } = start([
      ...['segment', SAMPLE_PATIENT, '--use', 'flair', '--out', at('cancelled'), '--json'],
    ]);
    let isKilled = false;
    child.stdout!.on('data', (text) => {
      // A second one would end the process without its clean-up.
      if (isKilled || !String(text).includes('network')) return;
      isKilled = child.kill('SIGINT');
    });
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(JSON.parse(stderr).problem.code).toBe('CANCELLED');
    expect(existsSync(at('cancelled'))).toBe(false);
  });
});

describe('a folder of case folders', () => {
  it('is done case by case; one failure does not stop the rest; a second run continues', async () => {
    for (const name of ['a', 'b', 'broken']) {
      await mkdir(at('cases', name), { recursive: true });
      await writeNifti(at('cases', name, `${name}_flair.nii.gz`), tinyImage('flair'));
    }
    const broken = at('cases/broken/broken_flair.nii.gz');
    const whole = readFileSync(broken);
    writeFileSync(broken, whole.subarray(0, whole.length / 2));
    const args = ['segment', at('cases'), '--out', at('batch'), '--force'];
    const first = await quorum(...args);
    expect(first.code).toBe(3);
    const summary = () =>
      JSON.parse(readFileSync(at('batch/report.json'), 'utf8')).cases.map(
        (c: { case: string; state: string }) => [c.case, c.state],
      );
    expect(summary()).toEqual([
      ['a', 'finished'],
      ['b', 'finished'],
      ['broken', 'failed'],
    ]);
    expect(existsSync(at('batch/a/a_seg.nii.gz'))).toBe(true);
    expect(readdirSync(at('batch')).sort()).toEqual(['a', 'b', 'cohort.json', 'report.json', 'thumbnails']);
    expect(first.stdout).toContain('DATA_TRUNCATED');
    writeFileSync(broken, whole);
    const second = await quorum(...args);
    expect(second.code).toBe(0);
    expect(summary()).toEqual([
      ['a', 'skipped'],
      ['b', 'skipped'],
      ['broken', 'finished'],
    ]);
  });
});

describe('two patients whose folders have one name', () => {
  it('have results of their own, however they are given, also with --overwrite', async () => {
    for (const [parent, sequence] of [
      ['A', 'flair'],
      ['B', 't2'],
    ] as const) {
      await mkdir(at('same', parent, 'p1'), { recursive: true });
      await writeNifti(at('same', parent, 'p1', `p1_${sequence}.nii.gz`), tinyImage(sequence));
    }
    const used = (...parts: string[]) => report(...parts).combination;
    const segment = (...args: string[]) => quorum('segment', ...args, '--force');
    const parents = await segment(at('same/A'), at('same/B'), '--out', at('same-a'), '--overwrite');
    expect(parents.code).toBe(0);
    expect(readdirSync(at('same-a')).sort()).toEqual([
      ...['A_p1', 'B_p1', 'cohort.json', 'report.json', 'thumbnails'],
    ]);
    expect([used('same-a/A_p1'), used('same-a/B_p1')]).toEqual(['flair', 't2']);
    const cases = await segment(at('same/A/p1'), at('same/B/p1'), '--out', at('same-b'));
    expect(cases.code).toBe(0);
    expect(readdirSync(at('same-b')).sort()).toEqual([
      ...['A_p1', 'B_p1', 'cohort.json', 'report.json', 'thumbnails'],
    ]);
    expect([used('same-b/A_p1'), used('same-b/B_p1')]).toEqual(['flair', 't2']);
  });
});
