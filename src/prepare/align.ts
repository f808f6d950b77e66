import type { ErrorCode, Problem } from '../errors.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import { invertAffine, voxelToWorld } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import type { Affine, Size, Volume } from '../volume/volume.js';
import { type Atlas, openAtlas } from './atlas.js';
import { measureImage } from './measure.js';
import { mutualInformation } from './mutualInformation.js';
import { IDENTITY, inverse, isotropicGrid, motionOf, movedTo, partOfGrid } from './placement.js';
import type { PreparationStep, PreparationTransforms, StepVerdict } from './preparation.js';
import { register } from './registration/elastix.js';
import { affineStage, rigidStage } from './registration/stages.js';
import type { Workbench } from './workbench.js';

/** Registration sees voxels of this size: its points lie between them, and smoothing in voxels is then alike along all axes. */
const SEEN_MM = 2;

/** Room around the atlas's brain that registration sees, in mm: no face, no neck. */
const AROUND_BRAIN_MM = 10;

/** The same head in two sequences; the numbers are those of docs/preparation.md. */
const ALIGNED = rigidStage({ resolutions: 3, iterations: 200, samples: 2048 });
const PLACED = [
  rigidStage({ resolutions: 3, iterations: 200, samples: 2048, centred: true }),
  affineStage({ resolutions: 3, iterations: 200, samples: 2048 }),
];

/**
 * Cut-offs of the checks (measured: docs/preparation.md). `share` is mutual information as a share of the entropies, `overlap` the share of the
 * reference's head, or of the atlas's brain, that the other image covers.
 */
export const CHECKS = {
  sequences: {
    share: { failed: 0.06, doubtful: 0.1 },
    overlap: { failed: 0.5, doubtful: 0.8 },
    turnDegrees: 30,
  },
  atlas: {
    share: { failed: 0.06, doubtful: 0.1 },
    overlap: { failed: 0.8, doubtful: 0.93 },
    turnDegrees: 45,
  },
  /** How much larger or smaller than the atlas a head may be, along the mean of its axes. */
  scale: [0.8, 1.25],
} as const;

/** Aligns every other sequence rigidly to the reference, two at a time, each in a thread of its own. */
export async function alignToReference(bench: Workbench): Promise<{
  readonly fromReference: Partial<Record<Modality, Affine>>;
  readonly steps: readonly PreparationStep[];
}> {
  const { images, use, reference, options } = bench;
  const fixed = seen(images[reference]!);
  const others = use.filter((m) => m !== reference);
  const results = await twoAtATime(others, (modality) => alignOne(bench, fixed, modality, options.signal));
  return {
    fromReference: Object.fromEntries(others.map((modality, n) => [modality, results[n].transform])),
    steps: results.map(({ step }) => step),
  };
}

interface Aligned {
  readonly transform: Affine;
  readonly step: PreparationStep;
}

async function alignOne(
  { images, reference, options }: Workbench,
  fixed: Volume,
  modality: Modality,
  signal: AbortSignal | undefined,
): Promise<Aligned> {
  const started = performance.now();
  const moving = seen(images[modality]!);
  const kept = options.keep?.fromReference[modality];
  const skipped = options.skip?.includes('co-register') === true;
  const transform = kept ?? (skipped ? IDENTITY : (await register(fixed, moving, [ALIGNED], signal)).at(-1)!);
  const isHead = aboveNoise(fixed);
  const before = similarity(fixed, moving, IDENTITY, isHead);
  const after = similarity(fixed, moving, transform, isHead);
  const { shiftMm, turnDegrees } = motionOf(transform, middleOf(fixed));
  const title = MODALITY_TITLES[modality];
  const numbers = {
    overlap: after.overlap,
    mutualInformation: after.share,
    mutualInformationByHeaders: before.share,
    shiftMm,
    turnDegrees,
  };
  const what = skipped
    ? 'turned off: the headers’ positions are trusted'
    : kept
      ? 'as found before'
      : `moved by ${shiftMm.toFixed(1)} mm and ${turnDegrees.toFixed(1)}°`;
  const judged = judge(after, turnDegrees, CHECKS.sequences, images[modality]!.file);
  // The optimiser may lose its way: then the headers were better.
  const lost = after.share < before.share - 0.01;
  const verdict = judged.verdict === 'good' && lost ? 'doubtful' : judged.verdict;
  const problem =
    judged.problem ?? (lost ? registrationProblem(after.share, before.share, images[modality]!.file) : null);
  return {
    transform,
    step: {
      step: 'co-register',
      sequence: modality,
      reason: `${title} to ${MODALITY_TITLES[reference]}: ${what}`,
      seconds: secondsSince(started),
      numbers,
      verdict: skipped ? 'skipped' : verdict,
      problem: skipped ? null : problem,
      picture: null,
    },
  };
}

