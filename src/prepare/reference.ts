import { QuorumError } from '../errors.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import type { StudyImages } from './case.js';
import type { PreparationStep } from './preparation.js';

/** Which sequence the others are aligned to, best first: contrast and anatomy, and what BraTS itself used. */
const PREFERENCE: readonly Modality[] = ['t1ce', 't1', 't2', 'flair'];

/** Slice spacings of one class are as good as each other: 3-D, thin, thick. */
const CLASSES_MM = [1.5, 3.5, Number.POSITIVE_INFINITY];

/**
 * The reference series: of those with the finest slices (up to 1.5 mm; up to 3.5 mm; thicker) the first of T1ce, T1, T2, FLAIR.
 * Where some images are stripped and others are not, one with its skull, since the atlas's head has one.
 *
 * @param wanted the user's choice.
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE when the user's choice is not there.
 */
export function chooseReference(
  { images, use }: StudyImages,
  stripped: ReadonlySet<Modality>,
  wanted: Modality | undefined,
): { readonly reference: Modality; readonly step: PreparationStep } {
  if (wanted !== undefined && !use.includes(wanted))
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      field: 'reference',
      expected: `some of ${use.join(', ')}`,
      found: wanted,
    });
  const spacing = (m: Modality) => Math.max(...voxelSpacing(images[m]!.affine));
  const rank = (m: Modality) => CLASSES_MM.findIndex((limit) => spacing(m) <= limit);
  const withSkull = use.filter((m) => !stripped.has(m));
  const eligible = PREFERENCE.filter((m) => (withSkull.length > 0 ? withSkull : use).includes(m));
  const best = Math.min(...eligible.map(rank));
  const reference = wanted ?? eligible.find((m) => rank(m) === best)!;
  const reason =
    wanted === undefined
      ? `${MODALITY_TITLES[reference]} (finest slices, ${spacing(reference).toFixed(1)} mm)`
      : `${MODALITY_TITLES[reference]} (chosen by the user)`;
  const step: PreparationStep = {
    step: 'reference',
    sequence: reference,
    reason,
    seconds: 0,
    numbers: { sliceSpacingMm: spacing(reference) },
    verdict: use.length === 1 ? 'skipped' : 'good',
    problem: null,
    picture: null,
  };
  return { reference, step };
}
