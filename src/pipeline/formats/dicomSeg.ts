import { throwIfCancelled } from '../../errors.js';
import { checkReferable, dicomSegmentation } from '../../export/dicom/segmentation.js';
import { readSourceHeader } from '../../export/dicom/sourceHeader.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { readHeader } from '../../volume/read.js';
import { dicomSources, maskOn, provenanceOf } from '../dicomSources.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** DICOM-SEG for every sequence that came from DICOM; one whose mask is empty there is left out, and told. */
export const dicomSeg: FormatWriter = {
  planned: ({ sources }) => dicomSources(sources).map(({ modality }) => FILES.dicomSeg(modality)),
  check: async ({ sources }) => {
    for (const { dicom } of dicomSources(sources)) {
      checkReferable(dicom);
      await readSourceHeader(dicom.frames[0].file);
    }
  },
  write: async (work) => {
    const { subject, plan, main, stage, leaveOut, context } = work;
    const provenance = provenanceOf(work);
    const mask = { ...subject.result.grid, data: main.labels };
    for (const { modality, file: image, dicom, toCase } of dicomSources(plan.sources)) {
      throwIfCancelled(context.signal);
      context.report('DICOM', 0);
      const there = maskOn(mask, await readHeader(image), toCase);
      const file = FILES.dicomSeg(modality);
      if (there.data.every((label) => label === 0)) {
        leaveOut(file, 'the mask is empty on this series');
        continue;
      }
      const header = await readSourceHeader(dicom.frames[0].file);
      const bytes = dicomSegmentation(dicom, header, there, provenance);
      await writeFileAtomically(await stage(file), [bytes]);
    }
  },
};
