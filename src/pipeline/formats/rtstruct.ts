import { throwIfCancelled } from '../../errors.js';
import { checkReferable } from '../../export/dicom/segmentation.js';
import { readSourceHeader } from '../../export/dicom/sourceHeader.js';
import { structureSet } from '../../export/dicom/structureSet.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { REGIONS } from '../../terms.js';
import { readHeader } from '../../volume/read.js';
import { dicomSources, maskOn, provenanceOf } from '../dicomSources.js';
import type { FormatWriter } from '../format.js';
import { FILES } from '../plan.js';

/** Outlines of each region that is given, for every sequence that came from DICOM. */
export const rtstruct: FormatWriter = {
  planned: ({ sources }) => dicomSources(sources).map(({ modality }) => FILES.rtstruct(modality)),
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
    const given = REGIONS.filter((region) => plan.given[region]);
    for (const { modality, file: image, dicom, toCase } of dicomSources(plan.sources)) {
      throwIfCancelled(context.signal);
      context.report('DICOM', 0);
      const there = maskOn(mask, await readHeader(image), toCase);
      const file = FILES.rtstruct(modality);
      const header = await readSourceHeader(dicom.frames[0].file);
      const bytes = structureSet(dicom, header, there, given, provenance);
      if (bytes) await writeFileAtomically(await stage(file), [bytes]);
      else leaveOut(file, 'no region that is given has a voxel on this series');
    }
  },
};
