import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConvertOptions, convertVolume } from '../dicom/convert.js';
import type { DicomFrame, DicomSeries } from '../dicom/series.js';
import { type Problem, problemOf, QuorumError } from '../errors.js';
import { sideBySide } from '../sideBySide.js';
import { MODALITIES, type Modality } from '../terms.js';
import type { FoundSeries, StudyCandidate } from './candidate.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { settleContrast } from './examination.js';
import { mendOf } from './gaps.js';
import { refuseQuestions, titleOf } from './questions.js';
import type { Series, Study } from './study.js';

export interface OpenOptions extends ConvertOptions {
  /** Where DICOM is converted to: private, and removed by the caller. */
  readonly workingFolder: string;
  /** The user has looked at the candidate's doubts. */
  readonly confirmed?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A candidate's images, and the candidate as it came out: what could not be converted is set aside in it. */
export interface OpenedCandidate {
  readonly study: Study;
  readonly candidate: StudyCandidate;
}

/**
 * Makes a Study of a candidate: the chosen series, converted where they are DICOM, and of image files also those that were not chosen.
 * A series that cannot be converted is set aside with the reason, and the next best takes its place.
 *
 * @throws QuorumError NOT_CONFIRMED (`found`: the doubts), SEQUENCE_AMBIGUOUS (it is in doubt which series is a sequence),
 *   SEQUENCE_UNKNOWN (no series is one of the four; each with its reason), and what converting raises where the user chose the series
 *   himself or none is left.
 */
export async function openCandidate(
  candidate: StudyCandidate,
  options: OpenOptions,
): Promise<OpenedCandidate> {
  const { doubts, series } = candidate;
  if (doubts.length > 0 && !options.confirmed) {
    throw new QuorumError({ code: 'NOT_CONFIRMED', found: doubts.join('; ') });
  }
  refuseQuestions(candidate);
  const { images, candidate: left } = await openChosen(candidate, options);
  const opened = new Set(chosenIn(left).map(({ winner }) => winner.id));
  const others: Series[] = [];
  for (const one of left.series)
    if (one.source.kind === 'file' && !opened.has(one.id)) others.push(await openSeries(one, options));
  const all = [...Object.values(images), ...others];
  const masks = all.filter(({ sequence }) => sequence === 'mask');
  const study = { name: candidate.name, folder: folderOf(series), series: all, images, masks };
  return { study, candidate: left };
}

async function openChosen(candidate: StudyCandidate, options: OpenOptions) {
  let left = candidate;
  let failed: Problem | null = null;
  const opened = new Map<string, Series>();
  for (;;) {
    const chosen = chosenIn(left);
    if (chosen.length === 0) throw new QuorumError(failed ?? nothingChosen(candidate));
    const next = chosen.map(({ winner }) => winner).filter(({ id }) => !opened.has(id));
    if (next.length === 0) {
      const images: Partial<Record<Modality, Series>> = {};
      for (const { modality, winner } of chosen) images[modality] = opened.get(winner.id)!;
      return { images, candidate: left };
    }
    const problems = await sideBySide(next, availableParallelism(), async (one) => {
      try {
        opened.set(one.id, await openSeries(one, options));
        options.onProgress?.(opened.size, chosen.length);
        return null;
      } catch (error) {
        const problem = problemOf(error);
        if (one.chosen || !concernsSeries(problem)) throw error;
        return problem;
      }
    });
    for (const [n, problem] of problems.entries()) {
      if (problem === null) continue;
      failed ??= problem;
      left = withoutSeries(left, next[n].id, problem);
    }
  }
}

function chosenIn({ choices, series }: StudyCandidate) {
  return MODALITIES.flatMap((modality) => {
    const winner = series.find(({ id }) => id === choices[modality]?.winner);
    return winner ? [{ modality, winner }] : [];
  });
}

function nothingChosen({ series }: StudyCandidate): Problem {
  const found = series
    .map((one) => `\n    ${titleOf(one)}: ${one.setAside ?? one.doubt ?? one.reason}`)
    .join('');
  return { code: 'SEQUENCE_UNKNOWN', expected: 'at least one of T1, T1ce, T2, FLAIR', found };
}

/** Whether a problem is one of this series and not of the whole opening. */
export function concernsSeries({ code }: Problem): boolean {
  return !['CANCELLED', 'WORKER_DIED', 'DISK_FULL', 'OUTPUT_NOT_WRITABLE', 'INTERNAL'].includes(code);
}

/** The candidate after one of its series could not be converted: that one is set aside, and the next best serves. */
export function withoutSeries(candidate: StudyCandidate, id: string, problem: Problem): StudyCandidate {
  const why = [problem.code === 'CONVERSION_TOO_LONG' ? 'it took too long' : problem.found, problem.field]
    .filter(Boolean)
    .join(', ');
  const setAside = `could not be converted${why ? ` (${why})` : ''}`;
  const series = candidate.series.map((one) => (one.id === id ? { ...one, setAside } : one));
  return { ...candidate, series, choices: chooseSeries(series), questions: questionsAbout(series) };
}

/** One series as an image file that `volume` reads; a DICOM series is converted once. */
export async function openSeries(found: FoundSeries, options: OpenOptions): Promise<Series> {
  const { source, sequence, reason, confidence, about, mended } = found;
  const common = { sequence, reason, confidence, about };
  if (source.kind === 'file') return { ...common, file: source.file, header: source.header };
  const file = join(options.workingFolder, `${found.id}.nii`);
  const mend = mended !== undefined;
  const converted = await convertVolume(source.volume, source.transferSyntaxes, file, { ...options, mend });
  const { header } = converted;
  // Slices that were made have no SOP instance that results could refer to.
  if (mended !== undefined) return { ...common, file, header, mended };
  return { ...common, file, header, dicom: dicomSeries(found, converted.frames) };
}

function dicomSeries({ source }: FoundSeries, frames: readonly DicomFrame[]): DicomSeries {
  if (source.kind !== 'dicom') throw new QuorumError({ code: 'INTERNAL', found: 'no DICOM series' });
  const { first, facts } = source.volume;
  return {
    studyInstanceUid: first.studyInstanceUid ?? '',
    seriesInstanceUid: frames[0].seriesInstanceUid,
    frameOfReferenceUid: first.frameOfReferenceUid,
    modality: first.modality,
    patient: first.patient,
    frames,
    rows: first.rows,
    columns: first.columns,
    pixelSpacing: facts.pixelSpacing ?? [1, 1],
  };
}

/**
 * The candidate after the user said what one of its series is. A series that was set aside counts again; one that becomes `other` or
 * `mask` serves as no sequence.
 * @throws QuorumError NOT_OPEN for a series that is not in it.
 */
export function assignSeries(
  candidate: StudyCandidate,
  id: string,
  sequence: FoundSeries['sequence'],
  reason = 'chosen by the user',
): StudyCandidate {
  if (!candidate.series.some((one) => one.id === id))
    throw new QuorumError({ code: 'NOT_OPEN', field: 'series' });
  const series = candidate.series.map((one) => {
    if (one.id === id) {
      // A series with a gap that the user takes all the same is interpolated.
      const mend = mendOf(one) ?? one.mended;
      const said = mend === undefined ? reason : `${reason}; ${mend}`;
      return {
        ...one,
        ...(mend === undefined ? {} : { mended: mend }),
        ...{ sequence, reason: said, confidence: 1, chosen: true, setAside: null, doubt: null },
      };
    }
    // The one that was chosen for this sequence before is a claimant like any other again.
    return one.sequence === sequence && one.chosen ? { ...one, chosen: false } : one;
  });
  // Whoever was in doubt may be settled by what the user says.
  const settled = series.some(({ doubt }) => doubt !== null) ? settleContrast(series, candidate) : series;
  return {
    ...candidate,
    series: settled,
    choices: chooseSeries(settled),
    questions: questionsAbout(settled),
  };
}

/** The candidate with what the user said of series of the same content before. */
export function applyRemembered(
  candidate: StudyCandidate,
  remembered: ReadonlyMap<string, FoundSeries['sequence']>,
): StudyCandidate {
  let applied = candidate;
  for (const { id } of candidate.series) {
    const sequence = remembered.get(id);
    if (sequence) applied = assignSeries(applied, id, sequence, 'chosen by the user earlier');
  }
  return applied;
}

function folderOf(series: readonly FoundSeries[]): string | null {
  const folders = new Set(series.map(({ source }) => (source.kind === 'file' ? dirname(source.file) : null)));
  return folders.size === 1 ? [...folders][0] : null;
}
