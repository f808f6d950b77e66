/** Whether slices make an even stack, how far apart they lie, and how that would be mended. */

import type { DicomImage, FrameFacts, Six, Triple } from './image.js';

/** How far apart the slices of a stack lie. */
export interface StackSpacing {
  /** Millimetres from slice to slice; null for a single slice. */
  readonly spacing: number | null;
  /** Why it is no evenly spaced stack, in words; null when it is one. */
  readonly defect: string | null;
  /** How interpolation would make it one, in words: one slice is missing, or distances vary little; null where nothing is to be mended, or too much. */
  readonly mend: string | null;
}

/** One frame of a stack. */
export interface Slice {
  readonly image: DicomImage;
  readonly index: number;
  readonly facts: FrameFacts;
  /** Along the slice normal, mm. */
  readonly height: number;
}

/** Deviations along the normal that rounded headers explain. */
export const TOLERANCE_MM = 0.02;
/** The share of the usual distance by which a slice may lie elsewhere. */
export const UNEVEN = 0.03;
/** The share of a slice's distance that rounding may explain. */
const LARGEST_ROUNDING = 0.25;

/** What a slice is called: its Instance Number where files have one slice each, else its place in the stack from 1. */
function numberOf(slices: readonly Slice[], at: number): number {
  const { image } = slices[at];
  return image.frames.length === 1 ? (image.instanceNumber ?? at + 1) : at + 1;
}

/** @param slices sorted along their normal. */
export function spacingOf(slices: readonly Slice[]): StackSpacing {
  const located = slices.every(({ facts }) => facts.position && facts.orientation && facts.pixelSpacing);
  if (!located) return { spacing: null, defect: 'the header does not say where its slices lie', mend: null };
  if (slices.length === 1) return { spacing: null, defect: null, mend: null };
  const sheared = shearOf(slices);
  if (sheared) return { spacing: null, defect: sheared, mend: null };
  const gaps = slices.slice(1).map(({ height }, k) => height - slices[k].height);
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1];
  const limit = Math.max(UNEVEN * median, TOLERANCE_MM * 2);
  if (gaps.some((gap) => gap > 1.5 * median)) return missingSlices(slices, gaps, median, limit);
  const spacing = (slices.at(-1)!.height - slices[0].height) / gaps.length;
  const isEven = gaps.every((gap) => Math.abs(gap - median) <= limit);
  if (isEven || isRoundedStack(slices, spacing)) return { spacing, defect: null, mend: null };
  const isMild = gaps.every((gap) => gap >= 0.5 * median);
  return {
    spacing: isMild ? spacing : median,
    defect: 'its slices are not evenly spaced',
    mend: isMild
      ? `its slices, ${Math.min(...gaps).toFixed(1)} to ${Math.max(...gaps).toFixed(1)} mm apart, are interpolated to an even distance`
      : null,
  };
}

/** In words, how slices are shifted against each other; null where each lies behind the one before. */
function shearOf(slices: readonly Slice[]): string | null {
  const [first, last] = [slices[0], slices.at(-1)!];
  const way = first.facts.position!.map((mm, axis) => last.facts.position![axis] - mm);
  const height = last.height - first.height;
  const aside = Math.sqrt(Math.max(0, way.reduce((sum, mm) => sum + mm * mm, 0) - height * height));
  const isShifted = aside > Math.max(...first.facts.pixelSpacing!) + 4 * roundingOf(slices);
  if (!isShifted || height < TOLERANCE_MM) return null;
  const degrees = (Math.atan2(aside, height) * 180) / Math.PI;
  return `its slices are shifted against each other by ${degrees.toFixed(0)}° (a tilted gantry)`;
}

/** The slices that are missing; one in an else even stack may be interpolated. */
function missingSlices(
  slices: readonly Slice[],
  gaps: readonly number[],
  median: number,
  limit: number,
): StackSpacing {
  const missing = gaps.filter((gap) => gap > 1.5 * median);
  const count = missing.reduce((sum, gap) => sum + Math.round(gap / median) - 1, 0);
  const where = gaps.flatMap((gap, k) =>
    gap > 1.5 * median ? [`between ${numberOf(slices, k)} and ${numberOf(slices, k + 1)}`] : [],
  );
  const shown = where.length > 3 ? [...where.slice(0, 3), '…'] : where;
  const isEvenElse = gaps.every((gap) => Math.abs(gap - (gap > 1.5 * median ? 2 : 1) * median) <= limit);
  return {
    spacing: median,
    defect: `${count} of its slices ${count === 1 ? 'is' : 'are'} missing (${shown.join(', ')})`,
    mend: count === 1 && isEvenElse ? `one missing slice (${where[0]}) is interpolated` : null,
  };
}

/** Whether slices lie on an even stack but for the rounding of their positions, which anonymisers and old exports cut to few decimals. */
function isRoundedStack(slices: readonly Slice[], spacing: number): boolean {
  const off = roundingOf(slices);
  if (off === 0 || off > LARGEST_ROUNDING * spacing) return false;
  // Around the mean: first and last are rounded, too.
  const middle = (slices.length - 1) / 2;
  const mean = slices.reduce((sum, { height }) => sum + height, 0) / slices.length;
  return slices.every(
    ({ height }, k) => Math.abs(height - mean - (k - middle) * spacing) <= 2 * off + TOLERANCE_MM,
  );
}

/** Half a step of the last decimal, along the slice normal. */
export function roundingOf(slices: readonly Slice[]): number {
  const { orientation } = slices[0].facts;
  if (!orientation) return 0;
  const step = roundedTo(slices.flatMap(({ facts }) => facts.position ?? []));
  return (step / 2) * normalOf(orientation).reduce((sum, cosine) => sum + Math.abs(cosine), 0);
}

/** The step that numbers are whole multiples of: 1, 0.1 or 0.01; 0 where they have more decimals. */
function roundedTo(values: readonly number[]): number {
  const decimals = [0, 1, 2].find((n) =>
    values.every((value) => Math.abs(value * 10 ** n - Math.round(value * 10 ** n)) < 1e-6),
  );
  return decimals === undefined ? 0 : 10 ** -decimals;
}

/** The slice normal: rows' direction × columns' direction. */
export function normalOf([rx, ry, rz, cx, cy, cz]: Six): Triple {
  return [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
}

/** The dot product. */
export function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
