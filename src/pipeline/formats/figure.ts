import { RESEARCH_NOTICE } from '../../contract/report.js';
import { figureSvg } from '../../export/figure.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** The slice of the overview picture as SVG, for a paper. */
export const figure: FormatWriter = {
  planned: ({ name }) => [FILES.figure(name)],
  write: async ({ subject, plan, around, pictured, stage }) => {
    const { model, grid } = subject.result;
    const sidesKnown = !subject.warnings.some(({ code }) => code === 'ORIENTATION_UNKNOWN');
    const svg = figureSvg(await subject.images(), grid, await pictured(), {
      title: plan.name,
      description: [
        RESEARCH_NOTICE,
        'The axial slice with the largest whole tumour.',
        sidesKnown
          ? 'Radiological convention: the patient’s right is on the left.'
          : 'No header says which side is left.',
        `Quorum ${around.quorumVersion}, model ${model.description.name} ${model.description.version}, SHA-256 ${model.hash}.`,
      ].join(' '),
      sidesKnown,
    });
    await writeFileAtomically(await stage(FILES.figure(plan.name)), [Buffer.from(svg)]);
  },
};
