import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { SHIPPED_MODEL } from '../../src/model/model.js';
import { readSafetensors } from '../../src/network/safetensors.js';
import { serialiseSafetensors } from '../../src/network/safetensorsWriter.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { dicomBytes } from '../dicom/dicomBytes.js';
import { temporaryFolder } from '../volume/folder.js';
import { problemIn, quorum } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const REFERENCE = 'test/reference/ds-gmd-a.safetensors';

describe('quorum import', () => {
  it('makes a model folder of weights with PyTorch names, region weights moved into model.json', async () => {
    const { tensors } = await readSafetensors(REFERENCE);
    const weights = new Map(
      [...tensors].filter(([name]) => name.startsWith('param/')).map(([name, t]) => [name.slice(6), t]),
    );
    const region = { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i + 1) };
    writeFileSync(
      at('weights.safetensors'),
      serialiseSafetensors(
        new Map<string, { shape: readonly number[]; data: typeof region.data }>([
          ...weights,
          ['region_weights', region],
        ] as never),
      ),
    );
    const { code, stdout } = await quorum(
      'import',
      at('weights.safetensors'),
      '--out',
      at('model'),
      '--name',
      'from elsewhere',
      '--json',
    );
    expect(code).toBe(0);
    const model = JSON.parse(stdout);
    expect(model.description).toMatchObject({
      name: 'from elsewhere',
      width: 0.25,
      fusion: { weights: { t1ce: { WT: 4, TC: 5, ET: 6 } } },
    });
    expect(model.description.knowledge.combinations.flair.WT.dice).toBeNull();
    expect(existsSync(at('model/weights.safetensors'))).toBe(true);
    const again = await quorum('import', at('weights.safetensors'), '--out', at('model'), '--json');
    expect(problemIn(again).code).toBe('OUTPUT_EXISTS');
  });

  it('refuses weights that lack a parameter, naming it', async () => {
    const { tensors } = await readSafetensors(join(SHIPPED_MODEL, 'weights.safetensors'));
    const lacking = new Map([...tensors].filter(([name]) => name !== 'module.outc.conv.module.bias'));
    writeFileSync(at('lacking.safetensors'), serialiseSafetensors(lacking as never));
    const problem = problemIn(
      await quorum('import', at('lacking.safetensors'), '--out', at('none'), '--json'),
    );
    expect(problem).toMatchObject({ code: 'WEIGHTS_INVALID', field: 'module.outc.conv.module.bias' });
  });
});

describe('quorum export', () => {
  it('writes the network as ONNX that gives the authors’ logits in onnxruntime', async () => {
    const file = at('network.onnx');
    const { code, stdout } = await quorum('export', at('model'), '--onnx', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).hash).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
    const { tensors } = await readSafetensors(REFERENCE);
    const session = await InferenceSession.create(file);
    const input = tensors.get('input')!.data as Float32Array;
    const feeds = {
      input: new Tensor('float32', input.slice(2 * 4096, 3 * 4096), [1, 1, 16, 16, 16]),
      modality: new Tensor('int64', BigInt64Array.of(2n), [1]),
    };
    const logits = (await session.run(feeds)).logits.data as Float32Array;
    const expected = tensors.get('logits/2')!.data as Float32Array;
    const worst = expected.reduce((max, value, at_) => Math.max(max, Math.abs(value - logits[at_])), 0);
    expect(worst).toBeLessThan(1e-4);
  });

  it('does not replace a file unless told to', async () => {
    const outcome = await quorum('export', at('model'), '--onnx', at('network.onnx'), '--json');
    expect(problemIn(outcome).code).toBe('OUTPUT_EXISTS');
    expect((await quorum('export', at('model'), '--onnx', at('network.onnx'), '--overwrite')).code).toBe(0);
  });
});

describe('quorum inspect', () => {
  it('shows an image: geometry, sequence and values', async () => {
    const { stdout } = await quorum(
      'inspect',
      join(SAMPLE_PATIENT, 'simulated-patient_t1ce.nii.gz'),
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      sequence: 't1ce',
      format: 'nifti1',
      labels: null,
      grid: { size: [240, 240, 155], orientation: 'LPS' },
    });
  });

  it('shows the labels of a mask', async () => {
    const { stdout } = await quorum(
      'inspect',
      join(SAMPLE_PATIENT, 'simulated-patient_seg.nii.gz'),
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ sequence: 'mask', labels: [0, 1, 2, 4] });
  });

  it('shows a case folder: which file is which sequence, and why', async () => {
    const { stdout } = await quorum('inspect', SAMPLE_PATIENT);
    expect(stdout).toMatch(/T1ce .*simulated-patient_t1ce\.nii\.gz +“t1” in the name; “ce” in the name/);
  });

  it('shows the examinations in a folder or a zip, what was set aside and why', async () => {
    const files = [0, 1, 2, 3, 4, 5].map((slice) => [`deep/IM${slice}`, dicomBytes({ slice })]);
    const localiser = [0, 1, 2].map((slice) => [
      `loc/${slice}`,
      dicomBytes({ slice, series: '7', description: 'Localizer' }),
    ]);
    writeFileSync(at('scan.zip'), zipSync(Object.fromEntries([...files, ...localiser])));
    const { stdout, code } = await quorum('inspect', at('scan.zip'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/T1 +[0-9a-f]{8} +used +6×8×6 +1\.00×1\.00×5\.00 mm +LPS +T1 AX/);
    expect(stdout).toMatch(/set aside .* Localizer +localiser: “localizer” in the description/);
    expect(problemIn(await quorum('inspect', at('nowhere.zip'), '--json')).code).toBe('FILE_NOT_FOUND');
  });

  it('shows the model that is shipped', async () => {
    const { tensors } = await readSafetensors(join(SHIPPED_MODEL, 'weights.safetensors'));
    const expectedParameters = [...tensors.values()].reduce((n, { data }) => n + data.length, 0);
    const { stdout } = await quorum('inspect', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      parameters: expectedParameters,
      description: { modalities: ['t1', 't1ce', 't2', 'flair'] },
    });
  });

  it('shows every device with the verdict on it and why', async () => {
    const { stdout, code } = await quorum('inspect', '--devices', '--json');
    expect(code).toBe(0);
    const devices: { id: string; accepted: boolean; reason: string }[] = JSON.parse(stdout);
    expect(devices.find(({ id }) => id === 'cpu')).toMatchObject({ accepted: true });
    for (const { reason } of devices) expect(reason).not.toBe('');
  });
});
