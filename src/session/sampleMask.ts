import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SAMPLE_SEGMENTED } from '../pipeline/sample.js';
import { RESULT_FORMAT } from '../segment/logits.js';

const madeBySchema = z.object({ modelHash: z.string(), resultFormat: z.int() });

/** The shipped mask of the sample patient and the model that made it; null where it is missing, or results are made otherwise by now. */
export async function sampleMask(): Promise<{ file: string; modelHash: string } | null> {
  const text = await readFile(join(SAMPLE_SEGMENTED, 'made-by.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const { modelHash, resultFormat } = madeBySchema.parse(JSON.parse(text));
  return resultFormat === RESULT_FORMAT ? { file: join(SAMPLE_SEGMENTED, 'mask.nii.gz'), modelHash } : null;
}
