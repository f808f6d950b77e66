import type { DataSet } from 'dicom-parser';
import { EXPLICIT_BIG } from './readHeader.js';

/** Stored values, from the pixel at `start` (counted over all frames) on; null where the file ends before. */
export type NativePixels = (start: number, count: number) => Float64Array | null;

/**
 * The uncompressed pixels of a file as they are stored, of 8 or 16 bits in one grey channel (PS3.5 8.1.1).
 *
 * @returns null where they are of another kind.
 */
export function nativePixels(bytes: Uint8Array, dataSet: DataSet): NativePixels | null {
  const element = dataSet.elements.x7fe00010;
  const allocated = dataSet.uint16('x00280100') ?? 16;
  const kept = dataSet.uint16('x00280101') ?? allocated;
  if (!element || dataSet.uint16('x00280002') !== 1 || (allocated !== 8 && allocated !== 16)) return null;
  const isSigned = dataSet.uint16('x00280103') === 1;
  const width = allocated / 8;
  // Where the more and the less significant byte of two lie.
  const isBig = dataSet.string('x00020010')?.trim() === EXPLICIT_BIG;
  const [high, low] = isBig ? [0, width - 1] : [width - 1, 0];
  return (start, count) => {
    const from = element.dataOffset + start * width;
    if (from + count * width > bytes.length) return null;
    return Float64Array.from({ length: count }, (_, i) => {
      const at = from + i * width;
      const value = (bytes[at + low] | (width === 2 ? bytes[at + high] << 8 : 0)) & (2 ** kept - 1);
      return isSigned && value >= 2 ** (kept - 1) ? value - 2 ** kept : value;
    });
  };
}
