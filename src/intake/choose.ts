import { basename } from 'node:path';
import { imageStem } from '../recognise/imageName.js';
import { wordsOf } from '../recognise/text.js';
import { MODALITIES, type Modality } from '../terms.js';
import { axisCodes, voxelSpacing } from '../volume/affine.js';
import type { Grid } from '../volume/volume.js';
import type { Choice, FoundSeries, Question } from './candidate.js';
import { questionsOf } from './contrastDoubt.js';
import { byTime, nameOf } from './seriesTimes.js';

/** Coverages and spacings that differ by less count as equal. */
const EQUAL = 0.1;
/** So long must a stack be along its slices to cover the brain, by the axis that its slices are stacked on. */
const WHOLE_BRAIN_MM = { S: 130, A: 150, R: 120 } as const;
type Axis = keyof typeof WHOLE_BRAIN_MM;
const PLANES: Readonly<Record<Axis, string>> = { S: 'axial', A: 'coronal', R: 'sagittal' };
/** Voxels this small along the slices have no plane: they are as good in any. */
const NO_PLANE_MM = 2;
/** Below this a sign was contradicted by another. */
const CONTRADICTED = 0.55;

/** One step of the rule: the smaller value is the better one. */
interface Step {
  readonly value: (one: FoundSeries, others: Others) => number;
  readonly isWorse: (value: number, best: number) => boolean;
  readonly why: (one: FoundSeries, best: FoundSeries, others: Others) => string;
}

interface Others {
  readonly modality: Modality;
  /** The plane in which most thick series of the examination lie. */
  readonly plane: Axis;
  /** The first series after contrast agent. */
  readonly firstAfter: FoundSeries | null;
  /** Words of the names of image files that claim the sequence. */
  readonly names: readonly (readonly string[])[];
}

/**
 * Which series serves as each sequence. The rule, in this order: the user's choice; a whole one before one with interpolated slices; the one whose signs agree; the part of an acquisition
 * that serves best (water before in phase); the one that covers the brain (10 % less counts as less); the one whose slices lie twice as
 * close; the plane of the others, axial where there are none; the smaller slice spacing (again 10 %); for T2 and FLAIR the one before
 * contrast agent; the one that was acquired last, as one acquired again replaces the first; of image files the one that is no corrected copy of another, by their names.
 */
export function chooseSeries(series: readonly FoundSeries[]): Partial<Record<Modality, Choice>> {
  const choices: Partial<Record<Modality, Choice>> = {};
  for (const modality of MODALITIES) {
    const claimants = claimantsOf(series, modality);
    if (claimants.length === 0) continue;
    const others = othersOf(series, modality);
    const left = eliminate(claimants, others);
    // Equal in everything that is known: the user is asked.
    if (left.remaining.length > 1 && !left.remaining.some(({ chosen }) => chosen)) continue;
    const [winner] = left.remaining;
    const rejected = claimants
      .filter((one) => one !== winner)
      .map((one) => ({ id: one.id, why: left.why.get(one)?.(winner) ?? 'equal to the chosen one' }));
    choices[modality] = { winner: winner.id, rejected };
  }
  return choices;
}

/** What the user is asked: T1 or T1ce, and which of equals. */
export function questionsAbout(series: readonly FoundSeries[]): Question[] {
  const ties = MODALITIES.flatMap((modality): Question[] => {
    const { remaining } = eliminate(claimantsOf(series, modality), othersOf(series, modality));
    if (remaining.length < 2 || remaining.some(({ chosen }) => chosen)) return [];
    const why = `${remaining.length} series claim to be it, and nothing that is known tells them apart`;
    return [{ sequences: [modality], series: remaining.map(({ id }) => id), why }];
  });
  return [...questionsOf(series), ...ties];
}

function claimantsOf(series: readonly FoundSeries[], modality: Modality): FoundSeries[] {
  return series.filter((one) => one.sequence === modality && one.setAside === null && one.doubt === null);
}

/** The claimants that no step of the rule tells apart, and why each other one fell. */
function eliminate(claimants: readonly FoundSeries[], others: Others) {
  const why = new Map<FoundSeries, (winner: FoundSeries) => string>();
  let remaining = [...claimants];
  for (const step of STEPS) {
    if (remaining.length < 2) break;
    const values = remaining.map((one) => step.value(one, others));
    const best = Math.min(...values);
    remaining = remaining.filter((one, at) => {
      if (!step.isWorse(values[at], best)) return true;
      why.set(one, (winner) => step.why(one, winner, others));
      return false;
    });
  }
  return { remaining, why };
}

