import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStudy } from '../../src/intake/openStudy.js';
import type { Study } from '../../src/intake/study.js';
import { BRATS_GRID } from '../../src/prepare/atlas.js';
import type { Case } from '../../src/prepare/case.js';
import type { PreparationStep, PreparationTransforms } from '../../src/prepare/preparation.js';
import { prepareStudy } from '../../src/prepare/prepareStudy.js';
import { multiplyAffines, sameGrid } from '../../src/volume/affine.js';
import { inverse } from '../../src/volume/placement.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { bratsGrid, writeImage } from '../support/images.js';
import { apart, movedHead, scannerToAtlas } from '../support/rawHead.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();

async function study(name: string, images: Record<string, Volume>): Promise<Study> {
  for (const [sequence, image] of Object.entries(images))
    await writeImage(join(folder.path, name, `x_${sequence}.nii.gz`), image);
  return openStudy([join(folder.path, name)]);
}

/** Where the truth of the heads' places is held against what is found: `cli/prepare`, which fits the atlas to the same two series. */
describe('a raw study: two series of one head, thick slices, the head moved between them', () => {
  let raw: Study;
  let moved: Affine;
  /** The atlas where the head is known to lie. */
  let placed: Pick<PreparationTransforms, 'caseToReference' | 'atlasToReference'>;
  const told: PreparationStep[] = [];
  const reports: { stage: string; share: number; until: number }[] = [];
  let prepared: Case;
  beforeAll(async () => {
    const head = await movedHead();
    ({ moved } = head);
    raw = await study('raw', head.images);
    const atlasToReference = inverse(scannerToAtlas(head.pose));
    placed = { caseToReference: atlasToReference, atlasToReference };
    prepared = await prepareStudy(raw, {
      keep: { ...placed, fromReference: {} },
      keepHeads: true,
      onStep: (step) => told.push(step),
      onProgress: (stage, share, until) => reports.push({ stage, share, until }),
    });
  });

  it('becomes a Case on the BraTS grid', () => {
    expect(sameGrid(prepared.grid, BRATS_GRID)).toBe(true);
    expect(Object.keys(prepared.images)).toEqual(['t1', 't2']);
    const { data } = prepared.preparation!.brainMask;
    for (const image of Object.values(prepared.images))
      expect(image.data.every((value, at) => data[at] === 1 || value === 0)).toBe(true);
  });

  it('undoes the patient’s movement to a millimetre', () => {
    const { fromReference } = prepared.preparation!.transforms;
    expect(apart(fromReference.t2!, moved)).toBeLessThan(1);
  });

  it('places every series: there and back is where one began', () => {
    const { t1, t2 } = prepared.placements!;
    const { caseToReference, fromReference } = prepared.preparation!.transforms;
    expect(apart(t1!.toCase, inverse(caseToReference))).toBeLessThan(1e-6);
    expect(apart(t2!.toCase, inverse(multiplyAffines(fromReference.t2!, caseToReference)))).toBeLessThan(
      1e-6,
    );
    expect(t2!.grid.size).toEqual([200, 220, 40]);
  });

  it('says of every step what was done, how long it took, and that its check was passed', () => {
    const { steps } = prepared.preparation!;
    expect(steps.map(({ step, sequence }) => [step, sequence])).toEqual([
      ['reference', 't1'],
      ['co-register', 't2'],
      ['atlas', 't1'],
      ['skull-strip', null],
      ['resample', null],
    ]);
    expect(steps.map(({ verdict }) => verdict)).toEqual(['good', 'good', 'good', 'good', 'good']);
    expect(steps.every(({ problem }) => problem === null)).toBe(true);
  });

  it('has a picture for each step but the choice of the reference', () => {
    const pictured = prepared.preparation!.steps;
    expect(pictured.map(({ picture }) => picture?.subarray(1, 4).toString() ?? null)).toEqual([
      null,
      ...Array(4).fill('80,78,71'),
    ]);
  });

  it('tells each step as soon as it is done, with its picture', () => {
    expect(told.map(({ step, sequence }) => [step, sequence])).toEqual([
      ['reference', 't1'],
      ['atlas', 't1'],
      ['co-register', 't2'],
      ['skull-strip', null],
      ['resample', null],
    ]);
    expect(new Set(told)).toEqual(new Set(prepared.preparation!.steps));
  });

  it('says where each stage ends, and reports inside of the long ones', () => {
    expect([...new Set(reports.map(({ stage }) => stage))]).toEqual([
      'reading',
      'aligning',
      'aligning the brains',
      'finding the brain',
    ]);
    for (const [n, { share, until }] of reports.entries()) {
      expect(share).toBeGreaterThanOrEqual(reports[n - 1]?.share ?? 0);
      expect(until).toBeGreaterThanOrEqual(share);
    }
    const shares = (of: string) => reports.filter(({ stage }) => stage === of).map(({ share }) => share);
    // elastix's iterations: no step is a tenth of the stage.
    const aligning = [...shares('aligning'), reports.find(({ stage }) => stage === 'aligning')!.until];
    const steps = aligning.slice(1).map((share, n) => share - aligning[n]);
    expect(Math.max(...steps)).toBeLessThan(0.1 * (aligning.at(-1)! - aligning[0]));
    expect(new Set(shares('aligning the brains')).size).toBe(2);
    expect(reports.at(-1)!.until).toBeCloseTo(1);
  });

  it('repeats nothing that it is given: transforms kept, the mask corrected by hand', async () => {
    const { brainMask, transforms } = prepared.preparation!;
    const data = brainMask.data.slice();
    data.fill(0, 0, 240 * 240 * 70);
    const corrected = { size: brainMask.size, affine: brainMask.affine, data };
    const again = await prepareStudy(raw, { keep: transforms, brainMask: corrected });
    expect(again.preparation!.transforms).toEqual(transforms);
    expect(again.preparation!.brainMask).toMatchObject({ source: 'user' });
    const first = prepared.images.t2!.data;
    expect(again.images.t2!.data.every((value, at) => value === (data[at] === 1 ? first[at] : 0))).toBe(true);
  });

  it('can be told to trust the headers, and another reference', async () => {
    const { brainMask, transforms } = prepared.preparation!;
    const options = { keep: { ...transforms, fromReference: {} }, brainMask, skip: ['co-register'] as const };
    const trusting = await prepareStudy(raw, options);
    expect(trusting.preparation!.steps[1]).toMatchObject({ verdict: 'skipped', problem: null });
    expect(apart(trusting.placements!.t2!.toCase, trusting.placements!.t1!.toCase)).toBeLessThan(1e-9);
    const refusal = await problemOfRefusal(prepareStudy(raw, { reference: 'flair' }));
    expect(refusal).toMatchObject({ code: 'SEQUENCE_NOT_AVAILABLE', field: 'reference' });
  });

  it('refuses a brain mask that lies on another grid', async () => {
    const { transforms } = prepared.preparation!;
    const mask = { ...bratsGrid([240, 240, 150]), data: new Uint8Array(240 * 240 * 150).fill(1) };
    expect(
      (await problemOfRefusal(prepareStudy(raw, { use: ['t1'], keep: transforms, brainMask: mask }))).code,
    ).toBe('BRAIN_MASK_INVALID');
  });

  it('stops within a second when it is cancelled in the middle of a registration', async () => {
    const controller = new AbortController();
    let goesOn = () => {};
    const middle = new Promise<void>((resolve) => {
      goesOn = resolve;
    });
    let words = 0;
    const onProgress = (stage: string) => {
      if (stage === 'aligning' && ++words === 10) goesOn();
    };
    const running = problemOfRefusal(prepareStudy(raw, { signal: controller.signal, onProgress }));
    await middle;
    const cancelled = performance.now();
    controller.abort();
    expect((await running).code).toBe('CANCELLED');
    expect(performance.now() - cancelled).toBeLessThan(1000);
  });
});
