import { readFileSync } from 'node:fs';
import { MODALITIES, type Modality } from '../terms.js';
import type { Extent } from '../volume/extent.js';
import type { Volume } from '../volume/volume.js';
import { brainFeatures } from './brainFeatures.js';

/** Natural logarithm of how probable each sequence is by the voxels; measured, see docs/intake.md. */
export type LogProbabilities = Readonly<Record<Modality, number>>;

/** An image that looks like another sequence than the one it is called. */
export interface Misnamed {
  readonly named: Modality;
  readonly looks: Modality;
}

/** What `docs/results/sequences.ts` fitted: multinomial logistic regression on standardised features. */
export interface SequenceWeights {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: Readonly<Record<Modality, readonly number[]>>;
  readonly constants: Readonly<Record<Modality, number>>;
  /** An image whose features lie further from those of training images (mean, in deviations) is not judged. */
  readonly farthest: number;
  /** How much more probable (natural logarithm) another naming must be before the given one is doubted. */
  readonly margin: number;
}

/** Standardised features are held within ± this. */
export const CLIP = 4;

const FILE = new URL('../../resources/sequences/weights.json', import.meta.url);
let shipped: SequenceWeights | null = null;

/** The weights that are part of the app. */
export function shippedWeights(): SequenceWeights {
  shipped ??= JSON.parse(readFileSync(FILE, 'utf8')) as SequenceWeights;
  return shipped;
}

/**
 * How probable each of the four sequences is by the voxels of a skull-stripped image alone; null for what is no whole brain, or unlike
 * every image that this was fitted on.
 *
 * @param volume air 0.
 * @param shown where it shows something, where that is known.
 */
export function sequenceByVoxels(volume: Volume, shown?: Extent | null): LogProbabilities | null {
  const features = brainFeatures(volume, shown);
  return features && logProbabilities(features, shippedWeights());
}

/** @param features of `brainFeatures`. */
export function logProbabilities(
  features: readonly number[],
  { means, deviations, weights, constants, farthest }: SequenceWeights,
): LogProbabilities | null {
  const standard = features.map((value, f) => (value - means[f]) / deviations[f]);
  if (distance(standard) > farthest) return null;
  const clipped = standard.map((value) => Math.max(-CLIP, Math.min(CLIP, value)));
  const scores = MODALITIES.map((m) =>
    clipped.reduce((sum, value, f) => sum + weights[m][f] * value, constants[m]),
  );
  const most = Math.max(...scores);
  const total = most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  const [t1, t1ce, t2, flair] = scores.map((score) => score - total);
  return { t1, t1ce, t2, flair };
}

/** How far standardised features lie from the middle of those fitted on: the mean of their sizes. */
export function distance(standard: readonly number[]): number {
  return standard.reduce((sum, value) => sum + Math.abs(value), 0) / standard.length;
}

/**
 * Images that look like another sequence than they are called, taken together: the naming with different names that the voxels make most
 * probable, where it beats the given one by the margin.
 *
 * @param images by the names they were given.
 */
export function misnamed(
  images: Readonly<Partial<Record<Modality, LogProbabilities>>>,
  margin = shippedWeights().margin,
): Misnamed[] {
  const named = MODALITIES.filter((m) => images[m]);
  const score = (names: readonly Modality[]) =>
    names.reduce((sum, name, n) => sum + images[named[n]]![name], 0);
  const given = score(named);
  const best = arrangements(named.length).reduce((a, b) => (score(b) > score(a) ? b : a), named);
  if (score(best) - given <= margin) return [];
  return named.flatMap((name, n) => (best[n] === name ? [] : [{ named: name, looks: best[n] }]));
}

/** All ways to give so many images different names. */
function arrangements(count: number, taken: readonly Modality[] = []): Modality[][] {
  if (count === 0) return [[...taken]];
  return MODALITIES.filter((m) => !taken.includes(m)).flatMap((m) => arrangements(count - 1, [...taken, m]));
}
