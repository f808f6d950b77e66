import { affineRows, invertAffine, voxelToWorld } from '../volume/affine.js';
import { formOfAffine } from '../volume/niftiForm.js';
import type { ImageHeader } from '../volume/read.js';
import type { Affine } from '../volume/volume.js';
import type { VoxelType } from '../volume/voxelTypes.js';
import { nativePixels } from './nativePixels.js';
import { parseUntilPixels } from './readHeader.js';
import type { DicomFrame } from './series.js';
import type { DicomVolume } from './volumes.js';

/** Positions of real scanners drift sideways by some hundredths of a voxel over a stack. */
const NEAR_VOXELS = 0.1;
/** Rounded positions leave up to this share of a slice's distance as unevenness. */
const UNEVEN = 0.5;

/** The frames of a volume in the order of a NIfTI's slices, and where its voxels lie by the headers alone. */
export interface PlacedFrames {
  readonly frames: readonly DicomFrame[];
  readonly affine: Affine;
  /** Whether rows are stored upside down in the NIfTI. */
  readonly isFlipped: boolean;
}

/**
 * Finds which slice of a converted NIfTI is which frame; `uneven` accepts slices at any distances. The converter's geometry tells the order alone: it takes the distance of slices
 * from their thickness in some enhanced objects, so that places are computed from the frames' positions here.
 *
 * @returns what is wrong, in words, when frames are no slices of this image.
 */
export function placeFrames(volume: DicomVolume, header: ImageHeader, uneven = false): PlacedFrames | string {
  const { frames, first, facts } = volume;
  const [columns, rows, slices] = header.size;
  const inverse = invertAffine(header.affine);
  if (!inverse) return 'a flat image';
  if (slices !== frames.length || columns !== first.columns || rows !== first.rows)
    return `${header.size.join(' × ')} voxels`;
  const within = NEAR_VOXELS + (Math.sqrt(3) * volume.rounding) / Math.min(...(facts.pixelSpacing ?? [1]));
  const near = (a: number, b: number) => Math.abs(a - b) < within;
  const found: { frame: DicomFrame; k: number; isFlipped: boolean }[] = [];
  for (const frame of frames) {
    const [x, y, z] = frame.imagePositionPatient;
    const [i, j, k] = voxelToWorld(inverse, -x, -y, z);
    const alongRow = (columns - 1) * (facts.pixelSpacing?.[1] ?? 1);
    const [rx, ry, rz] = frame.imageOrientationPatient.map((cosine) => cosine * alongRow);
    const [endI] = voxelToWorld(inverse, -(x + rx), -(y + ry), z + rz);
    const isFlipped = near(j, rows - 1);
    if (!near(i, 0) || !near(endI, columns - 1) || !(isFlipped || near(j, 0)))
      return `a slice at voxel ${[i, j, k].map((v) => v.toFixed(2)).join(', ')}`;
    found.push({ frame, k, isFlipped });
  }
  found.sort((a, b) => a.k - b.k);
  const step = slices > 1 ? (found[slices - 1].k - found[0].k) / (slices - 1) : 1;
  const isEven = uneven || found.every(({ k }, n) => Math.abs(k - found[0].k - n * step) < UNEVEN * step);
  if (!isEven || !(step > 0) || found.some((one) => one.isFlipped !== found[0].isFlipped))
    return 'slices that are not evenly spaced';
  const ordered = found.map(({ frame }) => frame);
  const { isFlipped } = found[0];
  return { frames: ordered, affine: affineOf(volume, ordered, isFlipped, header), isFlipped };
}

/**
 * Voxel → RAS mm, at right angles: directions and spacing of the first frame, origin and the step from slice to slice by least squares
 * over all positions, so that rounded ones do not shear the grid.
 */
