import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeMeasurement } from '../../src/cli/measure.js';
import {
  evaluateRequestSchema,
  type MeasureRequest,
  measureRequestSchema,
} from '../../src/contract/training.js';
import { QuorumError } from '../../src/errors.js';
import { SHIPPED_MODEL } from '../../src/model/model.js';
import { runEvaluateJob } from '../../src/research/evaluateJob.js';
import { runMeasureJob } from '../../src/research/measureJob.js';
import { allCombinations, combinationName, MODALITIES, REGIONS } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { AFFINE, SIDE, tinyImage, writeTinyStudy } from '../session/harness.js';
import { writeCubes } from '../support/syntheticCubes.js';
import { temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;
const at = (...parts: string[]) => join(root, ...parts);
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'));
const QUIET = { signal: new AbortController().signal, report: () => undefined };
const QUICK = { device: 'cpu', force: true } as const;

function measure(request: Partial<MeasureRequest>) {
  const asked = measureRequestSchema.parse({
    model: at('model'),
    datasets: [at('brains')],
    ...QUICK,
    ...request,
  });
  return runMeasureJob(asked, at('verdicts'), QUIET);
}

async function problemOf(work: Promise<unknown>) {
  return work.then(
    () => 'no problem',
    (error) => (error instanceof QuorumError ? error.problem : error),
  );
}

/** A head whose tumour is marked a little off where it is. */
async function writePatient(name: string, shift: number, sequences = MODALITIES.slice()): Promise<void> {
  const folder = await writeTinyStudy(at('brains'), name, sequences);
  const labels = Uint8Array.from({ length: SIDE ** 3 }, (_, v) => {
    const [i, j, k] = [v % SIDE, Math.floor(v / SIDE) % SIDE, Math.floor(v / SIDE ** 2)];
    const from = Math.hypot(i - 30 - shift, j - 26, k - 22);
    return from < 4 ? 4 : from < 8 ? 2 : 0;
  });
  const { size } = tinyImage('t1');
  await writeNifti(join(folder, `${name}_seg.nii.gz`), { size, affine: AFFINE, data: labels });
}

beforeAll(async () => {
  await writePatient('a', 0);
  await writePatient('b', 2);
  await writePatient('c', 0, ['t1', 'flair']);
  writeFileSync(at('split.json'), JSON.stringify({ train: ['a'], validation: ['b', 'c'] }));
  cpSync(SHIPPED_MODEL, at('model'), { recursive: true });
});

describe('measuring a model', () => {
  it('finds on whole cases what an evaluation finds, and says it in model.json alone', async () => {
    const before = json('model', 'model.json');
    const split = { file: at('split.json'), side: 'validation' } as const;
    const result = await measure({ split, write: true, output: at('log.json') });
    const { scores } = await runEvaluateJob(
      evaluateRequestSchema.parse({
        dataset: at('brains'),
        of: { model: SHIPPED_MODEL },
        split,
        output: at('evaluated'),
        ...QUICK,
      }),
      at('verdicts'),
      QUIET,
    );
    const after = json('model', 'model.json');
    for (const name of allCombinations().map(combinationName))
      for (const region of REGIONS) {
        const known = after.knowledge.combinations[name][region];
        // Two patients are too few for any support.
        expect(known.supported).toBe(false);
        const dice = scores.combinations[name]?.[region] ?? null;
        if (dice === null) expect(known.wholeCases).toBeNull();
        else expect(known.wholeCases.mean).toBeCloseTo(dice, 3);
      }
    expect(after.knowledge.combinations.flair.WT.wholeCases.patients).toBe(2);
    expect(after.knowledge.combinations.t2.WT.wholeCases.patients).toBe(1);
    const changed = [
      'combinations',
      'gains',
      'agreementFlags',
      'disagreement',
      'volumeRanges',
      'expectedDice',
    ];
    const rest = (knowledge: object) =>
      Object.entries(knowledge).filter(([field]) => !changed.includes(field));
    expect(rest(after.knowledge)).toEqual(rest(before.knowledge));
    expect({ ...after, knowledge: null }).toEqual({ ...before, knowledge: null });
    const { gains, agreementFlags, disagreement, volumeRanges, expectedDice } = after.knowledge;
    expect(disagreement).toEqual({ WT: null, TC: null, ET: null });
    expect([gains.t1.flair.WT, agreementFlags.WT, volumeRanges, expectedDice.WT]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    const { rows, side, model } = json('log.json');
    expect([rows.length, side, model.weightsSha256]).toEqual([15 + 3, 'validation', before.weightsSha256]);
    const text = describeMeasurement(result);
    expect(text).toContain('2 cases of 2 patients');
    expect(text).toMatch(/^flair .*n = 2\)\*/m);
    expect(text).toContain('Written into');
  });

  it('refuses what may not decide what is said of patients, before anything is computed', async () => {
    const bytes = readFileSync(at('model', 'model.json'));
    const file = at('split.json');
    const invalid = (field: string) => ({ code: 'REQUEST_INVALID', field });
    expect(await problemOf(measure({ write: true }))).toMatchObject(invalid('split'));
    const train = { file, side: 'train' } as const;
    expect(await problemOf(measure({ write: true, split: train }))).toMatchObject(invalid('side'));
    expect(await problemOf(measure({ what: 'checks' }))).toMatchObject(invalid('split'));
    expect(await problemOf(measure({ output: file }))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    await writeCubes(at('cubes'));
    expect(await problemOf(measure({ datasets: [at('cubes')] }))).toMatchObject({
      code: 'DATASET_INVALID',
      field: 'known',
    });
    expect(readFileSync(at('model', 'model.json')).equals(bytes)).toBe(true);
  });

  it('fits the checks of the images on cut-outs, and none where these are too few', async () => {
    await writeCubes(at('fitted'));
    const file = at('cubes.json');
    writeFileSync(
      file,
      JSON.stringify({ train: ['p0_cube', 'p1_cube'], validation: ['p2_cube', 'p3_cube'] }),
    );
    const request = {
      datasets: [at('fitted')],
      split: { file, side: 'validation' },
      what: 'checks',
    } as const;
    const { written, measured } = await measure({
      ...request,
      datasets: [...request.datasets],
      output: at('c.json'),
    });
    expect(written).toBe(false);
    const swapped = Object.values(measured.inputChecks!.swapped);
    expect(swapped).toEqual(Array.from({ length: 6 }, () => null));
    // No validation cut-out has T1 and T1ce.
    expect(measured.inputChecks!.uptake).toBeNull();
    expect(json('c.json')).toMatchObject({ kind: 'checks', trainCutOuts: 2, validationCutOuts: 2 });
  });
});
