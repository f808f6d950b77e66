import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { QuorumError } from '../errors.js';
import type { FoundSeries, StudyCandidate } from '../intake/candidate.js';
import { assignSeries } from '../intake/openCandidate.js';
import type { SequenceOverrides } from '../intake/study.js';
import { MODALITIES, MODALITY_TITLES } from '../terms.js';

const MOST_LISTED = 20;

/** Whether a candidate has an image that can be segmented, or may have one: that is asked then. */
export function hasSequences({ choices, questions }: StudyCandidate): boolean {
  return Object.keys(choices).length > 0 || questions.length > 0;
}

/**
 * The one examination that is meant: that of `study`, else the only one that has any of the four sequences.
 *
 * @param study its number in the list (from 1), its name, its id, or its Study Instance UID; null where the user did not say.
 * @returns null when none has any of the four sequences.
 * @throws QuorumError SEVERAL_STUDIES (`found` lists them by number, date and sequences, without names), STUDY_UNKNOWN.
 */
export function chooseStudy(studies: readonly StudyCandidate[], study: string | null): StudyCandidate | null {
  if (study !== null) {
    const chosen = studies.filter((one, at) => isMeant(one, at, study));
    if (chosen.length === 1) return chosen[0];
    throw new QuorumError({ code: 'STUDY_UNKNOWN', expected: `one of${listOf(studies)}`, found: study });
  }
  if (studies.filter(hasSequences).length > 1) throw severalStudies(studies);
  return theOnlyOne(studies);
}

/** The examination that is meant where nobody said which: the only one with any of the four sequences, or null. */
function theOnlyOne(studies: readonly StudyCandidate[]): StudyCandidate | null {
  const usable = studies.filter(hasSequences);
  return usable.length === 1 ? usable[0] : null;
}

/** The same in a window: a single one is opened also where it has none of the four sequences, to be looked at. */
export function meantIn(studies: readonly StudyCandidate[]): StudyCandidate | null {
  return studies.length === 1 ? studies[0] : theOnlyOne(studies);
}

/** The problem SEVERAL_STUDIES, with a list by number, date and sequences. */
export function severalStudies(studies: readonly StudyCandidate[]): QuorumError {
  return new QuorumError({ code: 'SEVERAL_STUDIES', found: listOf(studies) });
}

function isMeant(candidate: StudyCandidate, at: number, study: string): boolean {
  if (/^\d{1,5}$/.test(study)) return at + 1 === Number(study);
  const uids = candidate.series.map(({ source }) =>
    source.kind === 'dicom' ? source.volume.first.studyInstanceUid : null,
  );
  return [candidate.id, candidate.name, ...uids].includes(study);
}

function listOf(studies: readonly StudyCandidate[]): string {
  const patients = patientNumbers(studies);
  const lines = studies
    .slice(0, MOST_LISTED)
    .map((study, at) => `\n    ${at + 1}. ${describeStudy(study, patients[at])}`);
  const more = studies.length - MOST_LISTED;
  return `${lines.join('')}${more > 0 ? `\n    and ${more} more` : ''}`;
}

/** Which examinations are of one patient, as 1, 2, …; null where the headers do not say, or all are of one. */
function patientNumbers(studies: readonly StudyCandidate[]): (number | null)[] {
  const ids = studies.map(({ patient }) => patient?.id ?? null);
  const distinct = [...new Set(ids.filter((id) => id !== null))];
  return ids.map((id) => (id === null || distinct.length < 2 ? null : distinct.indexOf(id) + 1));
}

/** Patient by a number of this list, date, sequences and kind: nothing that identifies anyone. */
function describeStudy({ date, choices, series, kind }: StudyCandidate, patient: number | null): string {
  const sequences = MODALITIES.filter((m) => choices[m]).map((m) => MODALITY_TITLES[m]);
  const what = kind === 'dicom' ? 'DICOM series' : series.length === 1 ? 'image file' : 'image files';
  const whose = patient === null ? '' : `patient ${patient}, `;
  return `${whose}${date ?? 'no date'}: ${sequences.join(', ') || 'none of the four sequences'} (${series.length} ${what})`;
}

/**
 * The candidate after the user named series for sequences.
 *
 * @param overrides each a file of the series, the folder that holds it alone, its DICOM series number, its Series Instance UID, or (the
 *   beginning of) its id.
 * @throws QuorumError SERIES_UNKNOWN when a name means no series of this examination, or several.
 */
export async function nameSeries(
  candidate: StudyCandidate,
  overrides: SequenceOverrides,
): Promise<StudyCandidate> {
  let named = candidate;
  for (const modality of MODALITIES) {
    const name = overrides[modality];
    if (name === undefined) continue;
    const { id } = await seriesNamed(candidate.series, name, modality);
    named = assignSeries(named, id, modality);
  }
  return named;
}

async function seriesNamed(
  series: readonly FoundSeries[],
  name: string,
  field: string,
): Promise<FoundSeries> {
  const path = resolve(name);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const meant = series.filter((one) => (exists ? liesAt(one, path) : isCalled(one, name)));
  if (meant.length === 1) return meant[0];
  throw new QuorumError({
    code: 'SERIES_UNKNOWN',
    field,
    expected: 'one series of this examination',
    found: meant.length === 0 ? `none that is “${name}”` : `${meant.length} series that are “${name}”`,
  });
}

function filesOf({ source }: FoundSeries): readonly string[] {
  return source.kind === 'file' ? [source.file] : source.volume.frames.map(({ file }) => file);
}

function liesAt(series: FoundSeries, path: string): boolean {
  const files = filesOf(series);
  return files.includes(path) || files.every((file) => file.startsWith(path + sep));
}

const SHORTEST_ID = 6;

function isCalled({ id, about, source }: FoundSeries, name: string): boolean {
  if (name.length >= SHORTEST_ID && id.startsWith(name.toLowerCase())) return true;
  if (source.kind === 'file') return false;
  return String(about.seriesNumber) === name || source.volume.first.seriesInstanceUid === name;
}
