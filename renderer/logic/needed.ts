import type { InstalledModel } from '../../src/contract/index.js';
import { combinationName, MODALITIES, type Modality, membersOf, type Region } from '../../src/terms.js';

/** Sequences each of which alone would make a model support a region beside those in use; empty when none would, or nobody knows. */
export function neededFor(
  model: Pick<InstalledModel, 'combinations'> | null,
  combination: string,
  region: Region,
): Modality[] {
  const used = membersOf(combination);
  return MODALITIES.filter((one) => {
    if (!model || used.includes(one)) return false;
    const more = MODALITIES.filter((m) => m === one || used.includes(m));
    return model.combinations[combinationName(more)]?.[region].supported ?? false;
  });
}
