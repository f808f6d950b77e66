import { describe, expect, it } from 'vitest';
import { whyUnusable } from '../../renderer/logic/unusable.js';
import type { CaseFile } from '../../src/contract/index.js';
import type { Problem } from '../../src/errors.js';

const file = (name: string, sequence: CaseFile['sequence'], problem: Problem | null = null) =>
  ({ name, sequence, problem }) as CaseFile;
const none = { available: [], ambiguous: [], questions: [], lost: [] };

describe('a case in which nothing can be used', () => {
  it('says nothing where something can', () => {
    expect(whyUnusable({ ...none, available: ['t1'], files: [] })).toBeNull();
  });

  it('says that there are masks alone', () => {
    expect(whyUnusable({ ...none, files: [file('a_seg.nii', 'mask')] })).toMatchObject({
      what: 'There are masks here, but no image.',
    });
  });

  it('says why no image can be read, once where it is the same reason', () => {
    const cut: Problem = { code: 'DATA_TRUNCATED' };
    expect(whyUnusable({ ...none, files: [file('a_t1.nii', 't1', cut)] })).toEqual({
      what: 'The image cannot be read.',
      reasons: ['a_t1.nii: The file ends before its image does.'],
      remedy: 'Copy or export the file again.',
    });
    expect(
      whyUnusable({ ...none, files: [file('a', 't1', cut), file('b', 't2', { code: 'NOT_3D' })] })?.reasons,
    ).toEqual(['a: The file ends before its image does.', 'b: The image has more than three dimensions.']);
  });

  it('asks what is in doubt, and says what a defect keeps out', () => {
    const questions = [{ sequences: ['t1' as const, 't1ce' as const], files: ['a', 'b'], why: 'two T1' }];
    expect(whyUnusable({ ...none, questions, files: [] })).toMatchObject({
      reasons: ['Two T1.'],
      remedy: 'Say on the left which one is which.',
    });
    const lost = [{ sequence: 't1ce' as const, file: 'a', reason: '1 of its slices is missing', mend: 'it' }];
    expect(whyUnusable({ ...none, lost, files: [] })).toMatchObject({
      reasons: ['T1ce is there, but 1 of its slices is missing.'],
      remedy: expect.stringContaining('interpolated'),
    });
  });

  it('asks which file is which where names do not tell', () => {
    expect(whyUnusable({ ...none, files: [file('a', 'other')] })?.remedy).toContain('which file is which');
    expect(whyUnusable({ ...none, ambiguous: ['t1'], files: [] })?.what).toContain('same sequence');
  });
});
