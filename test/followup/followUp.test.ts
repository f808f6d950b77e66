import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FollowUpReport, followUpReportSchema } from '../../src/contract/followUp.js';
import { AlignedHeads, alignToFirst } from '../../src/followup/align.js';
import { compareTimePoints } from '../../src/followup/followUp.js';
import type { PointSource } from '../../src/followup/timePoints.js';
import { volumesOf } from '../../src/masks/volumes.js';
import { openModel, SHIPPED_MODEL } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { SURROUNDINGS } from '../../src/pipeline/surroundings.js';
import { fusionOf } from '../../src/segment/fusion.js';
import { layLattice } from '../../src/segment/lattice.js';
import type { Result } from '../../src/segment/result.js';
import { MODALITIES, type Modality, REGIONS } from '../../src/terms.js';
import { listenToTrace } from '../../src/trace.js';
import { voxelToWorld } from '../../src/volume/affine.js';
import { inverse } from '../../src/volume/placement.js';
import { readLabelMap, readVolume } from '../../src/volume/read.js';
import { affineOf } from '../../src/volume/tuples.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { crop, roomAround } from '../support/croppedSample.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { bratsGrid, ellipsoid } from '../support/images.js';
import { supportedRegions } from '../support/shippedModel.js';
import { errorBetween, grown, labelsScannedAgain, scannedAgain, turnAndShift } from './moved.js';

const quiet = { signal: new AbortController().signal, report: () => undefined };
const BRATS_2021 = 3;

/** A result whose mask is known: nothing is computed of it but what is counted. */
async function resultOf(labels: Uint8Array, grid: Volume, present: readonly Modality[]): Promise<Result> {
  const model = await openModel(SHIPPED_MODEL);
  const { description } = model;
  const { size, affine } = grid;
  return {
    model,
    grid: { size, affine },
    form: undefined,
    present,
    logits: {
      lattice: layLattice({ size, affine }, description.grid),
      outsideLogit: description.patch.outsideLogit,
      maps: [],
      passSeconds: [],
    },
    fusion: fusionOf(description, present),
    patterns: REGIONS.map(() => new Uint32Array(1 << present.length)),
    masks: new Map([[(1 << present.length) - 1, { labels, specks: [] }]]),
  };
}

function point(id: string, date: string, image: Volume, result: Promise<Result>): PointSource {
  return {
    ...{ id, date, title: id, answers: null, edited: null },
    sequences: MODALITIES,
    open: async () => ({ result: await result, image: async () => image }),
  };
}

/** A real patient where there is one, else the simulated. */
const REAL = haveRealData('two time points of a real patient (the simulated one in its place)');
const fileOf = (part: string) =>
  REAL
    ? join(REAL_DATA, 'whole/BraTS19_CBICA_ABM_1', `BraTS19_CBICA_ABM_1_${part}.nii.gz`)
    : join(SAMPLE_PATIENT, `simulated-patient_${part}.nii.gz`);

