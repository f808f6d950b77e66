import { describe, expect, it } from 'vitest';
import { TUMOUR } from '../../src/training/loadCase.js';
import { validate } from '../../src/training/validate.js';
import { parameterVector } from '../../src/training/vector.js';
import { LinearEngine } from './linearEngine.js';
import { volumeOf } from './volumes.js';

const vector = parameterVector('dynamic', [new LinearEngine()], LinearEngine.specs(4), 4, 3);
/** Every logit is the image's value; shifts are 0. */
const PARAMETERS = Float32Array.from({ length: vector.length }, (_, i) => (i < 3 ? 1 : 0));

describe('validation', () => {
  it('scores every combination that a case has, at threshold 0.5', async () => {
    const volume = volumeOf([16, 16, 16], (d) => d - 7.5, { label: (d) => (d >= 4 ? 4 : 0) });
    const { combinations, score } = await validate(vector, PARAMETERS, [volume]);
    expect(combinations.map(({ members }) => members.join(''))).toEqual(['03', '0', '3']);
    // Found: 8 of 12 planes, nothing false.
    expect(combinations[0].regions.WT).toEqual({
      mean: 0.8,
      interval: { low: 0.8, high: 0.8 },
      patients: 1,
      values: { patient: 0.8 },
    });
    expect(score).toBeCloseTo(0.8, 12);
  });

  it('nests the regions: ET inside TC inside WT', async () => {
    const parameters = PARAMETERS.slice();
    parameters[0] = -1;
    const volume = volumeOf([16, 16, 16], (d) => d - 7.5, { label: (d) => (d >= 8 ? 4 : 0) });
    const [{ regions }] = (await validate(vector, parameters, [volume])).combinations;
    // WT is where the value is negative, so nothing of TC and ET remains.
    expect([regions.WT.mean, regions.TC.mean, regions.ET.mean]).toEqual([0, 0, 0]);
  });

  it('scores a case whose tumour has no known parts for the whole tumour alone', async () => {
    const told = volumeOf([16, 16, 16], (d) => d - 7.5, { label: (d) => (d >= 8 ? 4 : 0), patient: 'told' });
    const partial = volumeOf([16, 16, 16], (d) => d - 7.5, {
      label: (d) => (d >= 4 ? TUMOUR : 0),
      patient: 'partial',
    });
    const { score, combinations } = await validate(vector, PARAMETERS, [told, partial]);
    const [{ regions, wholeBrains }] = combinations;
    expect(regions.WT.values).toEqual({ told: 1, partial: 0.8 });
    expect([regions.TC.values, regions.ET.values]).toEqual([{ told: 1 }, { told: 1 }]);
    expect(wholeBrains!.WT.patients).toBe(2);
    expect(score).toBeCloseTo((0.9 + 1 + 1) / 3, 12);
  });

  it('pools the cut-outs of a patient, and counts only what is known', async () => {
    const known = { start: [0, 0, 0], end: [16, 16, 8] } as const;
    const cut = (patient: string, label: (d: number, h: number, w: number) => number) =>
      volumeOf([16, 16, 16], (d, _, w) => (w < 8 ? d - 7.5 : 9), { label, known, patient });
    const right = cut('a', (d) => (d >= 8 ? 4 : 0));
    const missed = cut('a', (d) => (d < 8 ? 4 : 0));
    const other = cut('b', (d) => (d >= 8 ? 4 : 0));
    const [{ regions }] = (await validate(vector, PARAMETERS, [right, missed, other])).combinations;
    // Patient a: 8 planes hit, 8 false, 8 missed; patient b: all hit.
    expect(regions.ET).toMatchObject({ mean: 0.75, patients: 2, values: { a: 0.5, b: 1 } });
  });
});
