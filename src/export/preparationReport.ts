import type { BrainMaskSource, PreparationStep } from '../prepare/preparation.js';
import type { Modality } from '../terms.js';
import { problemForReport } from './names.js';

/** What a report says of the preparation; files by name alone. */
export interface PreparationReport {
  readonly reference: Modality;
  readonly brainMask: { readonly source: BrainMaskSource; readonly ml: number };
  readonly steps: readonly Omit<PreparationStep, 'picture'>[];
}

/** A preparation as it was made, or as it is kept. */
export interface DescribedPreparation {
  readonly reference: Modality;
  readonly brainMask: { readonly source: BrainMaskSource; readonly ml: number };
  readonly steps: readonly (Omit<PreparationStep, 'picture'> & { readonly picture: unknown })[];
}

/** @param neutral no names of files either. */
export function describePreparation(
  { reference, brainMask, steps }: DescribedPreparation,
  neutral: boolean,
): PreparationReport {
  return {
    reference,
    brainMask: { source: brainMask.source, ml: brainMask.ml },
    steps: steps.map(({ picture: _, problem, ...step }) => ({
      ...step,
      problem: problem && problemForReport(problem, neutral),
    })),
  };
}
