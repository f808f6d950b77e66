import { writeFileAtomically } from '../../files/wholeFile.js';
import { isInRegion } from '../../masks/labels.js';
import { REGIONS } from '../../terms.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** A closed surface of each region that is given. */
export const stl: FormatWriter = {
  planned: (plan) => REGIONS.filter((r) => plan.given[r]).map((r) => FILES.stl(plan, r)),
  write: async ({ subject, plan, main, stage, leaveOut, context }) => {
    context.report('surfaces', 0);
    // VTK, which nothing else needs.
    const { regionStl } = await import('../../export/surface.js');
    for (const region of REGIONS) {
      const file = FILES.stl(plan, region);
      if (!plan.given[region]) {
        leaveOut(file, 'not reliable from these sequences');
        continue;
      }
      const bytes = regionStl({ ...subject.result.grid, data: main.labels }, (label) =>
        isInRegion(label, region),
      );
      if (bytes) await writeFileAtomically(await stage(file), [bytes]);
      else leaveOut(file, 'there is nothing of this region');
    }
  },
};
