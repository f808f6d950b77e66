import { sameGrid } from './geometry.js';
import type { ImageVoxels, Overlay } from './slices.js';

/** MR has no fixed units: a preset is made from the image's own values. */
export interface WindowPreset {
  readonly title: string;
  readonly window: readonly [number, number];
}

/**
 * @param overlay a mask on the same grid, or null; then there is no window around the tumour.
 */
export function windowPresets(image: ImageVoxels, overlay: Overlay | null): WindowPreset[] {
  const [low, high] = image.window;
  const width = high - low;
  const tumour = overlay && sameGrid(overlay.grid, image.grid) ? tumourWindow(image, overlay, width) : null;
  return [
    { title: 'Automatic', window: [low, high] },
    { title: 'Whole range', window: [image.minimum, image.maximum] },
    { title: 'High contrast', window: [low + 0.25 * width, high - 0.25 * width] },
    ...(tumour ? [{ title: 'Around the tumour', window: tumour }] : []),
  ];
}

/** From a twentieth to nineteen twentieths of the values in the mask, and a tenth of the image's window on both sides. */
function tumourWindow(
  image: ImageVoxels,
  { data }: Overlay,
  width: number,
): readonly [number, number] | null {
  const values: number[] = [];
  for (let at = 0; at < data.length; at++) if (data[at] !== 0) values.push(image.data[at]);
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  const share = (q: number) => values[Math.round(q * (values.length - 1))];
  return [share(0.05) - 0.1 * width, share(0.95) + 0.1 * width];
}
