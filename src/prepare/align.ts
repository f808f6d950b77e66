import { setImmediate } from 'node:timers/promises';
import { QuorumError } from '../errors.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import { resample } from '../volume/resample.js';
import type { Affine, Volume } from '../volume/volume.js';
import { openAtlas } from './atlas.js';
import { IDENTITY, motionOf, movedTo } from './placement.js';
import type { PreparationStep } from './preparation.js';
import { register } from './registration/elastix.js';
import { rigidStage } from './registration/stages.js';
import { refineWithinMask } from './registration/withinMask.js';
import {
  aboveNoise,
  CHECKS,
  judge,
  middleOf,
  registrationProblem,
  seen,
  similarity,
} from './registrationChecks.js';
import type { Workbench } from './workbench.js';

/** The same head in two sequences. */
const HEAD = rigidStage({ resolutions: 3, iterations: 200, samples: 2048 });

type FromReference = Partial<Record<Modality, Affine>>;

/** Aligns every other sequence rigidly to the reference by the whole head, two at a time, each in a thread of its own. */
export async function alignHeads(bench: Workbench, signal: AbortSignal): Promise<FromReference> {
  const { images, options } = bench;
  const fixed = seen(images[bench.reference]!);
  return forOthers(bench, async (modality) => {
    const kept = options.keep?.fromReference[modality];
    if (kept) return kept;
    if (options.skip?.includes('co-register')) return IDENTITY;
    return (await register(fixed, seen(images[modality]!), [HEAD], signal)).at(-1)!;
  });
}

/**
 * Goes on from the heads with the brains alone, inside the atlas's mask: skin, jaw and neck move against the brain between two
 * series. Without the atlas nothing is changed.
 *
 * @param atlasToReference RAS mm of the atlas → RAS mm of the reference, or null.
 * @throws QuorumError CANCELLED.
 */
export async function alignBrains(
  bench: Workbench,
  heads: FromReference,
  atlasToReference: Affine | null,
): Promise<{ readonly fromReference: FromReference; readonly steps: readonly PreparationStep[] }> {
  const { images, use, reference, options } = bench;
  const fixed = seen(images[reference]!);
  const settled = options.skip?.includes('co-register') || !atlasToReference;
  const brain = settled ? null : { ...fixed, data: await brainOn(fixed, atlasToReference) };
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
        ? refineWithinMask(images[reference]!, images[modality]!, before, brain)
        : before;
    fromReference[modality] = transform;
    const step = describe(bench, fixed, modality, transform);
    steps.push({ ...step, seconds: (performance.now() - started) / 1000 });
  }
  return { fromReference, steps };
}

/** The atlas's brain mask on the grid of the reference as registration sees it. */
async function brainOn(fixed: Volume, atlasToReference: Affine): Promise<Uint8Array> {
  const { brain } = await openAtlas();
  const into = new Uint8Array(fixed.data.length);
  return resample(movedTo(brain, atlasToReference), fixed, { interpolation: 'nearest', into });
}

function describe(
  { images, reference, options }: Workbench,
  fixed: Volume,
  modality: Modality,
  transform: Affine,
): Omit<PreparationStep, 'seconds'> {
  const { file } = images[modality]!;
  const moving = seen(images[modality]!);
  const isHead = aboveNoise(fixed);
  const before = similarity(fixed, moving, IDENTITY, isHead);
  const after = similarity(fixed, moving, transform, isHead);
  const { shiftMm, turnDegrees } = motionOf(transform, middleOf(fixed));
  const skipped = options.skip?.includes('co-register') === true;
  const kept = options.keep?.fromReference[modality] !== undefined;
  const moved = `moved by ${shiftMm.toFixed(1)} mm and ${turnDegrees.toFixed(1)}°`;
  const what = skipped
    ? 'turned off: the headers’ positions are trusted'
    : kept
      ? `as found before: ${moved}`
      : moved;
  const judged = judge(after, turnDegrees, CHECKS.sequences, file);
  // The optimiser may lose its way: then the headers were better.
  const lost = judged.verdict === 'good' && after.share < before.share - 0.01;
  return {
    step: 'co-register',
    sequence: modality,
    reason: `${MODALITY_TITLES[modality]} to ${MODALITY_TITLES[reference]}: ${what}`,
    numbers: {
      overlap: after.overlap,
      mutualInformation: after.share,
      mutualInformationByHeaders: before.share,
      shiftMm,
      turnDegrees,
    },
    verdict: skipped ? 'skipped' : lost ? 'doubtful' : judged.verdict,
    problem: skipped ? null : lost ? registrationProblem(after.share, before.share, file) : judged.problem,
    picture: null,
  };
}

/** Runs work for every sequence but the reference, two at once; the first failure is thrown when both lanes have stopped. */
async function forOthers(
  { use, reference }: Workbench,
  work: (modality: Modality) => Promise<Affine>,
): Promise<FromReference> {
  const waiting = use.filter((m) => m !== reference);
  const results: FromReference = {};
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next] = await work(next);
  };
  const lanes = await Promise.allSettled([lane(), lane()]);
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  return Object.fromEntries(use.filter((m) => results[m]).map((m) => [m, results[m]!]));
}
