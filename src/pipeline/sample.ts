import { fileURLToPath } from 'node:url';

/** The simulated patient that comes with Quorum. */
export const SAMPLE_PATIENT = fileURLToPath(
  new URL('../../resources/sample/simulated-patient', import.meta.url),
);
