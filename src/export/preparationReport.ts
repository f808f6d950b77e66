import { basename } from 'node:path';
import type { Problem } from '../errors.js';
import type { BrainMaskSource, Preparation, PreparationStep } from '../prepare/preparation.js';
import type { Modality } from '../terms.js';

/** What a report says of the preparation; files by name alone. */
export interface PreparationReport {
  readonly reference: Modality;
  readonly brainMask: { readonly source: BrainMaskSource; readonly ml: number };
  readonly steps: readonly Omit<PreparationStep, 'picture'>[];
}

export function describePreparation({ reference, brainMask, steps }: Preparation): PreparationReport {
  return {
    reference,
    brainMask: { source: brainMask.source, ml: brainMask.ml },
    steps: steps.map(({ picture: _, problem, ...step }) => ({
      ...step,
      problem: problem && withoutFolders(problem),
    })),
  };
}

/** A problem whose files are named without their folders. */
export function withoutFolders(problem: Problem): Problem {
  return {
    ...problem,
    file: problem.file && basename(problem.file),
    files: problem.files?.map((file) => basename(file)),
  };
}
