import { type Problem, QuorumError } from '../errors.js';
import { diceOfMasks } from '../masks/dice.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import { multiplyAffines, sameGrid } from '../volume/affine.js';
import { inverse, movedTo } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import type { Grid, Volume } from '../volume/volume.js';
import { openAtlas } from './atlas.js';
import { refineBrainMask } from './brainMask.js';
import { PLAUSIBLE_BRAIN_ML } from './checks.js';
import { maskMl, where } from './morphology.js';
import type {
  BrainMask,
  BrainMaskSource,
  PreparationStep,
  PreparationTransforms,
  StepVerdict,
} from './preparation.js';
import type { Workbench } from './workbench.js';

/** A refined mask that agrees less than this (Dice) with the one that the atlas gave is looked at twice. */
const LEAST_AGREEMENT = 0.85;

/** A brain of an adult is rarely outside this; smaller and larger ones are doubted. */
const USUAL_BRAIN_ML = [900, 1900] as const;

interface Found {
  readonly source: BrainMaskSource;
  readonly data: Uint8Array;
  readonly reason: string;
  readonly agreement?: number;
  readonly skipped?: boolean;
  /** What is doubtful about it by itself. */
  readonly problem?: Problem;
}

/**
 * The brain mask on the Case's grid: the user's, that of images which were stripped already, the network's, or the atlas's
 * carried over and refined by the intensities of all sequences that have a skull.
 *
 * @throws QuorumError BRAIN_MASK_INVALID (a given mask on another grid), BRAIN_NOT_FOUND (no way to make one).
 */
export async function findBrain(
  bench: Workbench,
  heads: Readonly<Partial<Record<Modality, Float32Array>>>,
  grid: Grid,
  transforms: PreparationTransforms,
): Promise<{ readonly mask: BrainMask; readonly step: PreparationStep }> {
  const started = performance.now();
  const found = await findMask(bench, heads, grid, transforms);
  const mask: BrainMask = { ...grid, data: found.data, source: found.source, ml: maskMl(found, grid) };
  const { verdict, problem } = judge(mask, found.agreement, bench);
  return {
    mask,
    step: {
      step: 'skull-strip',
      sequence: null,
      reason: found.reason,
      seconds: (performance.now() - started) / 1000,
      numbers: {
        brainMl: mask.ml,
        ...(found.agreement === undefined ? {} : { agreementWithAtlas: found.agreement }),
      },
      verdict: found.skipped ? 'skipped' : found.problem ? 'doubtful' : verdict,
      problem: found.skipped ? null : (found.problem ?? problem),
      picture: null,
    },
  };
}

async function findMask(
  { images, use, stripped, reference, options }: Workbench,
  heads: Readonly<Partial<Record<Modality, Float32Array>>>,
  grid: Grid,
  transforms: PreparationTransforms,
): Promise<Found> {
  if (options.brainMask) {
    if (!sameGrid(options.brainMask, grid))
      throw new QuorumError({ code: 'BRAIN_MASK_INVALID', expected: 'a mask on the Case’s grid' });
    const data = options.brainMask.data.map((value) => (value === 0 ? 0 : 1));
    return { source: 'user', data, reason: 'a mask that the user gave, taken as it is' };
  }
  const whole = use.filter((m) => stripped.has(m));
  if (whole.length === use.length || options.skip?.includes('skull-strip')) {
    const data = anyAbove(use.map((m) => heads[m]!));
    if (whole.length === use.length)
      return { source: 'as given', data, reason: 'the images were stripped already', skipped: true };
    const problem: Problem = {
      code: 'NOT_SKULL_STRIPPED',
      file: images[use.find((m) => !stripped.has(m))!]!.file,
      expected: 'a brain without its skull',
      found: 'an image that does not look like one',
    };
    return { source: 'as given', data, reason: 'turned off: all that is not 0 stays', problem };
  }
  if (options.stripper) {
    const data = await options.stripper({ ...grid, data: heads[reference]! }, options.signal);
    return { source: 'network', data, reason: `by the network, from ${MODALITY_TITLES[reference]}` };
  }
  if (!transforms.atlasToReference)
    throw new QuorumError({
      code: 'BRAIN_NOT_FOUND',
      expected: 'the atlas, or a brain mask',
      found: 'neither',
    });
  const carried = await carriedMask(transforms, grid);
  const seen = use.filter((m) => !stripped.has(m));
  const refined = refineBrainMask(
    seen.map((m) => heads[m]!),
    carried,
  );
  return {
    source: 'atlas',
    data: refined.data,
    reason: `the atlas’s mask carried over and refined by ${seen.map((m) => MODALITY_TITLES[m]).join(', ')}`,
    agreement: diceOfMasks(carried.data, refined.data),
  };
}

/** The atlas's brain mask where the reference series has its brain. */
async function carriedMask(transforms: PreparationTransforms, grid: Grid): Promise<Volume<Uint8Array>> {
  const { brain } = await openAtlas();
  const atlasToCase = multiplyAffines(inverse(transforms.caseToReference), transforms.atlasToReference!);
  const shares = resample(movedTo(brain, atlasToCase), grid, { interpolation: 'linear' });
  return { ...grid, data: where(shares, (share) => share > 0.5) };
}

function anyAbove(images: readonly Float32Array[]): Uint8Array {
  return Uint8Array.from(images[0], (_, at) => (images.some((image) => image[at] !== 0) ? 1 : 0));
}

function judge(
  mask: BrainMask,
  agreement: number | undefined,
  { images, reference }: Workbench,
): { readonly verdict: StepVerdict; readonly problem: Problem | null } {
  const outside = ([least, most]: readonly [number, number]) => mask.ml < least || mask.ml > most;
  const problem = (limits: readonly [number, number]): Problem => ({
    code: 'BRAIN_NOT_FOUND',
    file: images[reference]!.file,
    expected: `a brain of ${limits.join('–')} ml`,
    found: `${mask.ml.toFixed(0)} ml`,
  });
  if (outside(PLAUSIBLE_BRAIN_ML)) return { verdict: 'failed', problem: problem(PLAUSIBLE_BRAIN_ML) };
  if (outside(USUAL_BRAIN_ML)) return { verdict: 'doubtful', problem: problem(USUAL_BRAIN_ML) };
  if (agreement !== undefined && agreement < LEAST_AGREEMENT) {
    const expected = `agreement with the atlas of at least ${LEAST_AGREEMENT}`;
    return {
      verdict: 'doubtful',
      problem: {
        code: 'BRAIN_NOT_FOUND',
        file: images[reference]!.file,
        expected,
        found: agreement.toFixed(2),
      },
    };
  }
  return { verdict: 'good', problem: null };
}
