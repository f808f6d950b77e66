import { newUid } from '../export/dicom/dataset.js';
import { QUORUM_VERSION } from '../version.js';
import type { Surroundings } from './context.js';

/** Clock, identifiers and memory of this process. */
export const SURROUNDINGS: Surroundings = {
  quorumVersion: QUORUM_VERSION,
  now: () => new Date(),
  newUid,
  peakMemoryMb: () => Math.round(process.resourceUsage().maxRSS / 1024),
};
