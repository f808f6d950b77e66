import type { DicomImage, FrameFacts, Six, Triple } from './image.js';
import type { DicomFrame } from './series.js';

/** Slices that make one volume: one orientation, one spacing, one echo, one kind. */
export interface DicomVolume {
  /** The image of the first slice: all descriptions come from it. */
  readonly first: DicomImage;
  /** Sorted along the slice normal. */
  readonly frames: readonly DicomFrame[];
  readonly facts: FrameFacts;
  /** Millimetres from slice to slice; null for a single slice. */
  readonly spacing: number | null;
  /** Millimetres by which rounded headers may misplace a slice; 0 where positions have their decimals. */
  readonly rounding: number;
  /** Why it is no evenly spaced stack, in words; null when it is one. */
  readonly defect: string | null;
  /** How interpolation would make it one, in words: one slice is missing, or distances vary little; null where nothing is to be mended, or too much. */
  readonly mend: string | null;
  /** Copies of its slices that were left out. */
  readonly duplicates: number;
  /** How many volumes lie at the same place in the same series. */
  readonly repeats: number;
}

interface Slice {
  readonly image: DicomImage;
  readonly index: number;
  readonly facts: FrameFacts;
  /** Along the slice normal, mm. */
  readonly height: number;
}

/** Deviations along the normal that rounded headers explain. */
const TOLERANCE_MM = 0.02;
const UNEVEN = 0.03;
/** The share of a slice's distance that rounding may explain. */
const LARGEST_ROUNDING = 0.25;

/**
 * Makes volumes of images of any number of series: copies of a slice (same SOP instance) count once, a series that holds several echoes,
 * kinds, orientations or times is split, a volume that the scanner split over two series is put together.
 */
export function assembleVolumes(images: readonly DicomImage[]): DicomVolume[] {
  const { unique, copies } = withoutCopies(images);
  const stacks = new Map<string, Slice[]>();
  const seriesOf = seriesNames(unique);
  for (const image of unique) {
    image.frames.forEach((facts, index) => {
      const key = `${seriesOf(image)}|${stackKey(image, facts)}`;
      const height =
        facts.position && facts.orientation ? dot(facts.position, normalOf(facts.orientation)) : 0;
      const stack = stacks.get(key) ?? [];
      stack.push({ image, index, facts, height });
      stacks.set(key, stack);
    });
  }
  return joinSplit([...stacks.values()].flatMap(splitRepeats)).map((slices) => volumeOf(slices, copies));
}

function withoutCopies(images: readonly DicomImage[]) {
  const byUid = new Map<string, DicomImage>();
  const copies = new Map<string, number>();
  for (const image of images) {
    const known = byUid.has(image.sopInstanceUid);
    if (known) copies.set(image.sopInstanceUid, (copies.get(image.sopInstanceUid) ?? 0) + 1);
    else byUid.set(image.sopInstanceUid, image);
  }
  return { unique: [...byUid.values()], copies };
}

/**
 * What tells series apart: the Series Instance UID. Some scanners and anonymisers give every slice one of its own: slices that stand alone
 * under theirs belong together where examination, series number, description and contrast agent are the same.
 */
function seriesNames(images: readonly DicomImage[]): (image: DicomImage) => string {
  const counts = new Map<string | null, number>();
  for (const { seriesInstanceUid } of images)
    counts.set(seriesInstanceUid, (counts.get(seriesInstanceUid) ?? 0) + 1);
  return (image) => {
    const { seriesInstanceUid, studyInstanceUid, seriesNumber, description, protocol, contrastAgent } = image;
    if (seriesInstanceUid === null) return studyInstanceUid ?? '';
    const isAlone = image.frames.length === 1 && counts.get(seriesInstanceUid) === 1;
    if (!isAlone || (seriesNumber === undefined && description === undefined)) return seriesInstanceUid;
    return JSON.stringify([studyInstanceUid, seriesNumber, description, protocol, contrastAgent]);
  };
}

/** What all slices of one volume share. */
function stackKey(image: DicomImage, facts: FrameFacts): string {
  const { rows, columns, sopClassUid, imageType } = image;
  const round = (values: readonly number[] | null, digits: number) =>
    values
      ?.map((value) => (Math.round(value * 10 ** digits) / 10 ** digits || 0).toFixed(digits))
      .join(',') ?? '-';
  return [
    sopClassUid,
    rows,
    columns,
    round(facts.pixelSpacing, 3),
    round(facts.orientation, 2),
    facts.echoTime,
    facts.inversionTime,
    facts.bValue,
    imageType.slice(0, 2).join('\\'),
    facts.kind,
  ].join('|');
}

interface Stack {
  readonly slices: readonly Slice[];
  readonly repeats: number;
}

