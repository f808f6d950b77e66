import { structureSet } from '../../export/dicom/structureSet.js';
import { REGIONS } from '../../terms.js';
import { checkDicomSources, dicomSources, provenanceOf, writeBeside } from '../dicomSources.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** Outlines of each region that is given, for every sequence that came from DICOM. */
export const rtstruct: FormatWriter = {
  planned: ({ sources }) => dicomSources(sources).map(({ modality }) => FILES.rtstruct(modality)),
  check: checkDicomSources,
  write: async (work) => {
    const provenance = await provenanceOf(work);
    const given = REGIONS.filter((region) => work.plan.given[region]);
    await writeBeside(
      work,
      FILES.rtstruct,
      (dicom, header, mask) => structureSet(dicom, header, mask, given, provenance),
      'no region that is given has a voxel on this series',
    );
  },
};
