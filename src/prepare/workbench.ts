import type { Modality } from '../terms.js';
import type { ImageFile } from '../volume/read.js';
import type { Volume } from '../volume/volume.js';
import type { CaseOptions } from './case.js';
import type { PreparationChoices, PreparationStep } from './preparation.js';

export interface PrepareOptions extends CaseOptions, PreparationChoices {
  /** What is being done, the share that is done, and the share at which this stage will end, 0..1. */
  readonly onProgress?: ((stage: string, share: number, until: number) => void) | undefined;
  /** Each step as soon as it is done, with its picture where `keepHeads` asked for pictures. */
  readonly onStep?: ((step: PreparationStep) => void) | undefined;
}

/** What the steps share while they run. */
export interface Workbench {
  readonly images: Readonly<Partial<Record<Modality, ImageFile>>>;
  /** Images as registration sees them. */
  readonly seen: (modality: Modality) => Volume;
  /** In MODALITIES order. */
  readonly use: readonly Modality[];
  readonly reference: Modality;
  /** Sequences whose skull was removed already. */
  readonly stripped: ReadonlySet<Modality>;
  readonly options: PrepareOptions;
}