/** Slices that lie at one place several times are volumes of their own, in the order of their times. */
function splitRepeats(slices: readonly Slice[]): Stack[] {
  const sorted = [...slices].sort((a, b) => a.height - b.height || order(a, b));
  if (slices.some(({ facts }) => !facts.position || !facts.orientation))
    return [{ slices: sorted, repeats: 1 }];
  const places: Slice[][] = [];
  for (const slice of sorted) {
    const place = places.at(-1);
    if (place && slice.height - place[0].height <= TOLERANCE_MM) place.push(slice);
    else places.push([slice]);
  }
  const repeats = Math.max(...places.map((place) => place.length));
  if (repeats === 1) return [{ slices: sorted, repeats }];
  for (const place of places) place.sort(order);
  return Array.from({ length: repeats }, (_, turn) => ({
    slices: places.filter((place) => place.length > turn).map((place) => place[turn]),
    repeats,
  }));
}

/** Repeats are told by temporal position and acquisition, then by time, then by their number. */
function order(a: Slice, b: Slice): number {
  return (
    turn(a) - turn(b) ||
    (a.image.acquired ?? '').localeCompare(b.image.acquired ?? '') ||
    (a.image.instanceNumber ?? 0) - (b.image.instanceNumber ?? 0) ||
    a.index - b.index
  );
}

function turn({ image, facts }: Slice): number {
  return (facts.temporalIndex ?? 0) * 1e6 + (image.acquisitionNumber ?? 0);
}

/** Two series of one examination that differ in nothing but their slices, and together are one even stack. */
function joinSplit(stacks: readonly Stack[]): Stack[] {
  const open = [...stacks];
  for (let a = 0; a < open.length; a++) {
    for (let b = a + 1; b < open.length; b++) {
      const joined = join(open[a], open[b]);
      if (!joined) continue;
      open[a] = joined;
      open.splice(b, 1);
      b = a;
    }
  }
  return open;
}

function join(a: Stack, b: Stack): Stack | null {
  const [first, second] = [a.slices[0], b.slices[0]];
  const alike =
    a.repeats === 1 &&
    b.repeats === 1 &&
    first.image.seriesInstanceUid !== second.image.seriesInstanceUid &&
    a.slices.length > 1 &&
    b.slices.length > 1 &&
    first.facts.position !== null &&
    partKey(first) === partKey(second);
  if (!alike) return null;
  const slices = [...a.slices, ...b.slices].sort((x, y) => x.height - y.height);
  const parts = [a, b].map(({ slices: own }) => spacingOf(own).spacing ?? 0);
  const { spacing, defect } = spacingOf(slices);
  if (defect || spacing === null || Math.abs(parts[0] - parts[1]) > UNEVEN * parts[0]) return null;
  const ratio = parts[0] / spacing;
  const isBlockOrInterleaved = Math.abs(ratio - 1) < UNEVEN || Math.abs(ratio - 2) < UNEVEN;
  return isBlockOrInterleaved ? { slices, repeats: 1 } : null;
}

function partKey({ image, facts }: Slice): string {
  const { studyInstanceUid, frameOfReferenceUid, patient, description, repetitionTime, contrastAgent } =
    image;
  return JSON.stringify([
    studyInstanceUid,
    patient.id,
    frameOfReferenceUid,
    description,
    repetitionTime,
    contrastAgent,
    stackKey(image, facts),
  ]);
}

function volumeOf({ slices, repeats }: Stack, copies: ReadonlyMap<string, number>): DicomVolume {
  const [{ image: first, facts }] = slices;
  const files = new Set(slices.map(({ image }) => image.sopInstanceUid));
  return {
    first,
    facts,
    repeats,
    frames: slices.map(({ image, index, facts: own }) => ({
      file: image.file,
      frame: index,
      sopClassUid: image.sopClassUid,
      sopInstanceUid: image.sopInstanceUid,
      seriesInstanceUid: image.seriesInstanceUid ?? '',
      imagePositionPatient: own.position ?? [0, 0, 0],
      imageOrientationPatient: own.orientation ?? [1, 0, 0, 0, 1, 0],
    })),
    ...spacingOf(slices),
    rounding: roundingOf(slices),
    duplicates: [...files].reduce((sum, sop) => sum + (copies.get(sop) ?? 0), 0),
  };
}

/** What a slice is called: its Instance Number where files have one slice each, else its place in the stack from 1. */
function numberOf(slices: readonly Slice[], at: number): number {
  const { image } = slices[at];
  return image.frames.length === 1 ? (image.instanceNumber ?? at + 1) : at + 1;
}

function spacingOf(slices: readonly Slice[]): Pick<DicomVolume, 'spacing' | 'defect' | 'mend'> {
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
): Pick<DicomVolume, 'spacing' | 'defect' | 'mend'> {
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
function roundingOf(slices: readonly Slice[]): number {
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

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
