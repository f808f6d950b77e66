import { parseUntilPixels } from '../dicom/readHeader.js';
import { withFile } from '../volume/fileBytes.js';
import { readVolume } from '../volume/read.js';
import type { DicomSource, FoundSeries } from './candidate.js';

/** Label maps of tumours hold up to so many values; an image of a head many more in any slice. */
const MOST_LABELS = 6;
/** Pixels that are not compressed. */
const NATIVE = /^1\.2\.840\.10008\.1\.2(\.[12])?$/;
/** Larger files are no single slices; of enhanced ones the first frames are looked at. */
const MOST_BYTES = 1 << 23;

/** Whether values are those of a label map: 0, and a few whole numbers beside it. */
function areLabels(values: ArrayLike<number>): boolean {
  const distinct = new Set<number>();
  for (let n = 0; n < values.length; n++) {
    distinct.add(values[n]);
    if (distinct.size > MOST_LABELS) return false;
  }
  return distinct.size > 1 && distinct.has(0) && [...distinct].every(Number.isInteger);
}

/**
 * Whether the voxels of a series are a mask, whatever its headers say. Compressed DICOM is not looked at: false.
 * What cannot be read is no mask, either: why it cannot is said elsewhere.
 */
export async function isMask({ source }: FoundSeries): Promise<boolean> {
  if (source.kind === 'dicom') return (await samplesOf(source).then(areLabels, () => false)) ?? false;
  const image = await readVolume(source.file).catch(() => null);
  return image !== null && areLabels(image.data);
}

/** The stored pixels of slices at a quarter, half and three quarters of a stack; none where they are compressed. */
async function samplesOf({ volume, transferSyntaxes }: DicomSource): Promise<number[]> {
  const { frames, first } = volume;
  const values: number[] = [];
  for (const part of [0.25, 0.5, 0.75]) {
    const { file, frame } = frames[Math.floor(part * (frames.length - 1))];
    if (!NATIVE.test(transferSyntaxes.get(file) ?? '')) return [];
    const bytes = await withFile(file, (opened) => opened.read(0, Math.min(opened.length, MOST_BYTES)));
    const dataSet = parseUntilPixels(bytes, false);
    const element = dataSet.elements.x7fe00010;
    const bytesEach = (dataSet.uint16('x00280100') ?? 16) > 8 ? 2 : 1;
    const length = first.rows * first.columns * bytesEach;
    const start = (element?.dataOffset ?? bytes.length) + frame * length;
    if (start + length > bytes.length) return [];
    // The order of the bytes does not matter for how many values there are.
    for (let at = start; at < start + length; at += bytesEach)
      values.push(bytesEach === 2 ? bytes.readUInt16LE(at) : bytes[at]);
  }
  return values;
}