const more = (value: number, best: number) => value > best;
const STEPS: readonly Step[] = [
  { value: ({ chosen }) => (chosen ? 0 : 1), isWorse: more, why: () => 'another was chosen by the user' },
  {
    value: (one) => (one.mended ? 1 : 0),
    isWorse: more,
    why: (one) => `${one.mended}; the chosen one is whole`,
  },
  {
    value: ({ confidence, chosen }) => (!chosen && confidence < CONTRADICTED ? 1 : 0),
    isWorse: more,
    why: (one) => `its signs contradict each other (${one.reason})`,
  },
  {
    value: ({ judgement }) => judgement?.rank ?? 0,
    isWorse: more,
    why: () => 'another part of the same kind of acquisition serves better',
  },
  {
    value: (one) => -coveredShare(one),
    isWorse: (value, best) => -value < -best * (1 - EQUAL),
    why: (one, best) =>
      `covers ${coverageOf(one).toFixed(0)} mm, the chosen one ${coverageOf(best).toFixed(0)} mm`,
  },
  {
    value: (one) => sliceSpacingOf(one),
    isWorse: (value, best) => value >= 2 * best,
    why: spacingText,
  },
  {
    value: (one, { plane }) => (sliceSpacingOf(one) <= NO_PLANE_MM || planeOf(one) === plane ? 0 : 1),
    isWorse: more,
    why: (one, best, { plane }) =>
      `${PLANES[planeOf(one)]}; the chosen one is ${sliceSpacingOf(best) <= NO_PLANE_MM ? 'fine in every direction' : `${PLANES[plane]} like the others`}`,
  },
  {
    value: (one) => sliceSpacingOf(one),
    isWorse: (value, best) => value > best * (1 + EQUAL),
    why: spacingText,
  },
  {
    value: (one, { modality, firstAfter }) =>
      (modality === 't2' || modality === 'flair') && firstAfter && byTime(one, firstAfter) > 0 ? 1 : 0,
    isWorse: more,
    why: (_, __, { firstAfter }) =>
      `acquired after contrast agent was given (T1ce ${nameOf(firstAfter!)}); the chosen one before`,
  },
  { value: (one) => -acquiredAt(one), isWorse: more, why: () => 'acquired earlier' },
  {
    value: (one, { names }) => (isFurtherNamed(one, names) ? 1 : 0),
    isWorse: more,
    why: () => 'a corrected copy of the chosen one, by its name',
  },
];

function spacingText(one: FoundSeries, best: FoundSeries): string {
  return `its slices lie ${sliceSpacingOf(one).toFixed(1)} mm apart, those of the chosen one ${sliceSpacingOf(best).toFixed(1)} mm`;
}

function othersOf(series: readonly FoundSeries[], modality: Modality): Others {
  const usable = series.filter((one) => one.setAside === null && one.doubt === null && one.grid !== null);
  const thick = usable.filter(
    (one) =>
      one.sequence !== modality &&
      MODALITIES.some((m) => m === one.sequence) &&
      sliceSpacingOf(one) > NO_PLANE_MM,
  );
  const counts = (Object.keys(PLANES) as Axis[]).map((axis) => ({
    axis,
    count: thick.filter((one) => planeOf(one) === axis).length,
  }));
  const most = counts.reduce((best, one) => (one.count > best.count ? one : best));
  const after = usable.filter((one) => one.sequence === 't1ce').sort(byTime);
  const names = claimantsOf(series, modality).map(nameWords);
  return { modality, plane: most.axis, firstAfter: after[0] ?? null, names };
}

/** Words of an image file's name; of DICOM none. */
function nameWords({ source }: FoundSeries): readonly string[] {
  return source.kind === 'file' ? wordsOf(imageStem(basename(source.file))) : [];
}

/** Corrected copies of an image. */
const COPIED = /^(bias\w*|n4\w*|corr|corrected|denois\w*|filtered)$/;

/** Whether a name is another's with words for a correction added: `T1_bias` beside `T1`. */
function isFurtherNamed(one: FoundSeries, names: readonly (readonly string[])[]): boolean {
  const own = nameWords(one);
  const plain = own.filter((word) => !COPIED.test(word));
  return plain.length < own.length && names.some((other) => other.join(' ') === plain.join(' '));
}

/** Milliseconds since 1970 of the acquisition and, where that is not known, the series number; 0 where neither is. */
function acquiredAt({ about }: FoundSeries): number {
  const time = about.acquired?.includes('T') ? Date.parse(`${about.acquired}Z`) : Number.NaN;
  return Number.isFinite(time) ? time : (about.seriesNumber ?? 0);
}

function coveredShare(one: FoundSeries): number {
  if (!one.grid) return 0;
  const along = axisOf(one.grid, sliceAxis(one.grid.affine));
  return Math.min(1, coverageOf(one) / WHOLE_BRAIN_MM[along]);
}

/** Millimetres from the first slice's far side to the last one's. */
function coverageOf({ grid }: FoundSeries): number {
  if (!grid) return 0;
  const axis = sliceAxis(grid.affine);
  return grid.size[axis] * voxelSpacing(grid.affine)[axis];
}

function sliceSpacingOf({ grid }: FoundSeries): number {
  return grid ? voxelSpacing(grid.affine)[sliceAxis(grid.affine)] : Number.POSITIVE_INFINITY;
}

/** The patient's axis that the slices were acquired along: of DICOM its frames', of a file that of its longest voxels. */
function planeOf({ grid, source }: FoundSeries): Axis {
  if (!grid) return 'S';
  return axisOf(grid, source.kind === 'dicom' ? 2 : sliceAxis(grid.affine));
}

function axisOf({ affine }: Grid, axis: 0 | 1 | 2): Axis {
  const letter = axisCodes(affine)[axis];
  return letter === 'R' || letter === 'L' ? 'R' : letter === 'A' || letter === 'P' ? 'A' : 'S';
}

/** The axis along which voxels are longest; the third where none is. */
function sliceAxis(affine: NonNullable<FoundSeries['grid']>['affine']): 0 | 1 | 2 {
  const spacing = voxelSpacing(affine);
  const longest = Math.max(...spacing);
  return spacing[2] >= longest * 0.99 ? 2 : (spacing.indexOf(longest) as 0 | 1);
}
