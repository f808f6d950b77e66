import { describe, expect, it } from 'vitest';
import { type DatasetRow, filtered, sequenceSets } from '../../renderer/logic/datasetRows.js';
import {
  FORM_OPTIONS,
  longDuration,
  PRESETS,
  placeholderOf,
  valuesOf,
} from '../../renderer/logic/trainForm.js';
import { TRAIN_OPTIONS, trainOption } from '../../src/contract/trainOptions.js';
import { trainOrder } from '../../src/contract/trainOrder.js';
import type { Modality } from '../../src/terms.js';

const row = (name: string, sequences: Modality[], problem = false): DatasetRow => ({
  ...{ name, patient: name, folder: name, sequences, dataset: 'd' },
  problems: problem ? [{ code: 'GRIDS_DIFFER' }] : [],
});

describe('a data set as rows', () => {
  const rows = [
    row('anna', ['t1', 'flair']),
    row('bert', ['flair'], true),
    row('carl', ['t1', 'flair']),
    row('dora', [], true),
  ];

  it('counts the sets of sequences, the most frequent first', () => {
    expect(sequenceSets(rows)).toEqual([
      { combination: 't1+flair', cases: 2 },
      { combination: 'flair', cases: 1 },
    ]);
  });

  it('is filtered by text and by what is wrong', () => {
    expect(filtered(rows, 'CAR', false).map(({ name }) => name)).toEqual(['carl']);
    expect(filtered(rows, 'grids', true).map(({ name }) => name)).toEqual(['bert', 'dora']);
  });
});

describe('the form of a training', () => {
  it('has recipes that are trainings', () => {
    for (const { values } of PRESETS)
      expect(() => trainOrder({ ...values, datasets: ['/d'], out: '/o' })).not.toThrow();
  });

  it('lets what is typed win over the recipe, and an empty field leave it', () => {
    const [look] = PRESETS;
    expect(valuesOf(look, { steps: '50', width: '', 'score-test': false })).toMatchObject({
      steps: '50',
      width: 0.25,
    });
    expect(valuesOf(look, { 'score-test': false })).not.toHaveProperty('score-test');
    expect(placeholderOf(trainOption('steps'), look)).toBe('300');
    expect(placeholderOf(trainOption('schedule'), look)).toBe('cosine');
  });

  it('has every option of quorum train behind "more"; folders are chosen, not typed', () => {
    const beside = ['out', 'split'];
    expect(FORM_OPTIONS.map(({ name }) => name)).toEqual(
      TRAIN_OPTIONS.flatMap(({ name }) => (beside.includes(name) ? [] : [name])),
    );
    const chosen = FORM_OPTIONS.filter(({ kind }) => kind === 'file' || kind === 'folder');
    expect(chosen.map(({ name }) => name)).toEqual(['run', 'initial']);
  });

  it.each([
    [20, '1 min'],
    [3300, '55 min'],
    [12_000, '3 h 20 min'],
    [260_000, '3 days'],
  ])('says %i s as %s', (seconds, text) => expect(longDuration(seconds)).toBe(text));
});
