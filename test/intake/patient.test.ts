import { expect, it } from 'vitest';
import { examinationName } from '../../src/intake/patient.js';

it('calls an examination after the number and the date, never after a name', () => {
  expect([
    examinationName({ id: 'P-4711' }, '2024-03-12'),
    examinationName({ id: 'P-4711' }, null),
    examinationName({ id: null }, '2024-03-12'),
    examinationName({ id: null }, null),
    examinationName({ id: ' / ' }, null),
  ]).toEqual(['P-4711_2024-03-12', 'P-4711', 'examination_2024-03-12', null, null]);
});

it('writes a number so that every file system takes it', () => {
  const names = ['a/b\\c:d*e', '..', 'ä ö', '.hidden.', 'x'.repeat(200)].map((id) =>
    examinationName({ id }, null),
  );
  expect(names).toEqual(['a_b_c_d_e', null, 'ä_ö', 'hidden', 'x'.repeat(48)]);
});
