import type { Modality } from '../../src/terms.js';
import type { ImageVoxels } from '../logic/slices.js';
import { type Loaded, loaded } from './loaded.svelte.js';
import type { OpenCaseState } from './openCaseState.svelte.js';

/** The image under the overlays, and its window. */
export interface Background {
  readonly image: Loaded<ImageVoxels>;
  readonly window: readonly [number, number];
}

/** Follows the sequence that is looked at. Call while a component is set up. */
export function backgroundOf(openCase: () => OpenCaseState): Background {
  return imageOf(openCase, () => openCase().image.sequence);
}

/** Follows one sequence. Call while a component is set up. */
export function imageOf(openCase: () => OpenCaseState, which: () => Modality | null): Background {
  const key = () => {
    const sequence = which();
    return sequence && openCase().image.keyOf(sequence);
  };
  const image = loaded(() => {
    const { case: opened, voxels } = openCase();
    const [sequence, imageKey] = [which(), key()];
    return sequence && opened.slots[sequence] ? voxels.image(sequence, imageKey!) : null;
  });
  return {
    image,
    get window() {
      const imageKey = key();
      const set = imageKey === null ? undefined : openCase().display.windows[imageKey];
      return set ?? image.value?.window ?? ([0, 1] as const);
    },
  };
}
