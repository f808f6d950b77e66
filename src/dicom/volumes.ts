import type { DicomImage, FrameFacts } from './image.js';
import type { DicomFrame } from './series.js';
import {
  dot,
  normalOf,
  roundingOf,
  type Slice,
  type StackSpacing,
  spacingOf,
  TOLERANCE_MM,
  UNEVEN,
} from './sliceSpacing.js';

/** Slices that make one volume: one orientation, one spacing, one echo, one kind. */
export interface DicomVolume extends StackSpacing {
  /** The image of the first slice: all descriptions come from it. */
  readonly first: DicomImage;
  /** Sorted along the slice normal. */
  readonly frames: readonly DicomFrame[];
  readonly facts: FrameFacts;
  /** Millimetres by which rounded headers may misplace a slice; 0 where positions have their decimals. */
  readonly rounding: number;
  /** Copies of its slices that were left out. */
  readonly duplicates: number;
  /** How many volumes lie at the same place in the same series. */
  readonly repeats: number;
}

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
