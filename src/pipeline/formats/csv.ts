import { reportCsv } from '../../export/csv.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { factsOf } from '../facts.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** Volumes, diameters, ranges and warnings as a table: one line per mask and region. */
export const csv: FormatWriter = {
  planned: ({ name }) => [FILES.csv(name)],
  write: async ({ plan, report, stage }) => {
    const text = reportCsv(factsOf(await report(), plan, null));
    await writeFileAtomically(await stage(FILES.csv(plan.name)), [Buffer.from(text)]);
  },
};
