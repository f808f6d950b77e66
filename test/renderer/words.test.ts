import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cardBlocks, leadOf } from '../../renderer/logic/cardText.js';
import { columns, without } from '../../renderer/logic/dotMatrix.js';
import {
  bytes,
  combinationTitle,
  count,
  day,
  dayAndTime,
  distance,
  duration,
  ml,
  signed,
  signedMl,
} from '../../renderer/logic/format.js';
import { neededFor } from '../../renderer/logic/needed.js';
import { placeOf } from '../../renderer/logic/place.js';
import { gainOf } from '../../renderer/logic/trainingGains.js';
import type { CaseFile, InstalledModel } from '../../src/contract/index.js';

describe('numbers as people read them', () => {
  it('volumes', () => {
    expect([ml(84.83), ml(3.456), ml(0.03), ml(0)]).toEqual(['84.8 ml', '3.5 ml', '< 0.1 ml', '0.0 ml']);
    expect([signedMl(1.29), signedMl(-3.44), signedMl(0.001)]).toEqual(['+1.3 ml', '−3.4 ml', '0 ml']);
  });

  it('gains, times, sizes, counts', () => {
    expect([signed(0.214), signed(-0.03), signed(0.001)]).toEqual(['+0.21', '−0.03', '±0.00']);
    expect([duration(0.4), duration(29.6), duration(200)]).toEqual(['about a second', '30 s', '3 min']);
    expect([bytes(12_300), bytes(3_400_000), bytes(2_500_000_000)]).toEqual(['12 kB', '3.4 MB', '2.50 GB']);
    expect([count(1, 'file', 'files'), count(2, 'file', 'files')]).toEqual(['1 file', '2 files']);
    expect(combinationTitle('t1ce+flair')).toBe('T1ce + FLAIR');
  });
});

describe('the dot matrix', () => {
  it('has 15 columns, fewest sequences first, T1 before T1ce before T2 before FLAIR', () => {
    const names = columns(null).map(({ name }) => name);
    expect(names.length).toBe(15);
    expect(names.slice(0, 6)).toEqual(['t1', 't1ce', 't2', 'flair', 't1+t1ce', 't1+t2']);
    expect(names.at(-1)).toBe('t1+t1ce+t2+flair');
    expect(columns(null).at(6)).toMatchObject({ name: 't1+flair', dots: [true, false, false, true] });
  });

  it('knows what is left without a sequence', () => {
    expect(without('t1+t1ce+flair', 't1ce')).toBe('t1+flair');
    expect(without('t1', 't1')).toBeNull();
    expect(without('t1+flair', 't2')).toBeNull();
  });
});

describe('what a missing sequence brought in validation', () => {
  const model = (gains: InstalledModel['gains']) => ({ gains }) as InstalledModel;

  it('is said with the largest gain first, and how many patients', () => {
    const t1ce = {
      WT: { median: 0.001, lower: -0.02, upper: 0.03, patients: 58 },
      TC: null,
      ET: { median: 0.21, lower: 0.1, upper: 0.34, patients: 57 },
    };
    expect(gainOf(model({ 't1+flair': { t1ce } }), 't1+flair', 't1ce')).toEqual({
      most: 'enhancing tumour',
      figures:
        'enhancing tumour +0.21 (half of the patients +0.10 to +0.34), whole tumour ±0.00 (−0.02 to +0.03) (Dice, n = 57)',
    });
  });

  it('is not made up when the model does not know', () => {
    expect(gainOf(model({}), 't1', 't1ce')).toBeNull();
    expect(gainOf(model(null), 't1', 't1ce')).toBeNull();
    const nothing = { t1: { WT: null, TC: null, ET: null } };
    expect(gainOf(model({ flair: nothing }), 'flair', 't1')).toBeNull();
    expect(gainOf(null, 'flair', 't1')).toBeNull();
  });
});

describe('what is needed for a region', () => {
  const region = (supported: boolean) => ({ supported, dice: null, wholeCases: null });
  const row = (wt: boolean, tc: boolean) => ({ WT: region(wt), TC: region(tc), ET: region(tc) });
  const model = {
    combinations: {
      flair: row(true, false),
      't1+flair': row(true, false),
      't1ce+flair': row(true, true),
      t1: row(false, false),
    },
  };

  it('is the one sequence more that the model says is enough', () => {
    expect(neededFor(model, 'flair', 'TC')).toEqual(['t1ce']);
    expect(neededFor(model, 't1', 'WT')).toEqual(['flair']);
    expect(neededFor(model, 't1+flair', 'TC')).toEqual([]);
    expect(neededFor(null, 'flair', 'TC')).toEqual([]);
  });
});

describe('dates and places', () => {
  it('are written one way', () => {
    expect(day('2024-03-12')).toBe('2024-03-12');
    expect(dayAndTime('2024-03-12T14:05:33')).toBe('2024-03-12 14:05');
    expect([distance(177), distance(-1), distance(0)]).toEqual([
      '177 days later',
      '1 day earlier',
      'the same day',
    ]);
  });

  it('of a file never name where it was converted to', () => {
    const series = { number: 5, shown: '/tmp/x/0f34c1a2-1b2c-4d5e-8f90-123456789abc/A' };
    const file = { file: '/profile/working/1-2/abc.nii', name: 'T1 AX POST GAD', series } as CaseFile;
    expect(placeOf(file)).toBe('T1 AX POST GAD: series 5, in A');
    expect(placeOf({ ...file, series: null, file: '/data/a/t1.nii.gz' })).toBe('/data/a/t1.nii.gz');
  });
});

describe('a model card', () => {
  it('becomes headings, paragraphs and items of plain text; links and HTML stay text', () => {
    expect(cardBlocks('# Title\n\nOne **two**\nthree\n- `item` <b>x</b>')).toEqual([
      { kind: 'heading', spans: [{ text: 'Title', strong: false }] },
      {
        kind: 'paragraph',
        spans: [
          { text: 'One ', strong: false },
          { text: 'two', strong: true },
          { text: ' three', strong: false },
        ],
      },
      { kind: 'item', spans: [{ text: 'item <b>x</b>', strong: false }] },
    ]);
  });

  it('says first what a model is for, and behind that how it was made', async () => {
    const shipped = JSON.parse(await readFile('resources/model/model.json', 'utf8')).description;
    const { lead, more } = leadOf(shipped);
    expect(lead).toContain('It cannot judge');
    expect(lead).not.toMatch(/\d steps|network/);
    expect(`${lead} ${more}`).toBe(shipped);
    expect(leadOf('One sentence alone.')).toEqual({ lead: 'One sentence alone.', more: '' });
  });
});
