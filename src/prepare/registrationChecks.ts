import type { ErrorCode, Problem } from '../errors.js';
import type { Modality } from '../terms.js';
import { traced } from '../trace.js';
import { invertAffine, voxelToWorld } from '../volume/affine.js';
import { inverse, isotropicGrid, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import { mutualInformation } from './mutualInformation.js';
import type { StepVerdict } from './preparation.js';

/** Registration sees voxels of this size: its points lie between them, and smoothing in voxels is then alike along all axes. */
export const SEEN_MM = 2;

/**
 * Cut-offs of the checks (measured: docs/preparation.md). `share` is mutual information as a share of the entropies, `overlap` the share of the
 * reference's head, or of the atlas's brain, that the other image covers.
 */
export const CHECKS = {
  sequences: {
    share: { failed: 0.03, doubtful: 0.06 },
    inBrain: { failed: 0.02, doubtful: 0.07 },
    /** Of the atlas's brain, or of the reference's head where there is no atlas. */
    overlap: { failed: 0.5, doubtful: 0.8 },
    motion: { failed: { mm: 100, degrees: 35 }, doubtful: { mm: 50, degrees: 25 } },
  },
  atlas: {
    share: { failed: 0.06, doubtful: 0.1 },
    inBrain: { failed: 0.01, doubtful: 0.02 },
    overlap: { failed: 0.8, doubtful: 0.93 },
    /** A head may lie anywhere in its own frame. */
    motion: {
      failed: { mm: Number.POSITIVE_INFINITY, degrees: 180 },
      doubtful: { mm: Number.POSITIVE_INFINITY, degrees: 45 },
    },
  },
  /** How much larger or smaller than the atlas a head may be, along the mean of its axes. */
  scale: [0.8, 1.25],
} as const;

/** The image as registration sees it. */
export function seen(image: Volume): Volume {
  const grid = isotropicGrid(image, SEEN_MM);
  return { ...grid, data: resample(image, grid, { interpolation: 'linear' }) };
}

/** Images as registration sees them, each made when it is first asked for. */
export function seenOnce(
  images: Readonly<Partial<Record<Modality, Volume>>>,
): (modality: Modality) => Volume {
  const made = new Map<Modality, Volume>();
  return (modality) => {
    const found =
      made.get(modality) ?? traced('resample', () => seen(images[modality]!), { about: modality });
    made.set(modality, found);
    return found;
  };
}

/** Voxels that are brighter than the noise around a head: above a tenth of the 99th percentile. */
export function aboveNoise({ data }: Volume): (voxel: number) => boolean {
  const sorted = data.filter((value) => value > 0).sort();
  const floor = 0.1 * (sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0);
  return (voxel) => data[voxel] > floor;
}

export interface Similarity {
  readonly overlap: number;
  readonly share: number;
  /** As `share`, inside the brain alone: a round thing in air is like a head, but not inside. */
  readonly inBrain?: number;
}

/** An image laid on the grid of another. */
export interface Laid {
  readonly values: Float32Array;
  /** Whether a voxel of that grid lies inside the box of the image's voxels. */
  readonly covers: (voxel: number) => boolean;
}

/** Lays an image on the grid of another. @param transform RAS mm of `fixed` → RAS mm of `moving`. */
export function layOn(fixed: Grid, moving: Volume, transform: Affine): Laid {
  const moved = movedTo(moving, inverse(transform));
  return { values: resample(moved, fixed, { interpolation: 'linear' }), covers: coverOf(moved, fixed) };
}

/**
 * How alike an image is to another that lies on its grid: the share of the voxels of `wanted` that the other covers, and the mutual
 * information over those of `compared`.
 */
export function similarity(
  fixed: Volume,
  { values, covers }: Laid,
  wanted: (voxel: number) => boolean,
  compared = wanted,
): Similarity {
  let total = 0;
  let covered = 0;
  for (let i = 0; i < values.length; i++) {
    if (!wanted(i)) continue;
    total++;
    if (covers(i)) covered++;
  }
  const { share } = mutualInformation(fixed.data, values, (i) => compared(i) && covers(i));
  return { overlap: total === 0 ? 0 : covered / total, share };
}

/** The share of the voxels of `wanted` where an image shows more than noise: not cut off, not blanked. */
export function signalWithin({ values }: Laid, grid: Grid, wanted: (voxel: number) => boolean): number {
  const shows = aboveNoise({ ...grid, data: values.filter((_, voxel) => wanted(voxel)) });
  let [total, shown, at] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!wanted(i)) continue;
    total++;
    if (shows(at++)) shown++;
  }
  return total === 0 ? 0 : shown / total;
}

