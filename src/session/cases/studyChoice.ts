import type { StudyChoice } from '../../contract/cases.js';
import type { StudyCandidate } from '../../intake/candidate.js';
import { MODALITIES } from '../../terms.js';

/** An examination as a window lists it. */
export function studyChoice(candidate: StudyCandidate): StudyChoice {
  const { id, shown, kind, patient, date, description, series, choices, doubts } = candidate;
  return {
    ...{ id, shown, patient, date, description },
    isDicom: kind === 'dicom',
    series: series.length,
    sequences: MODALITIES.filter((m) => choices[m]),
    doubts: [...doubts],
  };
}

/** Whether the headers say that both are of one patient; without a PatientID they say nothing. */
export function isSamePatient(a: StudyCandidate, b: StudyCandidate): boolean {
  return a.patient?.id != null && a.patient.id === b.patient?.id;
}
