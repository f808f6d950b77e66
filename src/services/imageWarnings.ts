import type { ModelDescription } from '../model/schema.js';
import type { Case } from '../prepare/case.js';
import { checkImages, surfaceShare, tumourSurroundings } from '../segment/imageChecks.js';
import type { Warning } from './contract/results.js';

/**
 * Checks of the images around the found tumour, and of where the tumour lies, by the cut-offs in model.json. The network
 * is not run for them. Nothing without a tumour, or where the model has no cut-offs.
 *
 * @param labels the mask from all sequences, on the Case's grid.
 */
export function imageWarnings(
  prepared: Pick<Case, 'grid' | 'images'>,
  labels: Uint8Array,
  description: ModelDescription,
): Warning[] {
  const { inputChecks } = description.knowledge;
  const surroundings = inputChecks && tumourSurroundings(prepared, labels, description);
  if (!inputChecks || !surroundings) return [];
  const warnings = checkImages(surroundings, inputChecks).map(
    (finding): Warning =>
      finding.kind === 'swapped'
        ? { code: 'SEQUENCES_SWAPPED', sequences: [...finding.sequences] }
        : { code: 'NO_CONTRAST_UPTAKE' },
  );
  const share = inputChecks.surface && surfaceShare(prepared, labels);
  if (inputChecks.surface && share !== null && share > inputChecks.surface.above)
    warnings.push({ code: 'TUMOUR_AT_SURFACE', share });
  return warnings;
}
