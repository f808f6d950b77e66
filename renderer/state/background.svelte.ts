import type { ImageVoxels } from '../logic/slices.js';
import { type Loaded, loaded } from './loaded.svelte.js';
import type { Study } from './study.svelte.js';

/** The image under the overlays, and its window. */
export interface Background {
  readonly image: Loaded<ImageVoxels>;
  readonly window: readonly [number, number];
}

/** Follows the sequence that is looked at. Call while a component is set up. */
export function backgroundOf(study: () => Study): Background {
  const image = loaded(() => {
    const { background, case: opened, voxels } = study();
    const file = background && opened.slots[background];
    const imageKey = background ? study().imageKey(background) : '';
    return background && file ? voxels.image(background, imageKey) : null;
  });
  return {
    image,
    get window() {
      const { background, display } = study();
      const set = background && display.windows[study().imageKey(background)];
      return set ?? image.value?.window ?? ([0, 1] as const);
    },
  };
}
