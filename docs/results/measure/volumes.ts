/** Volumes of a case as the app gives them. */
import { volumesOf } from '../../../src/masks/volumes.js';
import type { Case } from '../../../src/prepare/case.js';
import { removeSpecks } from '../../../src/segment/cleanUp.js';
import { combine } from '../../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../../src/segment/fusion.js';
import { computeLogits } from '../../../src/segment/logits.js';
import { combinationName, type Modality } from '../../../src/terms.js';
import type { OpenedModel } from './cases.js';

/** ml of all sequences and of each of the sequences named, alone, after clean-up. */
export async function volumesIn(prepared: Case, { model, engine }: OpenedModel, alone: readonly Modality[]) {
  const { description } = model;
  const logits = await computeLogits(prepared, model, engine);
  const present = logits.maps.map(({ modality }) => modality);
  const combinations: (readonly Modality[])[] = [present, ...alone.map((modality) => [modality])];
  const bits = combinations.map((members) => bitsOf(members, present));
  const { labels } = await combine(logits, prepared.grid, fusionOf(description, present), bits);
  return Object.fromEntries(
    combinations.map((members, i) => {
      const mask = labels.get(bits[i])!;
      removeSpecks(mask, prepared.grid, description.cleanUp);
      return [combinationName(members), volumesOf(mask, prepared.grid)];
    }),
  );
}
