import { withFile } from '../volume/fileBytes.js';
import { forConverter } from './forConverter.js';
import { rescaleOf } from './frameFiles.js';
import { nativePixels } from './nativePixels.js';
import { NATIVE, parseUntilPixels } from './readHeader.js';
import type { DicomVolume } from './volumes.js';

/** Whether a volume is a part of one multi-frame file that holds others beside it. */
export function isPartOfFile({ first, frames }: DicomVolume): boolean {
  return new Set(frames.map(({ file }) => file)).size === 1 && first.frames.length > frames.length;
}

/** Whether its pixels can be taken from the file as they lie there, once it is inflated. */
export function canTakeFrames({ first }: DicomVolume): boolean {
  return NATIVE.has(first.transferSyntax);
}

/**
 * The frames of a volume from a file that holds those of others, too, which the converter would take whole: rescaled by each frame's own
 * slope and intercept, x fastest, rows as they are stored.
 *
 * @returns null where the file is shorter than its header says, or its pixels are not of 8 or 16 bits in one channel.
 */
export async function takeFrames(volume: DicomVolume): Promise<Float32Array | null> {
  const { first, frames } = volume;
  const stored = await withFile(first.file, (opened) => opened.read(0, opened.length));
  const bytes = forConverter(stored, first.transferSyntax, first.frames.length);
  const dataSet = parseUntilPixels(bytes, false);
  const values = nativePixels(bytes, dataSet);
  if (!values) return null;
  const pixels = first.rows * first.columns;
  const rescale = rescaleOf(dataSet);
  const out = new Float32Array(frames.length * pixels);
  for (const [k, frame] of frames.entries()) {
    const own = values(frame.frame * pixels, pixels);
    if (!own) return null;
    const { slope, intercept } = rescale(frame);
    for (let n = 0; n < pixels; n++) out[k * pixels + n] = own[n] * slope + intercept;
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
