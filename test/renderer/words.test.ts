import { describe, expect, it } from 'vitest';
import { cardBlocks } from '../../renderer/logic/cardText.js';
import { columns, without } from '../../renderer/logic/dotMatrix.js';
import {
  bytes,
  combinationTitle,
  count,
  duration,
  ml,
  signed,
  signedMl,
} from '../../renderer/logic/format.js';
import { gainSentence } from '../../renderer/logic/trainingGains.js';
import type { InstalledModel } from '../../src/services/contract.js';

describe('numbers as people read them', () => {
  it('volumes', () => {
    expect([ml(84.83), ml(3.456), ml(0)]).toEqual(['84.8 ml', '3.46 ml', '0.0 ml']);
    expect([signedMl(1.29), signedMl(-3.44), signedMl(0.001)]).toEqual(['+1.29 ml', '−3.44 ml', '0 ml']);
  });

  it('gains, times, sizes, counts', () => {
    expect([signed(0.214), signed(-0.03), signed(0.001)]).toEqual(['+0.21', '−0.03', '±0.00']);
    expect([duration(0.4), duration(29.6), duration(200)]).toEqual(['about a second', '30 s', '3 min']);
    expect([bytes(12_300), bytes(3_400_000), bytes(2_500_000_000)]).toEqual(['12 kB', '3.4 MB', '2.50 GB']);
    expect([count(1, 'file'), count(2, 'file')]).toEqual(['1 file', '2 files']);
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
    expect(gainSentence(model({ 't1+flair': { t1ce } }), 't1+flair', 't1ce')).toBe(
      'Enhancing tumour +0.21 (half of the patients +0.10 to +0.34), whole tumour ±0.00 (−0.02 to +0.03) (Dice in cut-outs around the tumour, n = 57)',
    );
  });

  it('is not made up when the model does not know', () => {
    expect(gainSentence(model({}), 't1', 't1ce')).toBeNull();
    expect(gainSentence(model(null), 't1', 't1ce')).toBeNull();
    const nothing = { t1: { WT: null, TC: null, ET: null } };
    expect(gainSentence(model({ flair: nothing }), 'flair', 't1')).toBeNull();
    expect(gainSentence(null, 'flair', 't1')).toBeNull();
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
});
