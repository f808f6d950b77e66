import { dicomSegmentation } from '../../export/dicom/segmentation.js';
import { checkDicomSources, dicomSources, provenanceOf, writeBeside } from '../dicomSources.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** DICOM-SEG for every sequence that came from DICOM; one whose mask is empty there is left out, and told. */
export const dicomSeg: FormatWriter = {
  planned: ({ sources }) => dicomSources(sources).map(({ modality }) => FILES.dicomSeg(modality)),
  check: checkDicomSources,
  write: async (work) => {
    const provenance = await provenanceOf(work);
    await writeBeside(
      work,
      FILES.dicomSeg,
      (dicom, header, mask) =>
        mask.data.every((label) => label === 0) ? null : dicomSegmentation(dicom, header, mask, provenance),
      'the mask is empty on this series',
    );
  },
};
