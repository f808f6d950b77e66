import { fileURLToPath } from 'node:url';

/** The simulated patient that comes with Quorum. */
export const SAMPLE_PATIENT = fileURLToPath(
  new URL('../../resources/sample/simulated-patient', import.meta.url),
);

/** What was found in it with all four sequences: `mask.nii.gz`, and in `made-by.json` by which model. */
export const SAMPLE_SEGMENTED = fileURLToPath(new URL('../../resources/sample/segmented', import.meta.url));
