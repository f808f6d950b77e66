import { REGION_TITLES, titles } from '../contract/warnings.js';
import type { DicomSeries } from '../dicom/series.js';
import { QuorumError, throwIfCancelled } from '../errors.js';
import type { Provenance } from '../export/dicom/dataset.js';
import { checkReferable } from '../export/dicom/references.js';
import { readSourceHeader, type SourceHeader } from '../export/dicom/sourceHeader.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { labelsOnSeries } from '../segment/onSeries.js';
import { type Modality, membersOf, perRegion } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import { IDENTITY } from '../volume/placement.js';
import { readHeader } from '../volume/read.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import type { SourceImage } from './caseSource.js';
import type { Work } from './format.js';
import type { Plan } from './plan.js';

/** A sequence that came from DICOM: results may be written beside it. */
export type DicomSource = SourceImage & { readonly dicom: DicomSeries };

/** @throws QuorumError NOT_DICOM when none of the sequences is from DICOM. */
export function dicomSources(sources: readonly SourceImage[]): DicomSource[] {
  const dicom = sources.filter((source): source is DicomSource => source.dicom !== undefined);
  if (dicom.length > 0) return dicom;
  throw new QuorumError({
    code: 'NOT_DICOM',
    expected: 'DICOM series',
    found: 'other image files',
    files: sources.map(({ file }) => file),
  });
}

/** @throws QuorumError for a series that nothing can be written beside: none from DICOM, no identity to refer to, an unreadable header. */
export async function checkDicomSources({ sources }: Pick<Plan, 'sources'>): Promise<void> {
  for (const { dicom } of dicomSources(sources)) {
    checkReferable(dicom);
    await readSourceHeader(dicom.frames[0].file);
  }
}

/**
 * Writes one object for every sequence that came from DICOM.
 *
 * @param make the object's bytes from a series and the mask on it; null where there is nothing to write.
 * @param reason why nothing is written then.
 */
export async function writeBeside(
  { subject, plan, main, stage, leaveOut, context }: Work,
  file: (modality: Modality) => string,
  make: (dicom: DicomSeries, header: SourceHeader, mask: Volume<Uint8Array>) => Uint8Array | null,
  reason: string,
): Promise<void> {
  const mask = { ...subject.result.grid, data: main.labels };
  for (const { modality, file: image, dicom, toCase } of dicomSources(plan.sources)) {
    throwIfCancelled(context.signal);
    context.report('DICOM', 0);
    const there = maskOn(mask, await readHeader(image), toCase);
    const header = await readSourceHeader(dicom.frames[0].file);
    const bytes = make(dicom, header, there);
    if (bytes) await writeFileAtomically(await stage(file(modality)), [bytes]);
    else leaveOut(file(modality), reason);
  }
}

/** The mask on the grid of a series; the mask itself where nothing was moved. */
export function maskOn(
  mask: Volume<Uint8Array>,
  series: Grid,
  toCase: Affine | undefined,
): Volume<Uint8Array> {
  const grid = { size: series.size, affine: series.affine };
  if (toCase === undefined && sameGrid(mask, grid)) return { ...grid, data: mask.data };
  return { ...grid, data: labelsOnSeries(mask, { grid, toCase: toCase ?? IDENTITY }) };
}

/** What made the mask, for the equipment and algorithm of every DICOM object. */
export async function provenanceOf({ subject, plan, main, around, ratings }: Work): Promise<Provenance> {
  const { description, hash } = subject.result.model;
  const trust = await ratings();
  return {
    quorumVersion: around.quorumVersion,
    modelName: description.name,
    modelVersion: description.version,
    modelHash: hash,
    editedByHand: main.isEdited,
    settings: `${titles(membersOf(main.combination))}, threshold ${plan.options.threshold ?? description.threshold}`,
    supported: plan.supported,
    // A label is not its region: oedema stands for the whole tumour.
    remarks: perRegion((_, region) => {
      const rating = trust[region];
      return rating && `${REGION_TITLES[region]} ${rating.text}`;
    }),
    createdAt: around.now(),
    newUid: around.newUid,
  };
}
