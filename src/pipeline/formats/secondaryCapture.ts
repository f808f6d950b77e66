import { throwIfCancelled } from '../../errors.js';
import { secondaryCaptures } from '../../export/dicom/secondaryCapture.js';
import { readSourceHeader } from '../../export/dicom/sourceHeader.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { volumesOf } from '../../masks/volumes.js';
import { type Modality, perRegion } from '../../terms.js';
import { readVolume } from '../../volume/read.js';
import { type DicomSource, dicomSources, maskOn, provenanceOf } from '../dicomSources.js';
import type { FormatWriter } from '../format.js';
import { FILES, type Plan } from '../plan.js';

/** Sequences on which outlines are looked at, best first. */
const ORDER: readonly Modality[] = ['t1ce', 'flair', 't2', 't1'];

/** Pictures with outlines and volumes burnt in, on the sequence that is best looked at. */
export const secondaryCapture: FormatWriter = {
  planned: (plan) => {
    const { modality, dicom } = best(plan);
    return dicom.frames.map((_, n) => FILES.capture(modality, n));
  },
  check: async (plan) => {
    await readSourceHeader(best(plan).dicom.frames[0].file);
  },
  write: async (work) => {
    const { subject, plan, main, stage, context } = work;
    const { modality, file, dicom, toCase } = best(plan);
    context.report('DICOM', 0);
    const { grid } = subject.result;
    const image = await readVolume(file);
    const mask = maskOn({ ...grid, data: main.labels }, image, toCase);
    const counted = volumesOf(main.labels, grid);
    const volumes = perRegion((_, region) => (plan.given[region] ? counted[region] : null));
    const header = await readSourceHeader(dicom.frames[0].file);
    const captures = secondaryCaptures(
      { series: dicom, header, image, mask, volumes },
      await provenanceOf(work),
    );
    let n = 0;
    for (const bytes of captures) {
      throwIfCancelled(context.signal);
      await writeFileAtomically(await stage(FILES.capture(modality, n++)), [bytes]);
    }
  },
};

function best({ sources }: Plan): DicomSource {
  const order = ({ modality }: DicomSource) => ORDER.indexOf(modality);
  return dicomSources(sources).sort((a, b) => order(a) - order(b))[0];
}
