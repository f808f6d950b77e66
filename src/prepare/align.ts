import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { isQuorumError, QuorumError } from '../errors.js';
import { sideBySide } from '../sideBySide.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import { traced } from '../trace.js';
import { refineWithinMask } from '../volume/alignWithin.js';
import { IDENTITY, motionOf, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Affine, Volume } from '../volume/volume.js';
import { openAtlas } from './atlas.js';
import type { PreparationStep } from './preparation.js';
import { register } from './registration/elastix.js';
import { rigidStage } from './registration/stages.js';
import {
  aboveNoise,
  CHECKS,
  judge,
  layOn,
  type Motion,
  middleOf,
  registrationProblem,
  type Similarity,
  similarity,
} from './registrationChecks.js';
import type { Workbench } from './workbench.js';

/** The same head in two sequences. */
const HEAD = rigidStage({ resolutions: 3, iterations: 200, samples: 2048 });
const HEAD_FROM_MIDDLES = rigidStage({ resolutions: 3, iterations: 200, samples: 2048, centred: true });

type FromReference = Partial<Record<Modality, Affine>>;

/**
 * Aligns every other sequence rigidly to the reference by the whole head, several at a time, each in a thread of its own.
 *
 * @param onProgress told how far each sequence is, 0..1.
 */
export async function alignHeads(
  bench: Workbench,
  signal: AbortSignal,
  onProgress: (modality: Modality, share: number) => void = () => undefined,
): Promise<FromReference> {
  const { options, seen } = bench;
  const fixed = seen(bench.reference);
  return forOthers(bench, async (modality) => {
    const kept = options.keep?.fromReference[modality];
    if (kept) return kept;
    if (options.skip?.includes('co-register')) return IDENTITY;
    const moving = seen(modality);
    const onShare = (share: number) => onProgress(modality, share);
    const found = await alignHead(fixed, moving, signal, onShare, modality);
    onProgress(modality, 1);
    return found;
  });
}

/**
 * Aligns one head rigidly to another by all that both images show. Where the headers put the heads far apart elastix has nothing to begin
 * with: then their middles are laid on each other first.
 *
 * @param fixed, moving as registration sees them (`seen`).
 * @returns RAS mm of `fixed` → RAS mm of `moving`.
 * @throws QuorumError CANCELLED, REGISTRATION_FAILED.
 */
export async function alignHead(
  fixed: Volume,
  moving: Volume,
  signal: AbortSignal,
  onShare: (share: number) => void = () => undefined,
  about: string | null = null,
): Promise<Affine> {
  const [found] = await register(fixed, moving, [HEAD], signal, onShare, about).catch((error: unknown) => {
    if (isQuorumError(error) && error.problem.code === 'REGISTRATION_FAILED')
      return register(fixed, moving, [HEAD_FROM_MIDDLES], signal, onShare, about);
    throw error;
  });
  return found;
}

/**
 * Goes on from the heads with the brains alone, inside the atlas's mask: skin, jaw and neck move against the brain between two
 * series. Without the atlas nothing is changed.
 *
 * @param atlasToReference RAS mm of the atlas → RAS mm of the reference, or null.
 * @param aligned given each step as soon as its sequence is aligned; gives the step to keep.
 * @throws QuorumError CANCELLED.
 */
export async function alignBrains(
  bench: Workbench,
  heads: FromReference,
  atlasToReference: Affine | null,
  aligned: (step: PreparationStep, transform: Affine) => PreparationStep,
): Promise<{ readonly fromReference: FromReference; readonly steps: readonly PreparationStep[] }> {
  const { images, use, reference, options } = bench;
  const fixed = bench.seen(reference);
  const settled = options.skip?.includes('co-register') || !atlasToReference;
  const brain = settled ? null : { ...fixed, data: await brainOn(fixed, atlasToReference) };
  const isHead = aboveNoise(fixed);
  const fromReference: FromReference = {};
  const steps: PreparationStep[] = [];
  for (const modality of use.filter((m) => m !== reference)) {
    // Let a cancellation through.
    await setImmediate();
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const started = performance.now();
    const before = heads[modality]!;
    const transform =
      brain && !options.keep?.fromReference[modality]
        ? traced(
            'align brain',
            () => refineWithinMask(images[reference]!, images[modality]!, before, brain),
            {
              about: modality,
            },
          )
        : before;
    fromReference[modality] = transform;
    const step = traced(
      'check alignment',
      () => describe(bench, { fixed, isHead, brain: brain?.data }, modality, transform),
      {
        about: modality,
      },
    );
    steps.push(aligned({ ...step, seconds: (performance.now() - started) / 1000 }, transform));
  }
  return { fromReference, steps };
}

