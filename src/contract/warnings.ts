import { MODALITY_TITLES, type Modality, type Region } from '../terms.js';
import { problemText } from './messages.js';
import { joined, outsideTraining, wasTrainedOn, withoutTumour } from './population.js';
import type { CheckName, Warning } from './results.js';

/** How a region is written for people. */
export const REGION_TITLES: Record<Region, string> = {
  WT: 'whole tumour',
  TC: 'tumour core',
  ET: 'enhancing tumour',
};

const CHECK_TITLES: Readonly<Record<CheckName, string>> = {
  agreement: /* @wc-include */ 'agreement',
  swapped: 'swapped sequences',
  uptake: 'contrast uptake',
  surface: 'tumour at the edge of the brain',
};

/** Shown when no warning applies, with the checks that could not be made. It does not mean that the result is right. */
export function noWarning(notChecked: readonly CheckName[]): string {
  const named = (isMissing: boolean) =>
    (Object.keys(CHECK_TITLES) as CheckName[])
      .filter((check) => notChecked.includes(check) === isMissing)
      .map((check) => CHECK_TITLES[check])
      .join(', ');
  const passed = named(false) && `No warning from these checks: ${named(false)}.`;
  const missing = named(true) && `Not checked: ${named(true)}.`;
  return [passed, missing, 'Look at the mask all the same.'].filter(Boolean).join(' ');
}

/** Stands beside a number for a region that the sequences do not support. */
export const UNSUPPORTED_ESTIMATE = 'a guess: not reliable from these sequences';

/** What agreement is; one sentence for window, terminal and docs. */
export const AGREEMENT_MEANING =
  'Mean overlap (Dice) with the mask made without one sequence. It does not say that the mask is right.';

const SUGGESTED = {
  child: 'By the headers the patient is a child',
  treated: 'By the headers the patient may have been operated or irradiated',
} as const;

/** What each step of a preparation is. */
export const PREPARED = {
  reference: 'choice of the reference',
  'co-register': /* @wc-include */ 'alignment',
  atlas: 'alignment with the atlas',
  'skull-strip': 'cutting out the brain',
  resample: /* @wc-include */ 'resampling',
} as const;

/** What each check of an image found; `of` names the sequences. */
const QUALITY = {
  bias: (of: string) =>
    `Strong shading across ${of}: volumes may be far off. Correct the bias field (e.g. N4) first.`,
  noise: (of: string) => `Strong noise in ${of}: small parts of the tumour may be missed or invented.`,
  ghosts: (of: string) =>
    `Copies of the head beside itself in ${of}, as movement leaves them: small parts may be missed or invented.`,
  slices: (of: string) => `Thick slices or blur in ${of}: outlines and small parts are not certain.`,
  coverage: (of: string) =>
    `${of} shows less of the brain than the other sequences: nothing is known of what it does not show.`,
} as const;

/** What each check of the brain found. */
const BRAIN = {
  volume: (ml: number) =>
    `The brain that these images show has ${ml.toFixed(0)} ml, an adult’s 900 to 1,900: look at the skull strip, and whether this is an adult.`,
  asymmetry: (share: number) =>
    `The two halves of the brain differ by ${Math.round(100 * share)} %: a part may have been cut off by the skull strip.`,
  rim: () => 'The rim of the brain is bright all around: skull or scalp may have been left.',
  top: () => 'The brain ends flat at the top: the images do not show all of it.',
  bottom: () => 'The brain ends flat at the bottom: the images do not show all of it.',
  apart: (ml: number) =>
    `${ml.toFixed(1)} ml of what the images show hang apart from the brain: eyes or scalp may have been left, or part of the brain cut away.`,
} as const;

const PLACES = {
  'posterior-fossa': 'in the posterior fossa (cerebellum, brainstem)',
  deep: 'deep in the midline (thalamus, midbrain)',
} as const;

/** Warnings after which a number is not to be used: they come before it. */
const GRAVE: readonly Warning['code'][] = [
  'MODEL_NOT_MEASURED',
  'SEQUENCE_MISNAMED',
  'IMAGES_DO_NOT_FIT',
  'TUMOUR_LARGE',
];

/** Whether a warning stands before every number. */
export function isGrave({ code }: { readonly code: string }): boolean {
  return GRAVE.some((grave) => grave === code);
}

