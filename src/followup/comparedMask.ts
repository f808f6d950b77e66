import type { TimePoint } from '../contract/followUp.js';
import { QuorumError } from '../errors.js';
import type { EditedMask } from '../pipeline/subject.js';
import { maskOf, type Result } from '../segment/result.js';
import { affineOf } from '../volume/tuples.js';
import type { Grid } from '../volume/volume.js';
import { onFirst } from './align.js';

/** The mask of a time point that a report compared, on the first's grid; null where it could not be aligned. */
export async function comparedMask(
  { used, isEdited, alignment }: Pick<TimePoint, 'used' | 'isEdited' | 'alignment'>,
  result: Result,
  edited: EditedMask | null,
  grid: Grid,
): Promise<Uint8Array | null> {
  if (isEdited && !edited) throw new QuorumError({ code: 'EDIT_MISSING' });
  const labels = isEdited ? edited!.labels : (await maskOf(result, used, null, false)).labels;
  if (!alignment) return labels;
  if (alignment.verdict === 'failed') return null;
  const { size, affine } = result.grid;
  return onFirst({ size, affine, data: labels }, affineOf(alignment.toFirst), grid);
}
