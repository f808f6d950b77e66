import type { GridSummary } from '../../src/contract/index.js';
import { clampVoxel, planeAxes, sameGrid } from '../logic/geometry.js';
import type { ImageVoxels } from '../logic/slices.js';
import type { Display } from '../state/display.svelte.js';

const SLICES_A_SECOND = 10;

/** The slice after this one, within those that show something; after the last the first. */
function nextSlice(slice: number, first: number, last: number): number {
  return slice < first || slice >= last ? first : slice + 1;
}

/** Moves the crosshair through the plane that is looked at. Returns how to stop. */
export function playSlices(display: Display, grid: GridSummary, image: ImageVoxels | null): () => void {
  const timer = setInterval(() => {
    const { through } = planeAxes(grid.orientation, display.plane, display.radiological);
    const content = image && sameGrid(image.grid, grid) ? image.content : null;
    const next = [...display.crosshair];
    next[through] = nextSlice(
      next[through],
      content?.low[through] ?? 0,
      content?.high[through] ?? grid.size[through] - 1,
    );
    display.crosshair = clampVoxel(grid.size, next);
  }, 1000 / SLICES_A_SECOND);
  return () => clearInterval(timer);
}
