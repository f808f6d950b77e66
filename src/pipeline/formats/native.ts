import type { CaseReport } from '../../contract/report.js';
import { inScheme } from '../../masks/labels.js';
import { volumesOf } from '../../masks/volumes.js';
import { inFiles } from '../../numbers.js';
import { perRegion } from '../../terms.js';
import { writeNifti } from '../../volume/niftiWriter.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** The mask on the own grid of every series that lies elsewhere than it, with its volumes there. */
export const native: FormatWriter = {
  planned: ({ placed }) => placed.map(({ modality }) => FILES.native(modality)),
  write: async ({ plan, onSeries, stage, take, context }) => {
    if (plan.placed.length === 0) return;
    context.report('masks on the series', 0);
    const written: NonNullable<CaseReport['native']> = {};
    for (const source of plan.placed) {
      const { header, labels } = await onSeries(source);
      const { size, affine, niftiHeader } = header;
      const file = FILES.native(source.modality);
      const data = inScheme(labels, plan.options.labels);
      await writeNifti(await stage(file), { size, affine, data }, { form: niftiHeader });
      const ml = volumesOf(labels, header);
      written[source.modality] = {
        file,
        ml: perRegion((_, region) => (plan.given[region] ? inFiles(ml[region]) : null)),
      };
    }
    take({ native: written });
  },
};
