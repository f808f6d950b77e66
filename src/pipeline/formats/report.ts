import { reportHtml } from '../../export/html.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { factsOf } from '../facts.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** A page to read or print, with the overview picture in it. */
export const report: FormatWriter = {
  planned: ({ name }) => [FILES.report(name)],
  write: async ({ plan, report: described, picture, stage, context }) => {
    context.report('report', 0);
    const html = reportHtml(factsOf(await described(), plan, await picture()));
    await writeFileAtomically(await stage(FILES.report(plan.name)), [Buffer.from(html)]);
  },
};