describe('two time points made from one patient, moved by 3 mm and 2°, the tumour dilated by 2 mm', () => {
  let report: FollowUpReport;
  let image: Volume;
  let again: Volume;
  let moved: Affine;
  let before: Uint8Array;
  let after: Uint8Array;
  beforeAll(async () => {
    const whole = await readVolume(fileOf('t1'));
    const box = roomAround(whole);
    image = crop(whole, box);
    const { size, affine } = image;
    const seg = crop({ ...whole, data: Float32Array.from((await readLabelMap(fileOf('seg'))).data) }, box);
    before = Uint8Array.from(seg.data, (label) => (label === BRATS_2021 ? 4 : label));
    const middle = voxelToWorld(affine, size[0] / 2, size[1] / 2, size[2] / 2);
    moved = turnAndShift(2, 3, middle);
    after = grown({ size, affine, data: before }, 2, (voxel) => image.data[voxel] !== 0);
    const labelsAgain = labelsScannedAgain({ size, affine, data: after }, moved);
    again = scannedAgain(image, moved);
    ({ report } = await compareTimePoints(
      [
        // Given the wrong way round: dates put them in order.
        point('second', '2024-09-05', again, resultOf(labelsAgain, image, MODALITIES)),
        point('first', '2024-03-12', image, resultOf(before, image, MODALITIES)),
      ],
      null,
      SURROUNDINGS,
      quiet,
    ));
  }, 300_000);

  it('stand in the order of their dates', () => {
    expect(report.points.map(({ id, days }) => [id, days])).toEqual([
      ['first', 0],
      ['second', 177],
    ]);
    expect(followUpReportSchema.parse(report)).toEqual(report);
  });

  it('are aligned to half a millimetre, everywhere in the head', () => {
    const { alignment } = report.points[1];
    expect(alignment).toMatchObject({ sequences: ['t1', 't1'], verdict: 'good' });
    const { largest } = errorBetween(affineOf(alignment!.toFirst), inverse(moved), again);
    expect(largest).toBeLessThanOrEqual(0.5);
    expect(Math.abs(alignment!.turnDegrees - 2)).toBeLessThan(0.3);
  });

  it('have the volumes and per cent changes of their masks', () => {
    const [was, is] = [volumesOf(before, image), volumesOf(after, image)];
    for (const region of supportedRegions('t1+t1ce+t2+flair')) {
      const { ml, fromBaseline, fromNadir } = report.points[1].all[region];
      expect(report.points[0].all[region].ml).toBeCloseTo(was[region], 2);
      // Nearest voxels on a turned grid count a little otherwise.
      expect(Math.abs(ml! / is[region] - 1)).toBeLessThan(0.01);
      const percent = 100 * (is[region] / was[region] - 1);
      expect(Math.abs(fromBaseline!.percent - percent)).toBeLessThan(2);
      expect(fromNadir).toEqual(fromBaseline);
    }
  });

  it('differ by what was added', () => {
    const [was, is] = [volumesOf(before, image), volumesOf(after, image)];
    const { baseline, previous } = report.points[1].difference!;
    const { unchangedMl, grownMl, newMl, goneMl } = baseline.WT;
    expect(previous).toEqual(baseline);
    expect(Math.abs(grownMl / (is.WT - was.WT) - 1)).toBeLessThan(0.1);
    expect(goneMl).toBeLessThan(0.02 * was.WT);
    expect(newMl).toBeLessThan(0.01 * is.WT);
    expect(unchangedMl + goneMl).toBeCloseTo(was.WT, 1);
  });

  it('are judged by size alone, every clinical criterion open, and say that treated patients are unknown to the model', () => {
    for (const region of ['ET', 'WT'] as const) {
      const [first, second] = report.points.map(({ rano }) => rano[region]);
      expect(first.area).toMatchObject({ suggestion: 'not-known', reason: 'first' });
      expect(second.volume.fromBaseline).toBeCloseTo(report.points[1].all[region].fromBaseline!.percent, 2);
      expect(second.volume.suggestion).toBe(second.volume.fromBaseline! >= 40 ? 'progression' : 'stable');
      expect(second.area.fromBaseline).toBeCloseTo(100 * (second.sumMm2! / first.sumMm2! - 1), 1);
      expect(second.area.suggestion).toBe(second.area.fromBaseline! >= 25 ? 'progression' : 'stable');
      expect(second.newMeasurable).toBe(0);
    }
    expect(report.open.length).toBeGreaterThan(6);
    expect(report.warnings.map(({ code }) => code)).toEqual(['TREATED']);
  });
});

describe('two examinations that are compared again, with other masks', () => {
  it('are not registered again by their heads', async () => {
    const head = ellipsoid(bratsGrid([80, 80, 80]), [35, 30, 33], 1);
    const of = (image: Volume, tumour: number) => ({
      ...({ sequence: 't1', image, title: 'one' } as const),
      labels: Uint8Array.from(image.data, (value, voxel) => (value !== 0 && voxel % tumour === 0 ? 1 : 0)),
    });
    const later = scannedAgain(head, turnAndShift(2, 2, voxelToWorld(head.affine, 40, 40, 40)));
    const aligned = new AlignedHeads();
    const trace = listenToTrace();
    const made = [];
    for (const tumour of [5, 2])
      made.push(await alignToFirst(of(head, tumour), of(later, tumour), aligned, quiet));
    const alone = await alignToFirst(of(head, 2), of(later, 2), new AlignedHeads(), quiet);
    const registered = trace.end().filter(({ stage }) => stage === 'register');
    expect(registered).toHaveLength(2);
    expect(made[1]).toEqual(alone);
    expect(made[0].toFirst).not.toEqual(made[1].toFirst);
  });
});
