import { type Problem, QuorumError } from '../errors.js';
import { MODALITIES, type Modality } from '../terms.js';
import type { NiftiForm } from '../volume/niftiForm.js';
import { writeNifti } from '../volume/niftiWriter.js';
import type { Grid, Volume } from '../volume/volume.js';

/** Names of the images, relative to the output folder: the sequence and nothing else. */
export const strippedImageFile = (modality: Modality) => `images/${modality}.nii.gz`;

/**
 * Refuses images that still show a face: without the skull stripped, a set without header text still names the patient.
 *
 * @throws QuorumError NOT_SKULL_STRIPPED, the check that was overridden when the case was prepared.
 */
function refuseFaces(overridden: readonly Problem[]): void {
  const face = overridden.find(({ code }) => code === 'NOT_SKULL_STRIPPED');
  if (face) throw new QuorumError(face);
}

/**
 * Writes the Case's images as NIfTI without anything of the source's header but its geometry: description, auxiliary file, intent
 * and all other texts are blank, there are no extensions, and the names say the sequence alone. Whole numbers that fit are stored
 * as int16, all else as float32.
 *
 * @param stage gives the path to write a file to.
 * @throws QuorumError NOT_SKULL_STRIPPED, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeStrippedImages(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  { grid, form }: { readonly grid: Grid; readonly form: NiftiForm | undefined },
  overridden: readonly Problem[],
  stage: (file: string) => Promise<string>,
): Promise<void> {
  refuseFaces(overridden);
  for (const modality of MODALITIES) {
    const image = images[modality];
    if (!image) continue;
    const whole = image.data.every((value) => Number.isInteger(value) && Math.abs(value) < 32768);
    const data = whole ? Int16Array.from(image.data) : image.data;
    await writeNifti(await stage(strippedImageFile(modality)), { ...grid, data }, { form });
  }
}
