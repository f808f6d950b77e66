import type { DicomVolume } from '../dicom/volumes.js';

/** SOP classes of MR images: original, enhanced, enhanced colour, and the legacy converted enhanced one. */
const MR_CLASSES: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4',
  '1.2.840.10008.5.1.4.1.1.4.1',
  '1.2.840.10008.5.1.4.1.1.4.4',
]);
const SECONDARY_CAPTURE = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/;

/** More volumes at one place than a structural examination repeats. */
const DYNAMIC = 6;
const FEWEST_SLICES = 5;

/** Why a DICOM object is no MR image at all; null when it is one. */
export function whyNoImage({ first }: DicomVolume): string | null {
  if (first.modality === 'SEG' || first.modality === 'RTSTRUCT')
    return `${first.modality}: a segmentation, no image`;
  if (SECONDARY_CAPTURE.test(first.sopClassUid)) return 'screenshot or report (secondary capture)';
  if (first.modality !== 'MR') return `${first.modality || 'no modality'}: not MRI`;
  if (first.samplesPerPixel > 1 || /^(RGB|YBR|PALETTE)/.test(first.photometric)) return 'colour image';
  return MR_CLASSES.has(first.sopClassUid) ? null : 'no MR image (SOP class)';
}

/** Why an MR volume, whatever its sequence, is no stack to segment from; null when it is one. */
export function whyNoStack({ repeats, defect, frames }: DicomVolume): string | null {
  if (repeats >= DYNAMIC) return `dynamic: ${repeats} volumes at one place`;
  if (defect) return defect;
  if (frames.length < FEWEST_SLICES)
    return `only ${frames.length} ${frames.length === 1 ? 'slice' : 'slices'}`;
  return null;
}
