import { strippedImageFile, writeStrippedImages } from '../../export/strippedImages.js';
import type { FormatWriter } from '../format.js';

/** The images without anything of their headers but the geometry. */
export const strippedImages: FormatWriter = {
  planned: ({ sources }) => sources.map(({ modality }) => strippedImageFile(modality)),
  write: async ({ subject, stage, context }) => {
    context.report('images', 0);
    const { grid, form } = subject.result;
    await writeStrippedImages(await subject.images(), { grid, form }, subject.overridden, stage);
  },
};
