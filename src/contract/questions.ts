import type { Answers } from './cases.js';

/** The three questions before the first result; none has a default answer. */
export const QUESTIONS: Readonly<Record<keyof Answers, string>> = {
  adult: 'Is the patient an adult?',
  treated: 'Was the patient operated or irradiated?',
  glioma: 'Is a glioma suspected or known?',
};
