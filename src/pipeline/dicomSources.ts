import { titles } from '../contract/warnings.js';
import { QuorumError } from '../errors.js';
import type { Provenance } from '../export/dicom/dataset.js';
import type { DicomSeries } from '../intake/study.js';
import { IDENTITY } from '../prepare/placement.js';
import { labelsOnSeries } from '../segment/onSeries.js';
import { membersOf } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import type { Work } from './format.js';
import type { SourceImage } from './subject.js';

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
export function provenanceOf({ subject, plan, main, around }: Work): Provenance {
  const { description, hash } = subject.result.model;
  return {
    quorumVersion: around.quorumVersion,
    modelName: description.name,
    modelVersion: description.version,
    modelHash: hash,
    editedByHand: main.isEdited,
    settings: `${titles(membersOf(main.combination))}, threshold ${plan.options.threshold ?? description.threshold}`,
    supported: plan.supported,
    createdAt: around.now(),
    newUid: around.newUid,
  };
}