/** Places the reference series by the atlas: rigidly for the images, with scaling and shear for the brain mask. */
export async function registerToAtlas(bench: Workbench): Promise<{
  readonly transforms: Pick<PreparationTransforms, 'caseToReference' | 'atlasToReference'>;
  readonly step: PreparationStep;
}> {
  const { images, reference, stripped, options } = bench;
  const started = performance.now();
  const image = images[reference]!;
  const step = { step: 'atlas', sequence: reference, picture: null } as const;
  if (options.skip?.includes('atlas')) {
    const reason = 'turned off: the Case lies as the reference series does';
    return {
      transforms: { caseToReference: IDENTITY, atlasToReference: null },
      step: { ...step, reason, seconds: 0, numbers: {}, verdict: 'skipped', problem: null },
    };
  }
  const atlas = await openAtlas();
  const fixed = atlasAround(atlas, stripped.has(reference));
  const moving = seen(image);
  const transforms = options.keep?.atlasToReference
    ? { caseToReference: options.keep.caseToReference, atlasToReference: options.keep.atlasToReference }
    : await placeByAtlas(fixed, moving, options.signal);
  const brain = resample(atlas.brain, fixed, {
    interpolation: 'nearest',
    into: new Uint8Array(fixed.data.length),
  });
  const within = (voxel: number) => brain[voxel] === 1;
  const after = similarity(fixed, moving, transforms.atlasToReference, within, () => true);
  const { turnDegrees } = motionOf(transforms.caseToReference, middleOf(fixed));
  const { scale } = motionOf(transforms.atlasToReference, middleOf(fixed));
  const numbers = { overlap: after.overlap, mutualInformation: after.share, turnDegrees, scale };
  const judged = judge(after, turnDegrees, CHECKS.atlas, image.file, 'BRAIN_INCOMPLETE');
  const misfit = scale < CHECKS.scale[0] || scale > CHECKS.scale[1];
  return {
    transforms,
    step: {
      ...step,
      reason: options.keep?.atlasToReference
        ? 'as found before'
        : `${MODALITY_TITLES[reference]} placed on the BraTS grid by the ${stripped.has(reference) ? 'atlas’s brain' : 'atlas’s head'}, rigidly; its size is ${(100 * scale).toFixed(0)} % of the atlas’s`,
      seconds: secondsSince(started),
      numbers,
      verdict: misfit ? 'failed' : judged.verdict,
      problem: misfit
        ? {
            code: 'REGISTRATION_FAILED',
            file: image.file,
            expected: `a head of ${CHECKS.scale.map((s) => 100 * s).join('–')} % of the atlas’s size`,
            found: `${(100 * scale).toFixed(0)} %`,
          }
        : judged.problem,
    },
  };
}

async function placeByAtlas(fixed: Volume, moving: Volume, signal: AbortSignal | undefined) {
  const [caseToReference, atlasToReference] = await register(fixed, moving, PLACED, signal);
  return { caseToReference, atlasToReference };
}

/** The atlas's head (its brain alone for images without a skull) in a box around its brain, in the size that registration sees. */
function atlasAround({ head, brain }: Atlas, strippedToo: boolean): Volume {
  const { box } = measureImage({ ...brain, data: Float32Array.from(brain.data) });
  const first = box.first.map((n) => Math.max(0, n - AROUND_BRAIN_MM)) as unknown as Size;
  const last = box.last.map((n, axis) =>
    Math.min(head.size[axis] - 1, n + AROUND_BRAIN_MM),
  ) as unknown as Size;
  const grid = isotropicGrid(partOfGrid(head, first, last), SEEN_MM);
  const data = strippedToo ? head.data.map((value, at) => value * brain.data[at]) : head.data;
  return { ...grid, data: resample({ ...head, data }, grid, { interpolation: 'linear' }) };
}