/** A warning as a sentence. */
export function describeWarning(warning: Warning): string {
  switch (warning.code) {
    case 'MODEL_NOT_MEASURED':
      return 'Nobody has measured this model with these sequences: no region is supported.';
    case 'EMPTY_RESULT':
      return `This model found no tumour in ${titles(warning.sequences)}. This does not exclude one.`;
    case 'SEVERAL_ENHANCING_LESIONS':
      return `${warning.lesions} separate enhancing lesions${behind(withoutTumour(warning.population, 'metastasis'))}.`;
    case 'REGION_NOT_SUPPORTED':
      return warning.measured
        ? `The ${REGION_TITLES[warning.region]} is not reliable from these sequences with this model: what is marked is a guess.`
        : `The ${REGION_TITLES[warning.region]} was not measured with this model and these sequences: what is marked is a guess.`;
    case 'LOW_AGREEMENT':
      return `Leaving one sequence out changes the ${REGION_TITLES[warning.region]} much (overlap ${warning.dice.toFixed(2)}).`;
    case 'SEQUENCES_DISAGREE':
      return `The sequences disagree about the ${REGION_TITLES[warning.region]}, each weighed by how good it is alone (overlap with the mask ${warning.dice.toFixed(2)}): part of it may be missed or false. Look.`;
    case 'SEQUENCES_SWAPPED':
      return `Sequences look swapped, most likely ${titles(warning.sequences).replace(' + ', ' and ')}: check which file is which.`;
    case 'SEQUENCE_MISNAMED':
      return `The image given as ${MODALITY_TITLES[warning.sequence]} looks like ${MODALITY_TITLES[warning.looks]} by its voxels: check which file it is before you use any number.`;
    case 'IMAGES_DO_NOT_FIT': {
      const unknown = warning.sequences.length === warning.of.length;
      const odd = unknown ? `One of ${listed(warning.of)}` : listed(warning.sequences);
      return warning.kind === 'mirrored'
        ? `Mirrored, left for right, against the other: ${odd}. The images do not fit. Do not use this result; check headers and export.`
        : `Not fitting the other: ${odd}. Edges lie elsewhere, as in another patient’s head or after a failed alignment. Do not use this result.`;
    }
    case 'IMAGE_QUALITY':
      return QUALITY[warning.check](listed(warning.sequences));
    case 'BRAIN_IMPLAUSIBLE':
      return BRAIN[warning.check](warning.value);
    case 'TUMOUR_LARGE':
      return `The whole tumour is ${Math.round(100 * warning.share)} % of the brain: look for a failed skull strip, and do not use the number.`;
    case 'TUMOUR_AT_EDGE_OF_IMAGE':
      return `${warning.ml.toFixed(1)} ml of the tumour lie where the images end: it may go on beyond.`;
    case 'MANY_PARTS':
      return `The tumour is in ${warning.parts} separate parts: ${['false ones are likely', withoutTumour(warning.population, 'metastasis')].filter(Boolean).join(', and ')}.`;
    case 'ENHANCEMENT_NOT_BRIGHT':
      return 'What is called enhancing tumour is not brighter in T1ce than other tissue: it may not enhance.';
    case 'UPTAKE_NOT_COVERED':
      return `${warning.ml.toFixed(1)} ml of the marked tumour take up contrast agent in T1ce and are not marked as enhancing: enhancing tumour may have been missed. Look.`;
    case 'NOTHING_ENHANCES':
      return 'Nothing that is marked takes up contrast agent in T1ce: a stroke, inflammation and demyelination look like this, as gliomas without enhancement do. Look.';
    case 'FLUID_IN_TUMOUR':
      return `${warning.ml.toFixed(1)} ml of clear fluid lie within the marked tumour: a resection cavity or a cyst, and no solid tumour.${wasTrainedOn(warning.population, 'treated') ? '' : ` ${outsideTraining(warning.population, 'treated')}`}`;
    case 'MASS_AT_SURFACE':
      return `${warning.ml.toFixed(1)} ml that take up contrast agent sit on the surface of the brain, as a tumour of the meninges does${behind(withoutTumour(warning.population, 'meningioma'))}. Look.`;
    case 'TUMOUR_PLACE_RARE':
      return `${Math.round(100 * warning.share)} % of what is marked lies ${PLACES[warning.place]}, by its place in the brain: no tumour that this was measured on lies there. Look whether it is one.`;
    case 'NO_CONTRAST_UPTAKE':
      return 'T1ce shows no contrast uptake over T1: check that both are the right images.';
    case 'TUMOUR_AT_SURFACE':
      return `${Math.round(100 * warning.share)} % of the mask’s surface touches the edge of the brain: ${['a tumour of the meninges or a failed mask', withoutTumour(warning.population, 'meningioma')].filter(Boolean).join('; ')}. Look.`;
    case 'CHECK_OVERRIDDEN':
      return `Segmented although a check of the input failed: ${problemText(warning.problem).what}`;
    case 'OUTSIDE_TRAINING':
      return outsideTraining(warning.population, warning.reason);
    case 'ANSWER_DOUBTED':
      return warning.answer === 'adult'
        ? 'The answer is “adult”, and this brain is smaller than an adult’s: one of them is wrong. Look.'
        : 'The answer is “not treated”, and clear fluid lies in the tumour as after an operation: one of them may be wrong. Look.';
    case 'HEADERS_SUGGEST':
      return [
        `${SUGGESTED[warning.reason]} (${warning.source}).`,
        ...(warning.population ? [outsideTraining(warning.population, warning.reason)] : []),
      ].join(' ');
    case 'SEQUENCE_LOST':
      return `${MODALITY_TITLES[warning.sequence]} was there but ${warning.reason}: ${warning.series} was not used.${warning.mendable ? ' It can be interpolated: --accept-gaps, or choose the series in the window.' : ''}`;
    case 'PREPARATION_DOUBTFUL': {
      const { step, sequence, problem } = warning;
      const found = problem?.found ? ` (${[problem.field, problem.found].filter(Boolean).join(' ')})` : '';
      return `Please check the preparation: ${PREPARED[step]}${sequence ? ` of ${titles([sequence])}` : ''}${found}. See its picture before you trust this result.`;
    }
    case 'ORIENTATION_UNKNOWN':
      return `No header of ${titles([warning.sequence])} says which side is left and which is right: in what is shown and written they may be exchanged.`;
    case 'VOXEL_SIZE_FROM_PIXDIM':
      return `The header of ${titles([warning.sequence])} contradicts itself: its matrix (sform) has no voxel size. The size was taken from pixdim.`;
    case 'SFORM_UNUSABLE':
      return `The header of ${titles([warning.sequence])} holds a matrix (sform) that places no voxel. Its qform was taken.`;
    case 'SLICES_INTERPOLATED':
      return `${titles([warning.sequence])} is not as it was acquired: ${warning.what}. What lies there is a guess, and DICOM results cannot refer to this series.`;
    case 'AIR_SET_TO_ZERO':
      return warning.shifted
        ? `Air in ${titles([warning.sequence])} is ${warning.value}: all values were moved so that air is 0.`
        : `Air in ${titles([warning.sequence])} is ${warning.value}: it was set to 0.`;
    case 'HEADER_CONTRADICTED':
      return describeMoved(warning);
    case 'REPEATED_ON_CPU':
      return `The device ${warning.device} failed; the CPU did the work.`;
  }
}

