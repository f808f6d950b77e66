import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { descriptionTemplate } from '../../src/model/template.js';
import { DEFAULT_AUGMENTATION } from '../../src/training/augmentation.js';
import { openDataset } from '../../src/training/dataset.js';
import { randomStream } from '../../src/training/random.js';
import { augmentedSource, type CaseGroup, CaseStore } from '../../src/training/source.js';
import { verifyDataset } from '../../src/training/verify.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const root = temporaryFolder().path;
const SPACING: [number, number, number] = [239 / 127, 239 / 127, 154 / 127];
const RULES = descriptionTemplate({ name: '', version: '', description: '', trainingData: '' }, 0.25);
/** 4³ voxels, two images in single precision and one byte of labels. */
const CASE_BYTES = 64 * 9;

async function group(
  name: string,
  cases: readonly string[],
  value: number,
  weight: number,
): Promise<CaseGroup> {
  const folder = join(root, name);
  await writeDescription(folder, { intensities: 'z-score', known: 'nonzero-box', spacing: SPACING });
  for (const one of cases) await writeCase(folder, one, { affine: lpsAffine(SPACING), value: () => value });
  const dataset = await verifyDataset(await openDataset(folder));
  return { dataset, cases: dataset.cases, weight };
}

describe('case store', () => {
  it('reads a case once while there is room, and the longest unused leaves first', async () => {
    const { dataset, cases } = await group('store', ['a', 'b', 'c'], 1, 1);
    const store = new CaseStore(RULES, 2 * CASE_BYTES);
    const [a, b] = [await store.load(dataset, cases[0]), await store.load(dataset, cases[1])];
    expect(await store.load(dataset, cases[0])).toBe(a);
    await store.load(dataset, cases[2]);
    await rm(cases[1].folder, { recursive: true });
    expect(await store.load(dataset, cases[0])).toBe(a);
    expect(b.name).toBe('b');
    expect(await problemOfRefusal(store.load(dataset, cases[1]))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('gives all cases of all groups in order', async () => {
    const groups = [await group('first', ['a', 'b'], 1, 1), await group('second', ['c'], 1, 1)];
    const names: string[] = [];
    for await (const { name } of new CaseStore(RULES, 0).all(groups)) names.push(name);
    expect(names).toEqual(['a', 'b', 'c']);
  });
});

describe('augmented source', () => {
  const plain = { ...DEFAULT_AUGMENTATION, spatial: null, intensity: null };

  it('draws data sets by their weights', async () => {
    const groups = [await group('rare', ['r'], 1, 1), await group('common', ['s', 't'], 2, 3)];
    const source = augmentedSource(groups, new CaseStore(RULES, 1e6), plain);
    let rare = 0;
    for (let step = 0; step < 400; step++) {
      const { inputs } = await source.draw(randomStream(1, step));
      rare += Math.max(...inputs[0]!.data) < 1.5 ? 1 : 0;
    }
    expect(Math.abs(rare - 100)).toBeLessThan(35);
  });

  it('gives the same sample for the same stream, whatever the store keeps', async () => {
    const groups = [await group('same', ['u', 'v', 'w'], 1, 1)];
    const draw = (budget: number, step: number) =>
      augmentedSource(groups, new CaseStore(RULES, budget), DEFAULT_AUGMENTATION).draw(randomStream(2, step));
    for (const step of [0, 1, 2]) expect(await draw(0, step)).toEqual(await draw(1e6, step));
  });
});
