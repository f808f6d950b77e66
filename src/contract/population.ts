import { z } from 'zod';
import { AGES, type Population, TREATMENTS, TUMOURS } from '../terms.js';

/** Whom a model was trained on, as a request carries it, and the sentences about it. */

export const populationSchema = z.object({
  age: z.array(z.enum(AGES)).readonly().nullable(),
  treatment: z.array(z.enum(TREATMENTS)).readonly().nullable(),
  tumours: z.array(z.enum(TUMOURS)).readonly().nullable(),
});

/** What a patient can be that a model may not have been trained on. */
export const OUTSIDE = ['child', 'adult', 'treated', 'untreated', 'glioma', 'notGlioma'] as const;
export type Outside = (typeof OUTSIDE)[number];

/** What the brain of an adult has, least and most. */
export const ADULT_BRAIN_ML = [900, 1900] as const;

const AGE_TITLES: Readonly<Record<(typeof AGES)[number], string>> = {
  children: /* @wc-include */ 'children',
  adults: /* @wc-include */ 'adults',
};
const TREATMENT_TITLES: Readonly<Record<(typeof TREATMENTS)[number], string>> = {
  before: 'before treatment',
  after: 'after treatment',
};
const TUMOUR_TITLES: Readonly<Record<(typeof TUMOURS)[number], string>> = {
  glioma: /* @wc-include */ 'gliomas',
  metastasis: /* @wc-include */ 'metastases',
  meningioma: /* @wc-include */ 'meningiomas',
};

/** Whether such a patient was certainly among those that a model was trained on; null: not known. */
export function wasTrainedOn({ age, treatment, tumours }: Population, patient: Outside): boolean | null {
  switch (patient) {
    case 'child':
      return age ? age.includes('children') : null;
    case 'adult':
      return age ? age.includes('adults') : null;
    case 'treated':
      return treatment ? treatment.includes('after') : null;
    case 'untreated':
      return treatment ? treatment.includes('before') : null;
    case 'glioma':
      return tumours ? tumours.includes('glioma') : null;
    // Of a tumour that is no glioma nobody said what it is.
    case 'notGlioma':
      return tumours ? false : null;
  }
}

/** Why a patient lies outside of what a model was trained on, as a sentence. */
export function outsideTraining({ age, treatment, tumours }: Population, patient: Outside): string {
  switch (patient) {
    case 'child':
    case 'adult':
      return age
        ? `This model was trained on ${joined(age.map((one) => AGE_TITLES[one]))} only.`
        : `Whether this model was trained on ${AGE_TITLES[patient === 'child' ? 'children' : 'adults']} is not known.`;
    case 'treated':
      return treatment
        ? 'This model was trained on patients before treatment: cavities, scars and radiation effects are unknown to it.'
        : 'Whether this model was trained on patients after treatment is not known.';
    case 'untreated':
      return treatment
        ? 'This model was trained on patients after treatment only.'
        : 'Whether this model was trained on patients before treatment is not known.';
    case 'glioma':
    case 'notGlioma':
      return tumours
        ? `This model was trained on ${kinds(tumours)} only.`
        : 'Which tumours this model was trained on is not known.';
  }
}

/** What stands behind a finding that another tumour would explain; empty where the model was trained on that. */
export function withoutTumour({ tumours }: Population, tumour: (typeof TUMOURS)[number]): string {
  if (tumours?.includes(tumour)) return '';
  return tumours
    ? `this model was not trained on ${TUMOUR_TITLES[tumour]}`
    : `whether this model was trained on ${TUMOUR_TITLES[tumour]} is not known`;
}

/** `adults, before treatment, gliomas`; what is not known says so. */
export function populationText({ age, treatment, tumours }: Population): string {
  return [
    age ? joined(age.map((one) => AGE_TITLES[one])) : 'age not known',
    treatment ? joined(treatment.map((one) => TREATMENT_TITLES[one])) : 'treated or not: not known',
    tumours ? kinds(tumours) : 'kinds of tumour not known',
  ].join(', ');
}

const kinds = (tumours: NonNullable<Population['tumours']>) =>
  joined(tumours.map((tumour) => TUMOUR_TITLES[tumour]));

/** `a, b and c`. */
export function joined(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? /* @wc-include */ `${names.slice(0, -1).join(', ')} and ${last}` : last;
}
