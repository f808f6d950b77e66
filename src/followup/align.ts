import type { Alignment } from '../contract/followUp.js';
import { problemOf, QuorumError } from '../errors.js';
import { problemForReport } from '../export/names.js';
import type { JobContext } from '../jobs/context.js';
import { alignHead } from '../prepare/align.js';
import {
  aboveNoise,
  CHECKS,
  judge,
  layOn,
  middleOf,
  seen,
  similarity,
} from '../prepare/registrationChecks.js';
import type { Modality } from '../terms.js';
import { refineWithinMask } from '../volume/alignWithin.js';
import { sha256OfVolume } from '../volume/imageHash.js';
import { IDENTITY, inverse, motionOf, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';

/** Of the four sequences, that which a tumour and contrast agent change least between two examinations comes first. */
const PREFERRED: readonly Modality[] = ['t1', 't1ce', 't2', 'flair'];

/** An examination as it is aligned: one image on its Case's grid, and the mask (BraTS labels) on the same. */
export interface Head {
  readonly sequence: Modality;
  readonly image: Volume;
  readonly labels: Uint8Array;
  /** For people. */
  readonly title: string;
}

/** The sequences by which two examinations are aligned: one that both have, else the best of each. */
export function sequencesToAlign(
  first: readonly Modality[],
  later: readonly Modality[],
): readonly [Modality, Modality] {
  const both = PREFERRED.find((m) => first.includes(m) && later.includes(m));
  const best = (of: readonly Modality[]) => PREFERRED.find((m) => of.includes(m))!;
  return both ? [both, both] : [best(first), best(later)];
}

/** Between examinations a head may lie anywhere in its own frame. */
const LIMITS = { ...CHECKS.sequences, motion: CHECKS.atlas.motion };
/** At least this share of the brain must be left without both tumours to align by it. */
const ENOUGH = 0.3;

/** Whole heads that were aligned before, by the images' content: the same examinations are compared in several ways, with other masks. */
export class AlignedHeads {
  private readonly found = new Map<string, Affine>();

  /** As `alignHead`. */
  async align(
    fixed: Volume<Float32Array>,
    moving: Volume<Float32Array>,
    signal: AbortSignal,
    onShare: (share: number) => void,
  ): Promise<Affine> {
    const key = `${sha256OfVolume(fixed)} ${sha256OfVolume(moving)}`;
    const found = this.found.get(key) ?? (await alignHead(fixed, moving, signal, onShare));
    this.found.set(key, found);
    return found;
  }
}

/**
 * Aligns a later examination rigidly with the first: as sequences of one examination are aligned (`prepare/align.ts`, elastix with
 * Mattes mutual information over the whole head), then refined inside the brain without either tumour, so that what grew or went does
 * not pull. Nothing is scaled or bent: a difference of the brain itself (swelling, a cavity, its shift) stays a difference.
 *
 * @returns the alignment with its verdict; one that failed says why and is not to be used.
 * @throws QuorumError CANCELLED.
 */
export async function alignToFirst(
  first: Head,
  later: Head,
  aligned: AlignedHeads,
  { signal, report }: JobContext,
): Promise<Alignment> {
  const sequences: Alignment['sequences'] = [first.sequence, later.sequence];
  const fixed = seen(first.image);
  const moving = seen(later.image);
  let found: Affine;
  try {
    found = await aligned.align(fixed, moving, signal, (share) => report('aligning', 0.8 * share));
  } catch (error) {
    if (signal.aborted) throw error;
    const problem = problemForReport(problemOf(error), true);
    const none = { shiftMm: 0, turnDegrees: 0, similarity: 0, verdict: 'failed' as const, problem };
    return { sequences, toFirst: [...IDENTITY], ...none };
  }
  if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
  report('aligning', 0.8);
  const refined = refineWithinMask(first.image, later.image, found, commonBrain(first, later, found));
  const after = similarity(fixed, layOn(fixed, moving, refined), aboveNoise(fixed));
  const motion = motionOf(refined, middleOf(fixed));
  const { verdict, problem } = judge(after, motion, LIMITS, later.title);
  return {
    sequences,
    toFirst: [...inverse(refined)],
    shiftMm: motion.shiftMm,
    turnDegrees: motion.turnDegrees,
    similarity: after.share,
    verdict: verdict === 'skipped' ? 'doubtful' : verdict,
    problem,
  };
}

/** 1 inside the first's brain where neither examination has tumour; the whole brain where too little of it would be left. */
function commonBrain(first: Head, later: Head, toLater: Affine): Volume<Uint8Array> {
  const { size, affine, data } = first.image;
  const tumour = onFirst({ ...later.image, data: later.labels }, inverse(toLater), first.image);
  const brain = new Uint8Array(data.length);
  const healthy = new Uint8Array(data.length);
  let [all, left] = [0, 0];
  for (let voxel = 0; voxel < data.length; voxel++) {
    if (data[voxel] === 0) continue;
    brain[voxel] = 1;
    all++;
    if (first.labels[voxel] !== 0 || tumour[voxel] !== 0) continue;
    healthy[voxel] = 1;
    left++;
  }
  return { size, affine, data: left >= ENOUGH * all ? healthy : brain };
}

/** A label map of a time point on the grid of the first, nearest voxel. */
export function onFirst<D extends Uint8Array | Uint16Array>(
  labels: Volume<D>,
  toFirst: Affine,
  grid: Grid,
): D {
  const { size } = grid;
  const Kind = labels.data.constructor as new (length: number) => D;
  const into = new Kind(size[0] * size[1] * size[2]);
  return resample(movedTo(labels, toFirst), grid, { interpolation: 'nearest', into });
}
