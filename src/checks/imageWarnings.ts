import type { Warning } from '../contract/results.js';
import { populationOf } from '../model/knowledgeSchema.js';
import type { ModelDescription } from '../model/schema.js';
import { supports } from '../model/support.js';
import type { Case } from '../prepare/case.js';
import {
  checkImages,
  type ImageFinding,
  type Normalised,
  normalisedBy,
  surfaceShare,
  tumourSurroundings,
} from '../segment/imageChecks.js';
import { tumourParts } from '../segment/resultChecks.js';
import { combinationName } from '../terms.js';
import type { Component } from '../volume/connectedComponents.js';
import { type Part, shownPart } from '../volume/extent.js';
import { type CheckFacts, CUT_OFFS, checkFacts, checkWarnings, type LookedAt } from './checkWarnings.js';

type Knowledge = ModelDescription['knowledge'];

/**
 * Checks of the images and the mask: whether the images show one head, their quality; then those around the found tumour, and
 * where it lies. The network is not run for them.
 *
 * @param looked of `lookAtImages`, of the same case.
 * @param labels the mask from all sequences, on the Case's grid.
 */
export function imageWarnings(
  prepared: Pick<Case, 'grid' | 'images'>,
  looked: LookedAt,
  labels: Uint8Array,
  description: ModelDescription,
): Warning[] {
  return imageWarningsBy(imageFacts(prepared, looked, labels, description), description);
}

/** What the checks of images and mask found, and what lies around the tumour. */
export interface ImageFacts extends CheckFacts {
  readonly around: AroundFacts | null;
}

/** Null without a tumour, or where the model has no cut-offs. */
type AroundFacts = { readonly findings: readonly ImageFinding[]; readonly surface: number | null };

/** All numbers that `imageWarnings` are made of; parameters as there. */
export function imageFacts(
  prepared: Pick<Case, 'grid' | 'images'>,
  looked: LookedAt,
  labels: Uint8Array,
  description: ModelDescription,
): ImageFacts {
  const marked = shownPart({ ...prepared.grid, data: labels });
  const parts = tumourParts(marked, prepared.grid);
  return {
    ...checkFacts(prepared, looked, labels, marked, parts),
    around: aroundTumour(prepared, labels, description, looked.normalised, marked, parts),
  };
}

/** The warnings that follow from them. */
export function imageWarningsBy(
  facts: ImageFacts,
  { knowledge }: Pick<ModelDescription, 'knowledge'>,
): Warning[] {
  const population = populationOf(knowledge);
  const checks = checkWarnings(facts, population);
  // Whole images tell more than what lies around a tumour: of 141 swaps in 30 brains they find all, without a false alarm.
  const isNamed = checks.some(({ code }) => code === 'SEQUENCES_SWAPPED' || code === 'SEQUENCE_MISNAMED');
  const isKnown = isNamed || facts.present.every((m) => facts.judged[m]);
  const around = tumourWarnings(facts.around, knowledge);
  return [
    ...checks,
    ...(enhancesNowhere(facts, knowledge) ? [{ code: 'NOTHING_ENHANCES' as const }] : []),
    ...around.filter(({ code }) => !isKnown || code !== 'SEQUENCES_SWAPPED'),
  ];
}

/** That no enhancing tumour is marked tells something only where the model is known to find it by these sequences. */
export function enhancesNowhere(
  { present, result }: Pick<CheckFacts, 'present' | 'result'>,
  knowledge: Pick<Knowledge, 'combinations'>,
): boolean {
  if (!result || result.share === 0 || !supports(knowledge, combinationName(present), 'ET')) return false;
  return result.uptake === null && result.uncovered !== null && result.uncovered <= CUT_OFFS.enhancingMl;
}

/** @param normalised what is compared. */
export function aroundTumour(
  prepared: Pick<Case, 'grid' | 'images'>,
  labels: Uint8Array,
  description: ModelDescription,
  normalised: Normalised = normalisedBy(prepared.images, description.normalisation),
  marked: Part | null = shownPart({ ...prepared.grid, data: labels }),
  parts: readonly Component[] = tumourParts(marked, prepared.grid),
): AroundFacts | null {
  const { inputChecks } = description.knowledge;
  if (!inputChecks || !marked) return null;
  const surroundings = tumourSurroundings(prepared, parts[0], description.grid, normalised);
  return {
    findings: checkImages(surroundings, inputChecks),
    surface: surfaceShare(prepared, labels, marked),
  };
}

/** By the cut-offs in model.json. */
export function tumourWarnings(around: AroundFacts | null, knowledge: Knowledge): Warning[] {
  if (!around) return [];
  const { surface } = knowledge.inputChecks ?? {};
  const share = around.surface;
  return [
    ...around.findings.map(
      (finding): Warning =>
        finding.kind === 'swapped'
          ? { code: 'SEQUENCES_SWAPPED', sequences: [...finding.sequences] }
          : { code: 'NO_CONTRAST_UPTAKE' },
    ),
    ...(surface && share !== null && share > Math.max(surface.above, CUT_OFFS.surface)
      ? [{ code: 'TUMOUR_AT_SURFACE' as const, share, population: populationOf(knowledge) }]
      : []),
  ];
}
