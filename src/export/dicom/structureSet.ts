import type { DicomSeries } from '../../dicom/series.js';
import { isInRegion, LABELS } from '../../masks/labels.js';
import { REGIONS, type Region } from '../../terms.js';
import type { Volume } from '../../volume/volume.js';
import { type Contour, contoursOf } from '../contours.js';
import { OUTLINE_COLOURS } from './colours.js';
import {
  algorithmIdentification,
  commonModules,
  type Dataset,
  dateAndTime,
  decimal,
  describedRegion,
  encodeDicomWithoutPixels,
  type Provenance,
} from './dataset.js';
import { type PlacedFrame, placeFrames } from './placement.js';
import { checkReferable, frameNumber } from './references.js';
import { pixelVoxels } from './segmentation.js';
import type { SourceHeader } from './sourceHeader.js';

const RT_STRUCTURE_SET = '1.2.840.10008.5.1.4.1.1.481.3';
/** What stands for a study where there is no object of it (PS3.3 C.8.8.5, Detached Study Management). */
const STUDY = '1.2.840.10008.3.1.2.3.1';

const ROIS: Readonly<Record<Region, { readonly title: string; readonly colour: readonly number[] }>> = {
  WT: { title: 'whole tumour', colour: OUTLINE_COLOURS[LABELS.oedema] },
  TC: { title: 'tumour core', colour: OUTLINE_COLOURS[LABELS.core] },
  ET: { title: 'enhancing tumour', colour: OUTLINE_COLOURS[LABELS.enhancing] },
};

/** A region of interest: the outlines of a region, slice by slice. */
interface Roi {
  readonly number: number;
  readonly region: Region;
  readonly slices: readonly { readonly placed: PlacedFrame; readonly contours: readonly Contour[] }[];
}

/**
 * An RT Structure Set (SOP class 1.2.840.10008.5.1.4.1.1.481.3) of a mask that lies on the series' own grid: for each region the
 * outlines of its pixels on every slice (`contoursOf`), closed and planar, in the series' frame of reference. The regions are
 * nested as everywhere: WT holds TC holds ET. Says that nobody approved it, and interprets no region as a target. Carries the
 * patient's identity, copied from the source.
 *
 * @param mask BraTS labels 0, 1, 2, 4 with one slice per frame of the series, in any axis order.
 * @param regions those that are to be in it; one without a voxel is left out.
 * @returns the file's bytes; null where none of the regions has a voxel.
 * @throws QuorumError FRAMES_DIFFER, DICOM_INCOMPLETE (the source lacks a valid UID to refer to).
 */
export function structureSet(
  series: DicomSeries,
  header: SourceHeader,
  mask: Volume<Uint8Array>,
  regions: readonly Region[],
  provenance: Provenance,
): Uint8Array | null {
  checkReferable(series);
  const frames = placeFrames(series, mask);
  const rois = REGIONS.filter((region) => regions.includes(region))
    .map((region) => ({ region, slices: outlines(region, frames, series, mask.data) }))
    .filter(({ slices }) => slices.length > 0)
    .map((roi, n): Roi => ({ ...roi, number: n + 1 }));
  if (rois.length === 0) return null;
  return encodeDicomWithoutPixels({
    ...seriesModules(series, header, provenance),
    ...structureSetModule(series, frames, rois, provenance),
    ROIContourSequence: rois.map((roi) => roiContours(roi, series)),
    RTROIObservationsSequence: rois.map(({ number, region }) => ({
      ObservationNumber: String(number),
      ReferencedROINumber: String(number),
      ROIObservationLabel: region,
      RTROIInterpretedType: '',
      ROIInterpreter: '',
    })),
    ApprovalStatus: 'UNAPPROVED',
  });
}

function outlines(
  region: Region,
  frames: readonly PlacedFrame[],
  series: DicomSeries,
  labels: Uint8Array,
): Roi['slices'] {
  const { rows, columns } = series;
  return frames
    .map((placed) => {
      const inside = new Uint8Array(rows * columns);
      let at = 0;
      for (const voxel of pixelVoxels(placed, series))
        inside[at++] = isInRegion(labels[voxel], region) ? 1 : 0;
      const isInside = (row: number, column: number) => inside[row * columns + column] === 1;
      return { placed, contours: inside.includes(1) ? contoursOf({ rows, columns, isInside }) : [] };
    })
    .filter(({ contours }) => contours.length > 0);
}

