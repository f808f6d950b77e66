import { MODALITY_TITLES } from '../terms.js';
import { traced } from '../trace.js';
import { IDENTITY, isotropicGrid, motionOf, partOfGrid, rigidPart } from '../volume/placement.js';
import { resample } from '../volume/resample.js';
import { mapAxes } from '../volume/tuples.js';
import type { Volume } from '../volume/volume.js';
import { type Atlas, openAtlas } from './atlas.js';
import { measureImage } from './measure.js';
import type { PreparationStep, PreparationTransforms } from './preparation.js';
import { register } from './registration/elastix.js';
import { affineStage, convergedAffineStage, rigidStage } from './registration/stages.js';
import { CHECKS, judge, layOn, middleOf, SEEN_MM, signalWithin, similarity } from './registrationChecks.js';
import type { Workbench } from './workbench.js';

/** Room around the atlas's brain that registration sees, in mm: no face, no neck. */
const AROUND_BRAIN_MM = 10;

const STAGES = [
  rigidStage({ resolutions: 3, iterations: 200, samples: 2048, centred: true }),
  affineStage({ resolutions: 3, iterations: 200, samples: 2048 }),
  convergedAffineStage(200),
];

/** Places the reference series by the atlas: rigidly for the images, with scaling and shear for the brain mask. */
export async function registerToAtlas(
  bench: Workbench,
  signal: AbortSignal,
  onProgress: (share: number) => void = () => undefined,
): Promise<{
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
  const atlas = await traced('read', () => openAtlas(), { about: 'atlas' });
  const [fixed, moving] = traced(
    'resample',
    () => [atlasAround(atlas, stripped.has(reference)), bench.seen(reference)] as const,
    { about: 'atlas' },
  );
  const transforms = options.keep?.atlasToReference
    ? { caseToReference: options.keep.caseToReference, atlasToReference: options.keep.atlasToReference }
    : await placeByAtlas(fixed, moving, signal, onProgress);
  const brain = resample(atlas.brain, fixed, {
    interpolation: 'nearest',
    into: new Uint8Array(fixed.data.length),
  });
  const within = (voxel: number) => brain[voxel] === 1;
  const laid = layOn(fixed, moving, transforms.atlasToReference);
  const around = similarity(fixed, laid, within, () => true);
  const { share: inBrain } = similarity(fixed, laid, within);
  const overlap = signalWithin(laid, fixed, within);
  const after = { overlap, share: around.share, inBrain };
  const { turnDegrees } = motionOf(transforms.caseToReference, middleOf(fixed));
  const { scale } = motionOf(transforms.atlasToReference, middleOf(fixed));
  const numbers = {
    overlap,
    mutualInformation: after.share,
    mutualInformationInBrain: inBrain,
    turnDegrees,
    scale,
  };
  const judged = judge(after, { shiftMm: 0, turnDegrees }, CHECKS.atlas, image.file, 'BRAIN_INCOMPLETE');
  const misfit = scale < CHECKS.scale[0] || scale > CHECKS.scale[1];
  return {
    transforms,
    step: {
      ...step,
      reason: options.keep?.atlasToReference
        ? 'as found before'
        : `${MODALITY_TITLES[reference]} aligned rigidly with the ${stripped.has(reference) ? 'atlas’s brain' : 'atlas’s head'}; its size is ${(100 * scale).toFixed(0)} % of the atlas’s`,
      seconds: (performance.now() - started) / 1000,
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

async function placeByAtlas(
  fixed: Volume,
  moving: Volume,
  signal: AbortSignal,
  onProgress: (share: number) => void,
) {
  const atlasToReference = (await register(fixed, moving, STAGES, signal, onProgress, 'atlas')).at(-1)!;
  // Of another person's head only the affine fit is well determined: rigid fits of one head end millimetres apart.
  return { caseToReference: rigidPart(atlasToReference, middleOf(fixed)), atlasToReference };
}

/** The atlas's head (its brain alone for images without a skull) in a box around its brain, in the size that registration sees. */
function atlasAround({ head, brain }: Atlas, strippedToo: boolean): Volume {
  const { box } = measureImage({ ...brain, data: Float32Array.from(brain.data) });
  const first = mapAxes(box.first, (n) => Math.max(0, n - AROUND_BRAIN_MM));
  const last = mapAxes(box.last, (n, axis) => Math.min(head.size[axis] - 1, n + AROUND_BRAIN_MM));
  const grid = isotropicGrid(partOfGrid(head, first, last), SEEN_MM);
  const data = strippedToo ? head.data.map((value, at) => value * brain.data[at]) : head.data;
  return { ...grid, data: resample({ ...head, data }, grid, { interpolation: 'linear' }) };
}
