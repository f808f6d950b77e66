import { describe, expect, it } from 'vitest';
import { foldSplit, readSplit } from '../../src/training/split.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const CASES = ['P1_a', 'P1_b', 'P2_a', 'P3_a', 'P4_a'].map((name) => ({ name, patient: name.slice(0, 2) }));
const file = (content: unknown) =>
  folder.write('.json', typeof content === 'string' ? content : JSON.stringify(content));
const names = (cases: readonly { name: string }[]) => cases.map(({ name }) => name).join(' ');

describe('split files', () => {
  it('a patient’s name stands for all its cases; unnamed cases are left out', async () => {
    const split = await readSplit(file({ train: ['P1', 'P2_a'], test: ['P3'] }), CASES);
    expect(names(split.train)).toBe('P1_a P1_b P2_a');
    expect(names(split.validation)).toBe('');
    expect(names(split.test)).toBe('P3_a');
  });

  it('refuses a patient on both sides, also by its cases’ names', async () => {
    const both = file({ train: ['P1_a'], validation: ['P1_b'] });
    expect(await problemOfRefusal(readSplit(both, CASES))).toMatchObject({
      code: 'SPLIT_INVALID',
      field: 'patient',
      found: 'P1 on train and validation',
      file: both,
    });
  });

  it('passes over names that no case has, and says which', async () => {
    const strangers: string[] = [];
    const onStrangers = (names: readonly string[]) => strangers.push(...names);
    const split = await readSplit(file({ train: ['P9', 'P1'], test: ['x'] }), CASES, { onStrangers });
    expect(names(split.train)).toBe('P1_a P1_b');
    expect(strangers).toEqual(['P9', 'x']);
  });

  it('refuses a split of which nobody is here, with all its names', async () => {
    const problem = await problemOfRefusal(readSplit(file({ train: ['P9'], test: ['x'] }), CASES));
    expect(problem).toMatchObject({ code: 'SPLIT_INVALID', field: 'patient', found: 'P9' });
    expect(problem.also?.map(({ found }) => found)).toEqual(['x']);
  });

  it.each([['{'], [{ train: 'P1' }], [{ trian: ['P1'] }], [[]]])(
    'refuses what is not a split: %j',
    async (content) => {
      expect(await problemOfRefusal(readSplit(file(content), CASES))).toMatchObject({
        code: 'SPLIT_INVALID',
      });
    },
  );

  it('names a file that is not there', async () => {
    expect(await problemOfRefusal(readSplit('absent.json', CASES))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('folds', () => {
  const folds = [0, 1, 2].map((fold) => foldSplit(CASES, 3, fold, 7));

  it('hold every case once, and share no patient', () => {
    expect(folds.flatMap(({ validation }) => names(validation).split(' ')).sort()).toEqual(
      CASES.map(({ name }) => name),
    );
    for (const { train, validation } of folds) {
      const patients = new Set(train.map(({ patient }) => patient));
      expect(validation.some(({ patient }) => patients.has(patient))).toBe(false);
      expect(train.length + validation.length).toBe(CASES.length);
    }
  });

  it('depend on the seed and on nothing else', () => {
    expect(
      foldSplit([...CASES].reverse(), 3, 1, 7)
        .validation.map(({ name }) => name)
        .sort(),
    ).toEqual(folds[1].validation.map(({ name }) => name).sort());
    const others = [1, 2, 3, 4].map((seed) => names(foldSplit(CASES, 3, 1, seed).validation));
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  it.each([
    [1, 0],
    [5, 0],
    [3, 3],
    [3, -1],
    [2.5, 0],
  ])('refuse %d folds, fold %d of four patients', async (count, fold) => {
    const refusal = Promise.resolve().then(() => foldSplit(CASES, count, fold, 7));
    expect(await problemOfRefusal(refusal)).toMatchObject({ code: 'SPLIT_INVALID' });
  });
});
