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
  const image = loaded(() => {
    const { background, case: opened, voxels } = openCase();
    const file = background && opened.slots[background];
    const imageKey = background ? openCase().imageKey(background) : '';
    return background && file ? voxels.image(background, imageKey) : null;
  });
  return {
    image,
    get window() {
      const { background, display } = openCase();
      const set = background && display.windows[openCase().imageKey(background)];
      return set ?? image.value?.window ?? ([0, 1] as const);
    },
  };
}
