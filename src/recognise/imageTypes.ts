import type { AboutSeries } from './about.js';
import { DERIVED, FAT, LOCALISER, MP2RAGE_PART, OPPOSED, PROTON_DENSITY, SHORT_TI } from './asideWords.js';
import { findPhrase } from './text.js';

/** Values of Image Type that tell what a series is (PS3.3 C.8.3.1, and the makers' own). */
const IMAGE_TYPES: readonly { readonly why: string; readonly values: RegExp }[] = [
  { why: LOCALISER, values: /^LOCALIZER$/ },
  { why: 'screenshot or report', values: /^(SCREEN ?SAVE|SCREENSHOT|REPORT|SCREEN CAPTURE)$/ },
  {
    why: 'diffusion',
    values:
      /^(DIFFUSION|ADC|EADC|ADC_UNSPECIFIED|TRACEW|FA|TENSOR|TENSOR_B0|DWI|EXP|B0|AVDC|DIFFUSION_ANISO)$/,
  },
  {
    why: 'perfusion',
    values: /^(PERFUSION|RCBV|RCBF|RELCBV|RELCBF|RELMTT|TTP|MTT|CBV|CBF|ASL|PBP|GBP|TMAX)$/,
  },
  { why: 'susceptibility (SWI, T2*)', values: /^(SWI|MNIP|MINIP|SWAN)$/ },
  { why: 'susceptibility (gradient echo, T2*)', values: /^T2_STAR$/ },
  { why: PROTON_DENSITY, values: /^PROTON_DENSITY$/ },
  { why: SHORT_TI, values: /^STIR$/ },
  { why: 'angiography (MRA)', values: /^(TOF|ANGIO|ANGIO_TIME|TIME_OF_FLIGHT|MAXIMUM_IP|MINIMUM_IP)$/ },
  { why: 'functional MRI', values: /^(FMRI|BOLD)$/ },
  { why: FAT, values: /^(FAT|F)$/ },
  { why: OPPOSED, values: /^(OPP_PHASE|OUT_PHASE|OPPOSED|OP|OUT_OF_PHASE)$/ },
  {
    why: DERIVED,
    values:
      /^(MPR|REFORMATTED|PROJECTION IMAGE|MIP|MPVR|SUB|SUBTRACT\w*|CSA MPR|CSAPARALLEL|COMPOSED|(T1|T2|R2)[ _]?(STAR)?[ _]?MAP|MAP)$/,
  },
  {
    why: 'phase or other part of the signal',
    values: /^(P|PHASE MAP|PHASE|I|R|IMAGINARY|REAL|PHASE CONTRAST|VELOCITY\w*)$/,
  },
];

/** Why the values of Image Type set a series aside; null when they do not. */
export function imageTypeSaid(types: readonly string[]): string | null {
  return IMAGE_TYPES.find(({ values }) => types.some((type) => values.test(type)))?.why ?? null;
}

/** Whether a derived image is no image of its own: a distortion-corrected, filtered or combined one is. */
export function isOtherDerived(types: readonly string[]): boolean {
  if (types[0] !== 'DERIVED') return false;
  if (types.some((type) => /^(UNI|UNI-DEN|UNI_DEN|UNIDEN|WATER|W|IN_PHASE|IP)$/.test(type))) return false;
  return types[1] !== 'PRIMARY';
}

/** A part of a Dixon or MP2RAGE acquisition. `rank` orders those that may serve: 0 serves best. */
export interface PartSaid {
  readonly aside: string | null;
  readonly rank: number;
  /** An MP2RAGE's uniform image is a T1, whatever its times. */
  readonly isUniform: boolean;
}

const WHOLE: PartSaid = { aside: null, rank: 0, isUniform: false };

/** What part of an acquisition a series is, by words and image type. */
export function partSaid(words: readonly string[], { imageType = [] }: AboutSeries): PartSaid {
  const [first, second] = words.filter((word) => !/^\d+$/.test(word));
  const isMp2rage = findPhrase(words, ['mp2rage…', 'mp2 rage', 'unit1']) !== null;
  if (isMp2rage) return mp2ragePart(words, imageType);
  const isDixon =
    imageType.includes('DIXON') ||
    findPhrase(words, [
      'dixon',
      'mdixon…',
      'qdixon',
      'ideal',
      'flex',
      'iphase',
      'inphase',
      'opp',
      'outphase',
      'vibe',
      'lava',
    ]) !== null;
  const last = words.at(-1);
  const opposed = findPhrase(words, [
    'opp',
    'opposed',
    'out of phase',
    'outphase',
    'out phase',
    'opposed phase',
    'oop',
  ]);
  if (opposed || (isDixon && last === 'op')) return { ...WHOLE, aside: OPPOSED };
  const isFat =
    findPhrase(words, ['fat only', 'fat image…', 'dixon fat', 'dixon f', 'fat fraction']) ||
    (first === 'fat' && second !== undefined && !/^(sat|sup|free)/.test(second));
  if (isFat || (isDixon && (last === 'f' || last === 'fat'))) return { ...WHOLE, aside: FAT };
  const isInPhase =
    imageType.some((type) => /^(IN_PHASE|IP)$/.test(type)) || (isDixon && (last === 'in' || last === 'ip'));
  // Siemens names what it reformats after the acquisition: “t1_mprage_sag_MPR_tra”; “t1_mpr_sag” is the acquisition itself.
  const isReformatted = words.includes('mpr') && findPhrase(words, REFORMATTED_3D) !== null;
  return isInPhase || isReformatted ? { ...WHOLE, rank: 1 } : WHOLE;
}

const REFORMATTED_3D = ['mprage…', 'memprage…', 'space', 'spc', 'bravo', 'cube', 'vibe', 'range'];

function mp2ragePart(words: readonly string[], imageType: readonly string[]): PartSaid {
  const isMap =
    findPhrase(words, ['t1 images', 't1map…', 't1 map…', 'r1']) ||
    imageType.some((type) => /^T1[ _]MAP$/.test(type));
  const inversion = findPhrase(words, ['inv1…', 'inv2…', 'inv 1', 'inv 2', 'inv']);
  if (isMap || inversion)
    return { ...WHOLE, aside: `${MP2RAGE_PART} (${isMap ? 'T1 map' : 'one inversion'})` };
  const isDenoised =
    findPhrase(words, ['den', 'denoised', 'uniden…']) || imageType.some((type) => /^UNI.?DEN/.test(type));
  const isUniform = isDenoised || findPhrase(words, ['uni', 'unit1', 'uniform']) || imageType.includes('UNI');
  if (isUniform) return { aside: null, rank: isDenoised ? 0 : 1, isUniform: true };
  return { ...WHOLE, aside: `${MP2RAGE_PART}: not the uniform image` };
}