/** Whether a voxel of `grid` lies inside the box of an image's voxels. */
function coverOf(image: Grid, { size, affine }: Grid): (voxel: number) => boolean {
  const toVoxel = invertAffine(image.affine)!;
  return (voxel) => {
    const i = voxel % size[0];
    const j = Math.floor(voxel / size[0]) % size[1];
    const k = Math.floor(voxel / (size[0] * size[1]));
    const at = voxelToWorld(toVoxel, ...voxelToWorld(affine, i, j, k));
    return at.every((place, axis) => place >= -0.5 && place <= image.size[axis] - 0.5);
  };
}

interface Limit {
  readonly failed: number;
  readonly doubtful: number;
}

/** How far an image was moved: its middle in mm, and its turn in degrees. */
export interface Motion {
  readonly shiftMm: number;
  readonly turnDegrees: number;
}

interface MotionLimit {
  readonly mm: number;
  readonly degrees: number;
}

interface Limits {
  readonly share: Limit;
  readonly inBrain: Limit;
  readonly overlap: Limit;
  readonly motion: { readonly failed: MotionLimit; readonly doubtful: MotionLimit };
}

/**
 * Whether a head could have moved so within an examination. A person lies within a coil: beyond that the images are of other
 * examinations, or a header is wrong.
 */
function judgeMotion(motion: Motion, limits: Limits, file: string): ReturnType<typeof judge> {
  const beyond = ({ mm, degrees }: MotionLimit) => motion.shiftMm > mm || motion.turnDegrees > degrees;
  const verdict = beyond(limits.motion.failed)
    ? 'failed'
    : beyond(limits.motion.doubtful)
      ? 'doubtful'
      : 'good';
  if (verdict === 'good') return { verdict, problem: null };
  const { mm, degrees } = limits.motion[verdict];
  const within = Number.isFinite(mm) ? `at most ${mm} mm and ${degrees}°` : `a turn of at most ${degrees}°`;
  const found = `${motion.shiftMm.toFixed(0)} mm and ${motion.turnDegrees.toFixed(0)}°`;
  return {
    verdict,
    problem: { code: 'IMAGES_APART', field: 'motion', file, expected: within, found },
  };
}

/**
 * Whether a registration is good, doubtful or failed by overlap, mutual information and motion, and why. `coverage` is the code
 * where the overlap decides.
 */
export function judge(
  { overlap, share, inBrain }: Similarity,
  motion: Motion,
  limits: Limits,
  file: string,
  coverage: ErrorCode = 'REGISTRATION_FAILED',
): { readonly verdict: StepVerdict; readonly problem: Problem | null } {
  const verdictOf = (value: number, { failed, doubtful }: Limit): StepVerdict =>
    value < failed ? 'failed' : value < doubtful ? 'doubtful' : 'good';
  const apart = judgeMotion(motion, limits, file);
  if (apart.verdict === 'failed') return apart;
  const byShare = verdictOf(share, limits.share);
  const byBrain = verdictOf(inBrain ?? 1, limits.inBrain);
  const byOverlap = verdictOf(overlap, limits.overlap);
  if (byShare === 'failed' || (byShare === 'doubtful' && byBrain !== 'failed'))
    return { verdict: byShare, problem: registrationProblem(share, limits.share.doubtful, file) };
  if (byBrain !== 'good') {
    const problem = registrationProblem(inBrain!, limits.inBrain.doubtful, file);
    return { verdict: byBrain, problem: { ...problem, field: 'mutual information inside the brain' } };
  }
  if (byOverlap !== 'good') {
    const expected = `at least ${(100 * limits.overlap.doubtful).toFixed(0)} % covered`;
    const found = `${(100 * overlap).toFixed(0)} %`;
    return { verdict: byOverlap, problem: { code: coverage, field: 'overlap', file, expected, found } };
  }
  return apart;
}

/** The problem of a registration whose mutual information, as a share of the entropies, is too small. */
export function registrationProblem(found: number, expected: number, file: string): Problem {
  return {
    code: 'REGISTRATION_FAILED',
    field: 'mutual information',
    file,
    expected: `at least ${expected} of the entropies`,
    found: found.toFixed(3),
  };
}

/** The middle of an image, in RAS mm. */
export function middleOf({ size, affine }: Volume): [number, number, number] {
  return voxelToWorld(affine, (size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2);
}
