import { expect, it } from 'vitest';
import { isQuorumError } from '../../src/errors.js';
import { refuseSeveralPatients } from '../../src/followup/examinations.js';

const of = (...patients: (string | null)[]) => patients.map((patient) => ({ patient, date: null }));
const codeOf = (work: () => void) => {
  try {
    work();
    return null;
  } catch (error) {
    return isQuorumError(error) ? error.problem.code : 'INTERNAL';
  }
};

it('examinations of several patients are refused unless the user says that they are one patient’s', () => {
  expect(codeOf(() => refuseSeveralPatients(of('P-1', 'P-1'), false))).toBeNull();
  expect(codeOf(() => refuseSeveralPatients(of('P-1', null), false))).toBeNull();
  expect(codeOf(() => refuseSeveralPatients(of('P-1', 'P-2'), false))).toBe('SEVERAL_PATIENTS');
  expect(codeOf(() => refuseSeveralPatients(of('P-1', 'P-2'), true))).toBeNull();
  expect(codeOf(() => refuseSeveralPatients(of('P-1'), true))).toBe('TOO_FEW_EXAMINATIONS');
});