/** The image as registration sees it. */
function seen(image: Volume): Volume {
  const grid = isotropicGrid(image, SEEN_MM);
  return { ...grid, data: resample(image, grid, { interpolation: 'linear' }) };
}

/** Voxels that are brighter than the noise around a head: above a tenth of the 99th percentile. */
function aboveNoise({ data }: Volume): (voxel: number) => boolean {
  const sorted = data.filter((value) => value > 0).sort();
  const floor = 0.1 * (sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0);
  return (voxel) => data[voxel] > floor;
}

interface Similarity {
  readonly overlap: number;
  readonly share: number;
}

/**
 * How alike two images are when `transform` takes the fixed one's RAS mm to the moving one's: the share of the voxels of
 * `wanted` that the moving one covers, and the mutual information over those of `compared`.
 */
function similarity(
  fixed: Volume,
  moving: Volume,
  transform: Affine,
  wanted: (voxel: number) => boolean,
  compared = wanted,
): Similarity {
  const moved = movedTo(moving, inverse(transform));
  const values = resample(moved, fixed, { interpolation: 'linear' });
  const covers = coverOf(moved, fixed);
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

/** Whether a voxel of `grid` lies inside the box of an image's voxels. */
function coverOf(image: Volume, { size, affine }: Volume): (voxel: number) => boolean {
  const toVoxel = invertAffine(image.affine)!;
  return (voxel) => {
    const i = voxel % size[0];
    const j = Math.floor(voxel / size[0]) % size[1];
    const k = Math.floor(voxel / (size[0] * size[1]));
    const at = voxelToWorld(toVoxel, ...voxelToWorld(affine, i, j, k));
    return at.every((place, axis) => place >= -0.5 && place <= image.size[axis] - 0.5);
  };
}

interface Limits {
  readonly share: { readonly failed: number; readonly doubtful: number };
  readonly overlap: { readonly failed: number; readonly doubtful: number };
  readonly turnDegrees: number;
}

function judge(
  { overlap, share }: Similarity,
  turnDegrees: number,
  limits: Limits,
  file: string,
  coverage: ErrorCode = 'REGISTRATION_FAILED',
): { readonly verdict: StepVerdict; readonly problem: Problem | null } {
  const verdictOf = (value: number, { failed, doubtful }: Limits['share']): StepVerdict =>
    value < failed ? 'failed' : value < doubtful ? 'doubtful' : 'good';
  const byShare = verdictOf(share, limits.share);
  const byOverlap = verdictOf(overlap, limits.overlap);
  if (byShare !== 'good')
    return { verdict: byShare, problem: registrationProblem(share, limits.share.doubtful, file) };
  if (byOverlap !== 'good') {
    const expected = `at least ${(100 * limits.overlap.doubtful).toFixed(0)} % covered`;
    const found = `${(100 * overlap).toFixed(0)} %`;
    return { verdict: byOverlap, problem: { code: coverage, field: 'overlap', file, expected, found } };
  }
  if (turnDegrees > limits.turnDegrees) {
    const expected = `a turn of at most ${limits.turnDegrees}°`;
    const found = `${turnDegrees.toFixed(0)}°`;
    return {
      verdict: 'doubtful',
      problem: { code: 'REGISTRATION_FAILED', field: 'turn', file, expected, found },
    };
  }
  return { verdict: 'good', problem: null };
}

function registrationProblem(found: number, expected: number, file: string): Problem {
  return {
    code: 'REGISTRATION_FAILED',
    field: 'mutual information',
    file,
    expected: `at least ${expected.toFixed(2)} of the entropies`,
    found: found.toFixed(2),
  };
}

function middleOf({ size, affine }: Volume): [number, number, number] {
  return voxelToWorld(affine, (size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** Runs work on every item, two at once, results in the items' order; the first failure is thrown when all have stopped. */
async function twoAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]);
    }
  };
  const lanes = await Promise.allSettled([lane(), lane()]);
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