export function affineOf(
  { facts, first }: DicomVolume,
  frames: readonly DicomFrame[],
  isFlipped: boolean,
  header: Pick<ImageHeader, 'affine'> | null,
): Affine {
  const [between, along] = facts.pixelSpacing ?? [1, 1];
  const cosines = frames[0].imageOrientationPatient;
  const right = unit(ras(cosines.slice(0, 3)));
  const given = ras(cosines.slice(3));
  const lean = dot(given, right);
  const down = unit(given.map((v, row) => v - lean * right[row]));
  const normal = [0, 1, 2].map(
    (row) => right[(row + 1) % 3] * down[(row + 2) % 3] - right[(row + 2) % 3] * down[(row + 1) % 3],
  );
  const middle = (frames.length - 1) / 2;
  const places = frames.map((frame) => ras(frame.imagePositionPatient));
  const spread = places.reduce((sum, _, k) => sum + (k - middle) ** 2, 0);
  const step =
    spread > 0
      ? places.reduce((sum, place, k) => sum + (k - middle) * dot(place, normal), 0) / spread
      : header
        ? dot([header.affine[8], header.affine[9], header.affine[10]], normal)
        : (first.sliceThickness ?? 1);
  const column = down.map((v) => v * between * (isFlipped ? -1 : 1));
  const origin = [0, 1, 2].map((row) => {
    const mean = places.reduce((sum, place) => sum + place[row], 0) / frames.length;
    return mean - middle * step * normal[row] - (isFlipped ? column[row] * (first.rows - 1) : 0);
  });
  const columns = [right.map((v) => v * along), column, normal.map((v) => v * step), origin];
  return columns.flatMap((values, n) => [...values, n === 3 ? 1 : 0]);
}

/** DICOM's LPS as RAS. */
export const ras = ([x, y, z]: readonly number[]) => [-x, -y, z];
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (vector: readonly number[]) => vector.map((v) => v / Math.hypot(...vector));

/** Writes where voxels lie into the header of a little-endian NIfTI-1, in place. */
export function setAffine(nifti: Uint8Array, affine: Affine): void {
  const view = new DataView(nifti.buffer, nifti.byteOffset, nifti.byteLength);
  const form = formOfAffine(affine);
  const floats = (offset: number, values: readonly number[]) =>
    values.forEach((value, i) => {
      view.setFloat32(offset + i * 4, value, true);
    });
  floats(76, form.pixdim.slice(0, 4));
  view.setInt16(252, form.qformCode, true);
  view.setInt16(254, form.sformCode, true);
  floats(256, [...form.quatern, ...form.qoffset, ...affineRows(affine).flat()]);
}

/** Voxels of a converted NIfTI. */
export const VIEWS = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float32: Float32Array,
} as const;
export const NIFTI_VOXELS = 352;
/** The same pixels but for the rescaling, which may differ from frame to frame. */
const SAME_PIXELS = 0.999;

/**
 * Whether every slice of a NIfTI holds its own frame's pixels, as far as one row of each tells; frames that are compressed are not looked at.
 *
 * @param files the bytes of each file, uncompressed little-endian data sets; others are left out.
 */
export function holdsItsFrames(
  nifti: Uint8Array,
  { size: [columns, rows], datatype }: ImageHeader,
  { frames, isFlipped }: PlacedFrames,
  files: ReadonlyMap<string, Uint8Array>,
): boolean {
  const View = VIEWS[datatype as keyof typeof VIEWS] as (typeof VIEWS)[VoxelType & keyof typeof VIEWS];
  if (!View) return true;
  const voxels = new View(nifti.slice(NIFTI_VOXELS).buffer);
  const row = rows >> 1;
  const pixelsOf = new Map(
    [...files].map(([file, bytes]) => [file, nativePixels(bytes, parseUntilPixels(bytes, false))]),
  );
  return frames.every(({ file, frame }, slice) => {
    const stored = pixelsOf.get(file)?.((frame * rows + row) * columns, columns);
    if (!stored) return true;
    const at = columns * ((isFlipped ? rows - 1 - row : row) + rows * slice);
    const likeness = correlation(stored, voxels.subarray(at, at + columns));
    return likeness === null || likeness > SAME_PIXELS;
  });
}

/** Pearson's correlation; null where one of the two is constant. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const n = a.length;
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    sa += a[i];
    sb += b[i];
    saa += a[i] * a[i];
    sbb += b[i] * b[i];
    sab += a[i] * b[i];
  }
  const [va, vb] = [n * saa - sa * sa, n * sbb - sb * sb];
  return va > 0 && vb > 0 ? (n * sab - sa * sb) / Math.sqrt(va * vb) : null;
}
