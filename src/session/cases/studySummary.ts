import type { OpenCase, StudyChoice } from '../../contract/cases.js';
import type { StudyCandidate, Suggestion } from '../../intake/candidate.js';
import { mendOf } from '../../intake/gaps.js';
import { hasSequences } from '../../open/chooseStudy.js';
import { lostSeries } from '../../open/openInputs.js';
import { MODALITIES } from '../../terms.js';
import type { OpenFile } from './openFile.js';
import type { OpenStudy } from './openStudy.js';

/** An examination as a window lists it. */
export function studyChoice(candidate: StudyCandidate): StudyChoice {
  const { id, shown, kind, patient, date, description, series, choices, doubts } = candidate;
  return {
    ...{ id, shown, patient, date, description },
    isDicom: kind === 'dicom',
    series: series.length,
    sequences: MODALITIES.filter((m) => choices[m]),
    usable: hasSequences(candidate),
    doubts: [...doubts],
  };
}

/** Whether the headers say that both are of one patient; without a PatientID they say nothing. */
export function isSamePatient(a: StudyCandidate, b: StudyCandidate): boolean {
  return a.patient?.id != null && a.patient.id === b.patient?.id;
}

type Summary = Pick<OpenCase, 'questions' | 'lost' | 'remarks' | 'examination' | 'suggestions' | 'notes'>;

interface StudyParts {
  readonly study: OpenStudy;
  readonly files: readonly OpenFile[];
  readonly paths: readonly string[];
  readonly remember: boolean;
}

/** What a window is told of an open case's examination, its series by their files. */
export function summariseStudy({ study: { candidate, found }, files, paths, remember }: StudyParts): Summary {
  const fileOf = (series: string) => files.find((one) => one.series?.about.id === series)?.file ?? '';
  const { adult, treated, glioma } = candidate.suggestions;
  return {
    questions: candidate.questions.map(({ sequences, series, why }) => ({
      sequences: [...sequences],
      files: series.map(fileOf),
      why,
    })),
    lost: lostSeries(candidate).map(({ sequence, series }) => ({
      sequence,
      file: fileOf(series.id),
      reason: series.setAside!,
      mend: mendOf(series),
    })),
    remarks: [...candidate.remarks],
    examination: {
      patient: candidate.patient,
      date: candidate.date,
      description: candidate.description,
      paths: [...paths],
      remember,
      others: found.others.map(studyChoice),
    },
    suggestions: { adult: answerOf(adult), treated: answerOf(treated), glioma: answerOf(glioma) },
    notes: found.notes && {
      files: found.notes.files,
      ignored: [...found.notes.ignored],
      problems: [...found.notes.problems],
    },
  };
}

function answerOf(suggestion: Suggestion | null): OpenCase['suggestions']['adult'] {
  return suggestion && { answer: suggestion.answer ? 'yes' : 'no', source: suggestion.source };
}