/** The atlas's brain mask on the grid of the reference as registration sees it. */
async function brainOn(fixed: Volume, atlasToReference: Affine): Promise<Uint8Array> {
  const { brain } = await openAtlas();
  const into = new Uint8Array(fixed.data.length);
  return resample(movedTo(brain, atlasToReference), fixed, { interpolation: 'nearest', into });
}

/** The reference as registration sees it. */
interface SeenReference {
  readonly fixed: Volume;
  readonly isHead: (voxel: number) => boolean;
  /** The atlas's brain mask. */
  readonly brain: Uint8Array | undefined;
}

function describe(
  bench: Workbench,
  { fixed, isHead, brain }: SeenReference,
  modality: Modality,
  transform: Affine,
): Omit<PreparationStep, 'seconds'> {
  const { reference, options } = bench;
  const moving = bench.seen(modality);
  const before = similarity(fixed, layOn(fixed, moving, IDENTITY), isHead);
  const laid = layOn(fixed, moving, transform);
  const inBrain = brain && similarity(fixed, laid, (voxel) => brain[voxel] === 1).share;
  // What counts is that the brain is covered: a neck that the reference shows beside it is no loss.
  const wanted = brain ? (voxel: number) => brain[voxel] === 1 : isHead;
  const after = {
    ...similarity(fixed, laid, wanted, isHead),
    ...(inBrain === undefined ? {} : { inBrain }),
  };
  const { shiftMm, turnDegrees } = motionOf(transform, middleOf(fixed));
  const skipped = options.skip?.includes('co-register') === true;
  const kept = options.keep?.fromReference[modality] !== undefined;
  const onto = MODALITY_TITLES[reference];
  const moved = `moved onto ${onto} by ${shiftMm.toFixed(1)} mm and ${turnDegrees.toFixed(1)}°`;
  const what = skipped
    ? 'was not moved: alignment is off, the headers’ positions are trusted'
    : kept
      ? `was ${moved}, as found before`
      : `was ${moved}`;
  const judged = judgeSequence(bench, modality, before, after, { shiftMm, turnDegrees });
  return {
    step: 'co-register',
    sequence: modality,
    reason: `${MODALITY_TITLES[modality]} ${what}`,
    numbers: {
      overlap: after.overlap,
      mutualInformation: after.share,
      mutualInformationByHeaders: before.share,
      ...(inBrain === undefined ? {} : { mutualInformationInBrain: inBrain }),
      shiftMm,
      turnDegrees,
    },
    verdict: skipped ? 'skipped' : judged.verdict,
    problem: skipped ? null : judged.problem,
    picture: null,
  };
}

function judgeSequence(
  { images, reference, stripped }: Workbench,
  modality: Modality,
  before: Similarity,
  after: Similarity,
  motion: Motion,
): ReturnType<typeof judge> {
  const { file } = images[modality]!;
  const judged = judge(after, motion, CHECKS.sequences, file);
  if (judged.verdict !== 'good') return judged;
  // The optimiser may lose its way: then the headers were better.
  if (after.share < before.share - 0.01)
    return { verdict: 'doubtful', problem: registrationProblem(after.share, before.share, file) };
  if (stripped.has(modality) === stripped.has(reference)) return judged;
  const [expected, found] = ['both images with the skull, or both without', 'one with, one without'];
  return {
    verdict: 'doubtful',
    problem: { code: 'REGISTRATION_FAILED', field: 'skull', file, expected, found },
  };
}

/**
 * Runs work for every sequence but the reference, as many at once as there are cores beside the atlas's; the first
 * failure is thrown when all lanes have stopped.
 */
async function forOthers(
  { use, reference, options }: Workbench,
  work: (modality: Modality) => Promise<Affine>,
): Promise<FromReference> {
  // The atlas's registration takes longest and gets a core of its own.
  const atOnce = Math.max(1, availableParallelism() - (options.skip?.includes('atlas') ? 0 : 1));
  const others = use.filter((m) => m !== reference);
  return Object.fromEntries(await sideBySide(others, atOnce, async (m) => [m, await work(m)] as const));
}