/** Patient, study, RT series, equipment; what belongs to images alone is left out. */
function seriesModules(series: DicomSeries, header: SourceHeader, provenance: Provenance): Dataset {
  const { ContentDate, ContentTime, ContentQualification, BurnedInAnnotation, ...common } = commonModules(
    series,
    header,
    provenance,
    { sopClass: RT_STRUCTURE_SET, modality: 'RTSTRUCT', number: 9003, title: 'tumour outlines' },
  );
  return {
    ...common,
    SOPInstanceUID: provenance.newUid(),
    SeriesInstanceUID: provenance.newUid(),
    FrameOfReferenceUID: series.frameOfReferenceUid!,
    InstanceNumber: '1',
    OperatorsName: '',
  };
}

function structureSetModule(
  series: DicomSeries,
  frames: readonly PlacedFrame[],
  rois: readonly Roi[],
  provenance: Provenance,
): Dataset {
  const { date, time } = dateAndTime(provenance.createdAt);
  return {
    StructureSetLabel: 'TUMOUR RESEARCH',
    StructureSetName: 'Quorum: brain tumour',
    StructureSetDescription:
      'Brain tumour, segmented by software. Research use only; not for diagnosis or treatment planning.',
    StructureSetDate: date,
    StructureSetTime: time,
    ReferencedFrameOfReferenceSequence: [
      {
        FrameOfReferenceUID: series.frameOfReferenceUid!,
        RTReferencedStudySequence: [
          {
            ReferencedSOPClassUID: STUDY,
            ReferencedSOPInstanceUID: series.studyInstanceUid,
            RTReferencedSeriesSequence: referencedSeries(frames),
          },
        ],
      },
    ],
    StructureSetROISequence: rois.map((roi) => describeRoi(roi, series, provenance)),
  };
}

/** The images of the volume, by series: a scanner may split a volume over two. */
function referencedSeries(frames: readonly PlacedFrame[]): Dataset[] {
  const uids = [...new Set(frames.map(({ frame }) => frame.seriesInstanceUid))];
  return uids.map((uid) => ({
    SeriesInstanceUID: uid,
    ContourImageSequence: frames
      .filter(({ frame }) => frame.seriesInstanceUid === uid)
      .map(({ frame }) => imageReference(frame)),
  }));
}

function imageReference(frame: PlacedFrame['frame']): Dataset {
  return {
    ReferencedSOPClassUID: frame.sopClassUid,
    ReferencedSOPInstanceUID: frame.sopInstanceUid,
    ...frameNumber(frame),
  };
}

function describeRoi({ number, region }: Roi, series: DicomSeries, provenance: Provenance): Dataset {
  const { modelName, editedByHand, supported } = provenance;
  const { title } = ROIS[region];
  const guess = supported[region] ? '' : ' (guess)';
  return {
    ROINumber: String(number),
    ReferencedFrameOfReferenceUID: series.frameOfReferenceUid!,
    ROIName: `${region} ${title}${guess}`,
    ROIDescription: describedRegion(title, region, provenance),
    ROIGenerationAlgorithm: editedByHand ? 'SEMIAUTOMATIC' : 'AUTOMATIC',
    ROIGenerationDescription: `Quorum, ${modelName}`.slice(0, 64),
    ROIDerivationAlgorithmIdentificationSequence: algorithmIdentification(provenance),
  };
}

function roiContours({ number, region, slices }: Roi, series: DicomSeries): Dataset {
  const contours = slices.flatMap(({ placed, contours: drawn }) =>
    drawn.map((contour) => ({ placed, contour })),
  );
  return {
    ROIDisplayColor: ROIS[region].colour.map(String),
    ReferencedROINumber: String(number),
    ContourSequence: contours.map(({ placed, contour }, n) => ({
      ContourNumber: String(n + 1),
      ContourImageSequence: [imageReference(placed.frame)],
      ContourGeometricType: 'CLOSED_PLANAR',
      NumberOfContourPoints: String(contour.length),
      ContourData: contour.flatMap((point) => inPatient(point, placed.frame, series)),
    })),
  };
}

/** A point of a slice in the patient, LPS mm (PS3.3 C.7.6.2.1.1), to the micrometre. */
function inPatient(
  [column, row]: Contour[number],
  { imagePositionPatient, imageOrientationPatient }: PlacedFrame['frame'],
  { pixelSpacing }: DicomSeries,
): string[] {
  const [across, down] = [column * pixelSpacing[1], row * pixelSpacing[0]];
  return imagePositionPatient.map((value, axis) => {
    const place = value + across * imageOrientationPatient[axis] + down * imageOrientationPatient[3 + axis];
    return decimal(Math.round(place * 1000) / 1000);
  });
}
