import { mkdir, rm } from 'node:fs/promises';
import { problemOf } from '../errors.js';
import { isStripped } from '../recognise/brainPart.js';
import { contrastUptake, UPTAKE_MARGIN } from '../recognise/contrastUptake.js';
import { sequenceByVoxels } from '../recognise/sequenceByVoxels.js';
import { MODALITIES, MODALITY_TITLES } from '../terms.js';
import { type ImageFile, readVolume } from '../volume/read.js';
import type { FoundSeries, StudyCandidate } from './candidate.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { type Compared, pairsInDoubt, settleByVoxels } from './contrastByVoxels.js';
import { settleContrast } from './examination.js';
import { isMask } from './maskVoxels.js';
import { concernsSeries, type OpenOptions, openSeries } from './openCandidate.js';

/** On test patients' images as they are; docs/intake.md. */
const MEASURED = 'right for 56 of 60 images';
/** Less probable guesses are kept back. */
const LEAST_PROBABLE = 0.8;

/** More images are not read for the sake of a hint. */
const MOST_IMAGES = 8;

/**
 * The candidate with what voxels tell: a series that serves and is a mask, whatever its headers say, is none of the four; for skull-stripped
 * image files (nothing is measured on heads with skull) a guess at the sequence where names and headers are silent, which is never taken
 * without the user; and of two T1, where nothing else tells, which is after contrast agent.
 *
 * @param options where DICOM series are converted to for a look.
 */
export async function judgeVoxels(
  candidate: StudyCandidate,
  options: OpenOptions | null = null,
): Promise<StudyCandidate> {
  const own = await withoutMasks(candidate);
  const silent = own.series.filter(
    (one) => one.sequence === 'other' && isOpen(one) && one.source.kind === 'file',
  );
  if (silent.length > MOST_IMAGES) return own;
  const guesses = new Map<string, FoundSeries>();
  for (const one of silent) guesses.set(one.id, await guessed(one));
  let series = own.series.map((one) => guesses.get(one.id) ?? one);
  const pairs = pairsInDoubt(own.series);
  if (pairs.length === 0) return { ...own, series };
  for (const pair of pairs) series = settleByVoxels(series, pair, await comparePair(pair, options));
  return withSeries(own, series);
}

/** The candidate with masks known as such, where they would serve as a sequence. */
export async function withoutMasks(candidate: StudyCandidate): Promise<StudyCandidate> {
  const masks = new Set<string>();
  for (const one of candidate.series) if (isClaimant(one) && (await isMask(one))) masks.add(one.id);
  if (masks.size === 0) return candidate;
  const reason = 'its voxels are a mask, whatever names and headers say';
  const series = candidate.series.map((one): FoundSeries => {
    if (!masks.has(one.id)) return one;
    const known = { ...one, sequence: 'mask' as const, reason, confidence: 1, judgement: null, doubt: null };
    return one.source.kind === 'dicom' ? { ...known, setAside: reason } : known;
  });
  return withSeries(candidate, settleContrast(series, candidate));
}

function withSeries(candidate: StudyCandidate, series: readonly FoundSeries[]): StudyCandidate {
  return { ...candidate, series, choices: chooseSeries(series), questions: questionsAbout(series) };
}

function isClaimant({ sequence, setAside, chosen }: FoundSeries): boolean {
  return setAside === null && !chosen && MODALITIES.some((modality) => modality === sequence);
}

function isOpen({ setAside, chosen }: FoundSeries): boolean {
  return setAside === null && !chosen;
}

async function guessed(one: FoundSeries): Promise<FoundSeries> {
  const image = await strippedImage(one);
  const probabilities = image && sequenceByVoxels(image);
  if (!probabilities) return one;
  const guess = MODALITIES.reduce((best, m) => (probabilities[m] > probabilities[best] ? m : best));
  if (probabilities[guess] < Math.log(LEAST_PROBABLE)) return one;
  const reason = `${one.reason}; its voxels look like ${MODALITY_TITLES[guess]} (${MEASURED}): to be chosen by the user`;
  return { ...one, guess, reason };
}

/** Which of two T1 shows contrast agent beside the other; `unknown` where they are too much alike, or cannot be read. */
async function comparePair(
  [first, second]: readonly [FoundSeries, FoundSeries],
  options: OpenOptions | null,
): Promise<Compared> {
  const one = await imageOf(first, options);
  const other = one && (await imageOf(second, options));
  const uptake = one && other && contrastUptake(one, other);
  if (uptake === null || Math.abs(uptake) < UPTAKE_MARGIN) return 'unknown';
  return uptake > 0 ? 'second' : 'first';
}

async function imageOf(one: FoundSeries, options: OpenOptions | null): Promise<ImageFile | null> {
  if (one.source.kind === 'file') return readVolume(one.source.file).catch(() => null);
  if (!options) return null;
  try {
    await mkdir(options.workingFolder, { recursive: true, mode: 0o700 });
    const { file } = await openSeries(one, options);
    const image = await readVolume(file);
    await rm(file);
    return image;
  } catch (error) {
    if (!concernsSeries(problemOf(error))) throw error;
    return null;
  }
}

/** The image when its skull was removed; null otherwise, and when it cannot be read. */
async function strippedImage({ source }: FoundSeries): Promise<ImageFile | null> {
  if (source.kind !== 'file') return null;
  const image = await readVolume(source.file).catch(() => null);
  return image && isStripped(image) ? image : null;
}
