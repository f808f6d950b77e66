import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RESULT_FORMAT } from '../segment/logits.js';

/** The simulated patient that comes with Quorum. */
export const SAMPLE_PATIENT = fileURLToPath(
  new URL('../../resources/sample/simulated-patient', import.meta.url),
);

/** What was found in it with all four sequences: `mask.nii.gz`, and in `made-by.json` by which model. */
export const SAMPLE_SEGMENTED = fileURLToPath(new URL('../../resources/sample/segmented', import.meta.url));

const madeBySchema = z.object({ modelHash: z.string(), resultFormat: z.int() });

/** The shipped mask of the sample patient and the model that made it; null where it is missing, or results are made otherwise by now. */
export async function sampleMask(): Promise<{ file: string; modelHash: string } | null> {
  const text = await readFile(join(SAMPLE_SEGMENTED, 'made-by.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const { modelHash, resultFormat } = madeBySchema.parse(JSON.parse(text));
  return resultFormat === RESULT_FORMAT ? { file: join(SAMPLE_SEGMENTED, 'mask.nii.gz'), modelHash } : null;
}
