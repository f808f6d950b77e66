import { NVImage } from '@niivue/niivue';
import { NIFTI1 } from 'nifti-reader-js';
import type { GridSummary } from '../../src/contract/index.js';
import type { ImageVoxels, Overlay } from '../logic/slices.js';

/** Values of a mask of BraTS labels: 0 to 4. */
export const LABELS = 5;
const UINT8 = { code: 2, bits: 8 };
const INT16 = { code: 4, bits: 16 };
const FLOAT32 = { code: 16, bits: 32 };

/** An image as niivue's own. */
export function imageForNiivue({ grid, data, window }: ImageVoxels): NVImage {
  const kind = data instanceof Float32Array ? FLOAT32 : data instanceof Int16Array ? INT16 : UINT8;
  return nvImage(grid, data.buffer as ArrayBuffer, kind, window, null);
}

/** A mask of BraTS labels as niivue's own image. */
export function maskForNiivue({ grid, data }: Overlay, colouring: NVImage['colormapLabel']): NVImage {
  return nvImage(grid, data.buffer as ArrayBuffer, UINT8, [0, LABELS - 1], colouring);
}

/** Typed voxels with their grid as niivue's own image: a NIfTI header made here, no file read. */
function nvImage(
  grid: GridSummary,
  voxels: ArrayBuffer,
  { code, bits }: { code: number; bits: number },
  [low, high]: readonly [number, number],
  colouring: NVImage['colormapLabel'],
): NVImage {
  const header = new NIFTI1();
  header.littleEndian = true;
  header.dims = [3, ...grid.size, 1, 1, 1, 1];
  header.pixDims = [1, ...grid.spacing, 1, 1, 1, 1];
  header.datatypeCode = code;
  header.numBitsPerVoxel = bits;
  header.scl_slope = 1;
  header.scl_inter = 0;
  header.sform_code = 1;
  header.qform_code = 0;
  header.affine = [0, 1, 2, 3].map((row) => [0, 4, 8, 12].map((column) => grid.affine[column + row]));
  const image = new NVImage();
  image.hdr = header;
  const [name, colormap, opacity, percentile] = ['', 'gray', 1, 0.02];
  const unused = [NaN, NaN] as const;
  image.init(
    voxels,
    name,
    colormap,
    opacity,
    null,
    low,
    high,
    true,
    percentile,
    false,
    false,
    '',
    0,
    undefined,
    ...unused,
    false,
    colouring,
    0,
    voxels,
  );
  return image;
}
