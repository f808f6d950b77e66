import { describe, expect, it } from 'vitest';
import { opensAs } from '../../renderer/logic/opens.js';
import type { Response, StudyChoice } from '../../src/contract/index.js';

const study = (id: string, usable = true): StudyChoice => ({
  ...{ id, shown: id, isDicom: true, patient: null, date: null, description: null, series: 1 },
  ...{ sequences: [], doubts: [], usable },
});
const studies = (...found: StudyChoice[]): Response<'cases.open'> => ({
  kind: 'studies',
  studies: found,
  notes: { files: 1, ignored: [], problems: [] },
});

describe('what was found opens', () => {
  it('as a cohort where there are several examinations, or folders of cases', () => {
    expect(opensAs(studies(study('a'), study('b')))).toBe('cohort');
    expect(opensAs({ kind: 'cases', folders: 2 })).toBe('cohort');
    expect(opensAs({ kind: 'cohort', folder: '/results' })).toBe('cohort');
  });

  it('after a question where one is in doubt, also beside others without any sequence', () => {
    expect(opensAs(studies(study('a')))).toBe('question');
    expect(opensAs(studies(study('a'), study('phantom', false)))).toBe('question');
  });
});
