import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameCases } from '../../src/cohort/caseNames.js';

const names = (folders: string[], inputs: string[]) => nameCases(folders, inputs).map(({ name }) => name);

describe('the names of a batch’s cases', () => {
  it('are the folders’ own where those are different', () => {
    expect(names(['/in/a', '/in/b'], ['/in'])).toEqual(['a', 'b']);
  });

  it('tell two patients apart whose folders have one name', () => {
    expect(names(['/A/p1', '/B/p1'], ['/A', '/B'])).toEqual(['A_p1', 'B_p1']);
    expect(names(['/A/p1', '/B/p1'], ['/A/p1', '/B/p1'])).toEqual(['A_p1', 'B_p1']);
    expect(names(['/in/x/p1', '/in/y/p1'], ['/in'])).toEqual(['x_p1', 'y_p1']);
  });

  it('tell apart what only capitals or composed letters distinguish', () => {
    expect(names(['/in/p1', '/in/P1'], ['/in'])).toEqual(['in_p1', 'in_P1-2']);
    const composed = names(['/in/\u00e9', '/in/e\u0301'], ['/in']).map((name) => name.normalize('NFC'));
    expect(new Set(composed).size).toBe(2);
  });

  it('stay different where joined paths are the same', () => {
    const found = names(['/in/x_y/z', '/in/x/y_z', '/in/q/z', '/in/q/y_z'], ['/in']);
    expect(new Set(found).size).toBe(4);
  });

  it('take BIDS’s subject and session for `anat`, also where `anat` itself was given', () => {
    expect(names(['/d/sub-1/ses-1/anat', '/d/sub-1/ses-2/anat'], ['/d'])).toEqual([
      'sub-1_ses-1',
      'sub-1_ses-2',
    ]);
    expect(names(['/d/sub-1/anat', '/d/sub-2/anat'], ['/d/sub-1/anat', '/d/sub-2/anat'])).toEqual([
      'sub-1',
      'sub-2',
    ]);
  });

  it('are never empty, never twice, and never the summary’s own, whatever the folders', () => {
    const part = fc.constantFrom('a', 'A', 'a_b', 'b', 'anat', 'report.json', 'a-2');
    const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `/in/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), fc.boolean(), (folders, given) => {
        const found = names(folders, given ? folders : ['/in']).map((name) => name.toLowerCase());
        expect(new Set(found).size).toBe(folders.length);
        for (const name of found) {
          expect(name).not.toBe('');
          expect(name).not.toBe('report.json');
        }
      }),
    );
  });
});
