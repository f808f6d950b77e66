import { writeFileAtomically } from '../../files/wholeFile.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** One axial slice of every image and of every mask. */
export const picture: FormatWriter = {
  planned: ({ name }) => [FILES.picture(name)],
  write: async ({ plan, picture: drawn, stage }) =>
    writeFileAtomically(await stage(FILES.picture(plan.name)), [await drawn()]),
};
