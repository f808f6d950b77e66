import { withFile } from '../volume/fileBytes.js';
import { number } from './frames.js';
import { nativePixels } from './nativePixels.js';
import { parseUntilPixels } from './readHeader.js';
import type { DicomFrame } from './series.js';
import type { DicomVolume } from './volumes.js';

/** Uncompressed pixels, lowest byte first. */
const NATIVE = /^1\.2\.840\.10008\.1\.2(\.1)?$/;

/** Whether a volume is a part of one multi-frame file that holds others beside it. */
export function isPartOfFile({ first, frames }: DicomVolume): boolean {
  return new Set(frames.map(({ file }) => file)).size === 1 && first.frames.length > frames.length;
}

/** Whether its pixels can be taken from the file as they lie there. */
export function canTakeFrames({ first }: DicomVolume): boolean {
  return NATIVE.test(first.transferSyntax);
}

/**
 * The frames of a volume from a file that holds those of others, too, which the converter would take whole: rescaled by each frame's own
 * slope and intercept (PS3.3 C.7.6.16.2.9), x fastest, rows as they are stored.
 *
 * @returns null where the file is shorter than its header says, or its pixels are not of 8 or 16 bits in one channel.
 */
export async function takeFrames(volume: DicomVolume): Promise<Float32Array | null> {
  const { first, frames } = volume;
  const bytes = await withFile(first.file, (opened) => opened.read(0, opened.length));
  const dataSet = parseUntilPixels(bytes, false);
  const stored = nativePixels(bytes, dataSet);
  if (!stored) return null;
  const pixels = first.rows * first.columns;
  const shared = dataSet.elements.x52009229?.items?.[0]?.dataSet;
  const perFrame = dataSet.elements.x52009230?.items;
  const rescale = ({ frame }: DicomFrame, tag: string) =>
    [perFrame?.[frame]?.dataSet, shared]
      .map((group) => number(group?.elements.x00289145?.items?.[0]?.dataSet, tag))
      .find((value) => value !== undefined) ?? number(dataSet, tag);
  const out = new Float32Array(frames.length * pixels);
  for (const [k, frame] of frames.entries()) {
    const values = stored(frame.frame * pixels, pixels);
    if (!values) return null;
    const [slope, intercept] = [rescale(frame, 'x00281053') ?? 1, rescale(frame, 'x00281052') ?? 0];
    for (let n = 0; n < pixels; n++) out[k * pixels + n] = values[n] * slope + intercept;
  }
  return out;
}

/** A NIfTI-1 of 32-bit floats without a place, which `setAffine` writes. */
export function floatNifti(data: Float32Array, size: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(352 + data.byteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, ...size, 1, 1, 1, 1].forEach((n, at) => {
    view.setInt16(40 + 2 * at, n, true);
  });
  view.setInt16(70, 16, true);
  view.setInt16(72, 32, true);
  view.setFloat32(108, 352, true);
  view.setFloat32(112, 1, true);
  view.setUint8(123, 2);
  bytes.set(Buffer.from('n+1\0', 'latin1'), 344);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 352);
  return bytes;
}
