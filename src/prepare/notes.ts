import type { Modality } from '../terms.js';
import type { ImageHeader } from '../volume/imageFile.js';

/** What was found of an input, or done to it, that the user must be told; `contract/warnings.ts` has the sentences. */
export type InputNote =
  /** No header says which side is left. */
  | { readonly code: 'ORIENTATION_UNKNOWN'; readonly sequence: Modality }
  /** The sform has unit vectors: the voxel size was taken from pixdim. */
  | { readonly code: 'VOXEL_SIZE_FROM_PIXDIM'; readonly sequence: Modality }
  /** The sform is no matrix of a grid: the qform was taken. */
  | { readonly code: 'SFORM_UNUSABLE'; readonly sequence: Modality }
  /** Slices were missing or uneven, and were interpolated on the user's request. */
  | { readonly code: 'SLICES_INTERPOLATED'; readonly sequence: Modality; readonly what: string }
  /** Air had another value than 0, and was set to 0; `shifted`: every value was moved so, because others were negative. */
  | {
      readonly code: 'AIR_SET_TO_ZERO';
      readonly sequence: Modality;
      readonly value: number;
      readonly shifted: boolean;
    }
  /** The header places the image elsewhere than its voxels, which were believed: its grid was moved (RAS mm of its centre, and turned). */
  | {
      readonly code: 'HEADER_CONTRADICTED';
      readonly sequence: Modality;
      readonly onto: Modality;
      readonly mm: readonly [number, number, number];
      readonly degrees: number;
    };

/** What headers leave open or contradict themselves in. */
export function headerNotes(headers: Readonly<Partial<Record<Modality, ImageHeader>>>): InputNote[] {
  return Object.entries(headers).flatMap(([sequence, header]) =>
    (header.remarks ?? []).map((code) => ({ code, sequence: sequence as Modality })),
  );
}
