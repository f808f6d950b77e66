import type { DicomVolume } from './dicom/volumes.js';
import { findPhrase, SET_ASIDE_WORDS, wordsOf } from './words.js';

/** SOP classes of MR images: original, enhanced, enhanced colour, and the legacy converted enhanced one. */
const MR_CLASSES: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4',
  '1.2.840.10008.5.1.4.1.1.4.1',
  '1.2.840.10008.5.1.4.1.1.4.4',
]);
const SECONDARY_CAPTURE = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/;

/** Values of Image Type that tell what a series is (PS3.3 C.8.3.1, and the makers' own). */
const IMAGE_TYPES: readonly { readonly why: string; readonly values: RegExp }[] = [
  { why: 'localiser', values: /^LOCALIZER$/ },
  { why: 'screenshot or report', values: /^(SCREEN ?SAVE|SCREENSHOT|REPORT|SCREEN CAPTURE)$/ },
  { why: 'diffusion', values: /^(DIFFUSION|ADC|EADC|TRACEW|FA|TENSOR|TENSOR_B0|DWI|EXP|B0|AVDC)$/ },
  { why: 'perfusion', values: /^(PERFUSION|RCBV|RCBF|RELCBV|RELCBF|RELMTT|TTP|MTT|CBV|CBF|ASL|PBP|GBP)$/ },
  { why: 'susceptibility (SWI, T2*)', values: /^(SWI|MNIP|MINIP|SWAN)$/ },
  { why: 'functional MRI', values: /^(FMRI|BOLD)$/ },
  {
    why: 'derived (reformatted, projected or subtracted)',
    values:
      /^(MPR|REFORMATTED|PROJECTION IMAGE|MIP|MPVR|SUB|SUBTRACT\w*|CSA MPR|CSAPARALLEL|COMPOSED|T1 MAP|T2 MAP)$/,
  },
  {
    why: 'phase or other part of the signal',
    values: /^(P|PHASE MAP|PHASE|I|R|IMAGINARY|REAL|PHASE CONTRAST)$/,
  },
];

/** More volumes at one place than a structural examination repeats. */
const DYNAMIC = 6;
const FEWEST_SLICES = 5;
const PROTON_DENSITY = 'proton density';

/** Why a DICOM volume is set aside, in words; null when it may be a structural image. */
export function whySetAside(volume: DicomVolume): string | null {
  const { first, facts, repeats, defect, frames } = volume;
  if (first.modality === 'SEG' || first.modality === 'RTSTRUCT')
    return `${first.modality}: a segmentation, no image`;
  if (SECONDARY_CAPTURE.test(first.sopClassUid)) return 'screenshot or report (secondary capture)';
  if (first.modality !== 'MR') return `${first.modality || 'no modality'}: not MRI`;
  if (first.samplesPerPixel > 1 || /^(RGB|YBR|PALETTE)/.test(first.photometric)) return 'colour image';
  if (!MR_CLASSES.has(first.sopClassUid)) return 'no MR image (SOP class)';
  const types = [...first.imageType, ...facts.kind.split('\\')].map((value) => value.trim());
  const byType = IMAGE_TYPES.find(({ values }) => types.some((type) => values.test(type)));
  if (byType) return byType.why;
  if (facts.bValue !== undefined && facts.bValue > 0) return 'diffusion';
  const byWords = wordsSetAside([first.description, first.protocol]);
  // The second echo of a proton density and T2 series is a T2.
  const isSecondEcho = (facts.echoTime ?? 0) >= 60 && byWords?.startsWith(PROTON_DENSITY);
  if (byWords && !isSecondEcho) return byWords;
  // A lossy copy is derived by definition; that alone makes it no other image.
  if (first.imageType[0] === 'DERIVED' && !first.lossy)
    return 'derived (reformatted, projected or subtracted)';
  if (repeats >= DYNAMIC) return `dynamic: ${repeats} volumes at one place`;
  if (defect) return defect;
  if (frames.length < FEWEST_SLICES)
    return `only ${frames.length} ${frames.length === 1 ? 'slice' : 'slices'}`;
  return null;
}

/** Why words of descriptions or names set a series aside; null when they do not. */
export function wordsSetAside(texts: readonly (string | undefined)[]): string | null {
  const words = texts.flatMap((text) => (text ? wordsOf(text) : []));
  for (const { why, words: phrases } of SET_ASIDE_WORDS) {
    const found = findPhrase(words, phrases);
    if (found) return `${why}: “${found.words}” in the description`;
  }
  return null;
}