const behind = (text: string) => text && `: ${text}`;

const TOWARDS = [
  [/* @wc-include */ 'left', /* @wc-include */ 'right'],
  [/* @wc-include */ 'back', /* @wc-include */ 'front'],
  [/* @wc-include */ 'down', /* @wc-include */ 'up'],
] as const;

function describeMoved({ sequence, onto, mm, degrees }: Extract<Warning, { code: 'HEADER_CONTRADICTED' }>) {
  const steps = mm.flatMap((value, axis) =>
    Math.abs(value) < 0.05 ? [] : [`${Math.abs(value).toFixed(1)} mm ${TOWARDS[axis][value > 0 ? 1 : 0]}`],
  );
  const turn = degrees < 0.05 ? [] : [`turned by ${degrees.toFixed(1)}°`];
  const [moved, other] = [titles([sequence]), titles([onto])];
  return `${moved} was moved onto ${other}, by ${[...steps, ...turn].join(', ')}: voxel by voxel they show one head, and the header of one of them contradicts that. The mask lies on ${other} by its header.`;
}

/** Warnings of a case and of the mask that is looked at, in the order in which they are told: first what forbids a number. */
export function inOrder<W extends { readonly code: string }>(
  ofCase: readonly W[],
  ofMask: readonly W[],
): W[] {
  const all = [...ofCase, ...ofMask];
  return [...all.filter(isGrave), ...all.filter((warning) => !isGrave(warning))];
}

/** What stands above a result that another model than the chosen one made. */
export function otherModel(made: string, chosen: string): string {
  return `This result is of ${made}; chosen now: ${chosen}. Segment again.`;
}

/** A warning as `report.json` has it. */
export function reportWarning(warning: Warning): { code: Warning['code']; text: string; about: Warning } {
  return { code: warning.code, text: describeWarning(warning), about: warning };
}

/** `T1, T2 and FLAIR`. */
function listed(sequences: readonly Modality[]): string {
  return joined(sequences.map((sequence) => MODALITY_TITLES[sequence]));
}

/** `T1 + FLAIR`. */
export function titles(sequences: readonly Modality[]): string {
  return sequences.map((sequence) => MODALITY_TITLES[sequence]).join(' + ');
}
