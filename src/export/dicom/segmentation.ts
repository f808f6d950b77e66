import type { DicomSeries } from '../../dicom/series.js';
import { QuorumError } from '../../errors.js';
import { LABELS } from '../../masks/labels.js';
import { voxelSpacing } from '../../volume/affine.js';
import type { Volume } from '../../volume/volume.js';
import { OUTLINE_COLOURS } from './colours.js';
import {
  algorithmIdentification,
  code,
  commonModules,
  type Dataset,
  decimal,
  describedRegion,
  encodeDicom,
  type Provenance,
} from './dataset.js';
import { loadDcmjs } from './loadDcmjs.js';
import { type PlacedFrame, placeFrames } from './placement.js';
import { checkReferable, frameNumber, referencedSeries } from './references.js';
import type { SourceHeader } from './sourceHeader.js';

const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';

/**
 * What each label is called. The codes are those of DICOM's own list for brain lesions (PS3.16 CID 7169), which takes lesions that
 * enhance or not from the NCI thesaurus, since SNOMED CT has no such concept. "Necrosis" (SNOMED CT 6574001) would claim too much
 * for label 1.
 */
const SEGMENTS = [
  {
    label: LABELS.core,
    region: 'TC',
    title: 'non-enhancing core (necrosis or non-enhancing tumour)',
    type: code('C81175', 'NCIt', 'Non-Enhancing Lesion'),
  },
  {
    label: LABELS.oedema,
    region: 'WT',
    title: 'oedema or infiltration',
    type: code('79654002', 'SCT', 'Edema'),
  },
  {
    label: LABELS.enhancing,
    region: 'ET',
    title: 'enhancing tumour',
    type: code('C113842', 'NCIt', 'Enhancing Lesion'),
  },
] as const;

/** A segment with its number, and its label in the mask. */
type Segment = (typeof SEGMENTS)[number] & { readonly number: number };

/**
 * A DICOM-SEG object (binary, one segment per label that occurs, SOP class 1.2.840.10008.5.1.4.1.1.66.4) of a mask that lies on the
 * series' own grid. Every segment has every frame from the first to the last slice with any label, also the empty ones between,
 * so that each can be read as one volume. Carries the patient's identity, copied from the source.
 *
 * @param mask BraTS labels 0, 1, 2, 4 with one slice per frame of the series, in any axis order.
 * @returns the file's bytes.
 * @throws QuorumError MASK_EMPTY, FRAMES_DIFFER, DICOM_INCOMPLETE (the source lacks a valid UID to refer to).
 */
export function dicomSegmentation(
  series: DicomSeries,
  header: SourceHeader,
  mask: Volume<Uint8Array>,
  provenance: Provenance,
): Uint8Array {
  checkReferable(series);
  const placed = placeFrames(series, mask);
  const segments = segmentsOf(mask.data);
  const frames = labelledRange(placed, series, mask.data);
  const dataset: Dataset = {
    ...commonModules(series, header, provenance, {
      sopClass: SEGMENTATION_STORAGE,
      modality: 'SEG',
      number: 9001,
      title: 'tumour segmentation',
    }),
    SOPInstanceUID: provenance.newUid(),
    SeriesInstanceUID: provenance.newUid(),
    FrameOfReferenceUID: series.frameOfReferenceUid!,
    ...imageModules(series, segments.length * frames.length),
    SegmentSequence: segments.map((segment) => describeSegment(segment, provenance)),
    ...dimensions(provenance.newUid()),
    SharedFunctionalGroupsSequence: [sharedGroups(series, header, placed, mask)],
    PerFrameFunctionalGroupsSequence: segments.flatMap(({ number }) =>
      frames.map(({ frame }, n) => frameGroups(frame, number, n + 1)),
    ),
    ReferencedSeriesSequence: referencedSeries(frames),
  };
  return encodeDicom(dataset, packBits(segments, frames, series, mask.data));
}

function segmentsOf(labels: Uint8Array): Segment[] {
  const present = SEGMENTS.filter(({ label }) => labels.includes(label));
  if (present.length === 0)
    throw new QuorumError({ code: 'MASK_EMPTY', expected: 'at least one labelled voxel' });
  return present.map((segment, n) => ({ ...segment, number: n + 1 }));
}

function labelledRange(
  placed: readonly PlacedFrame[],
  series: DicomSeries,
  labels: Uint8Array,
): PlacedFrame[] {
  const labelled = placed.map((frame) => {
    for (const voxel of pixelVoxels(frame, series)) if (labels[voxel] !== 0) return true;
    return false;
  });
  return placed.slice(labelled.indexOf(true), labelled.lastIndexOf(true) + 1);
}

/** The voxel of each pixel of a frame, row by row. */
export function* pixelVoxels(
  { first, perRow, perColumn }: PlacedFrame,
  { rows, columns }: Pick<DicomSeries, 'rows' | 'columns'>,
): Generator<number> {
  for (let row = 0; row < rows; row++) {
    for (let column = 0, voxel = first + row * perRow; column < columns; column++, voxel += perColumn)
      yield voxel;
  }
}

/** One bit per pixel, the lowest bit first, frames following each other without padding (PS3.5 8.1.1). */
function packBits(
  segments: readonly Segment[],
  frames: readonly PlacedFrame[],
  series: DicomSeries,
  labels: Uint8Array,
): Uint8Array {
  const bytes = Math.ceil((segments.length * frames.length * series.rows * series.columns) / 8);
  const packed = new Uint8Array(bytes + (bytes % 2));
  let bit = 0;
  for (const { label } of segments) {
    for (const frame of frames) {
      for (const voxel of pixelVoxels(frame, series)) {
        if (labels[voxel] === label) packed[bit >> 3] |= 1 << (bit & 7);
        bit++;
      }
    }
  }
  return packed;
}

function imageModules({ rows, columns }: DicomSeries, frames: number): Dataset {
  return {
    InstanceNumber: '1',
    ImageType: ['DERIVED', 'PRIMARY'],
    ContentLabel: 'TUMOUR',
    ContentDescription: 'Brain tumour, segmented by software. Research use only.',
    ContentCreatorName: '',
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'NO',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    PixelRepresentation: 0,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    Rows: rows,
    Columns: columns,
    NumberOfFrames: String(frames),
  };
}

function describeSegment({ number, label, region, title, type }: Segment, provenance: Provenance): Dataset {
  const { modelName, editedByHand, supported } = provenance;
  const isGuess = !supported[region];
  return {
    SegmentNumber: number,
    SegmentLabel: isGuess ? `${title} (guess)` : title,
    SegmentDescription: describedRegion(title, region, provenance),
    SegmentAlgorithmType: editedByHand ? 'SEMIAUTOMATIC' : 'AUTOMATIC',
    SegmentAlgorithmName: `Quorum, ${modelName}`.slice(0, 64),
    SegmentationAlgorithmIdentificationSequence: algorithmIdentification(provenance),
    SegmentedPropertyCategoryCodeSequence: code('49755003', 'SCT', 'Morphologically Abnormal Structure'),
    SegmentedPropertyTypeCodeSequence: type,
    AnatomicRegionSequence: code('12738006', 'SCT', 'Brain'),
    RecommendedDisplayCIELabValue: labColour(OUTLINE_COLOURS[label]),
  };
}

function labColour(rgb: readonly number[]): number[] {
  return loadDcmjs()
    .data.Colors.rgb2DICOMLAB(rgb.map((value) => value / 255))
    .map(Math.round);
}

const SEGMENT_NUMBER = 0x0062000b;
const SEGMENT_IDENTIFICATION = 0x0062000a;
const IMAGE_POSITION = 0x00200032;
const PLANE_POSITION = 0x00209113;

function dimensions(uid: string): Dataset {
  const index = (pointer: number, group: number, label: string) => ({
    DimensionOrganizationUID: uid,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: label,
  });
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: uid }],
    DimensionIndexSequence: [
      index(SEGMENT_NUMBER, SEGMENT_IDENTIFICATION, 'Segment Number'),
      index(IMAGE_POSITION, PLANE_POSITION, 'Image Position Patient'),
    ],
  };
}

function sharedGroups(
  { pixelSpacing }: DicomSeries,
  { sliceThickness }: SourceHeader,
  placed: readonly PlacedFrame[],
  mask: Volume<Uint8Array>,
): Dataset {
  const apart = sliceDistance(placed, mask);
  return {
    PlaneOrientationSequence: [
      { ImageOrientationPatient: placed[0].frame.imageOrientationPatient.map(decimal) },
    ],
    PixelMeasuresSequence: [
      {
        SliceThickness: decimal(sliceThickness ?? apart),
        SpacingBetweenSlices: decimal(apart),
        PixelSpacing: pixelSpacing.map(decimal),
      },
    ],
  };
}

/** Mean distance of neighbouring slices; of a single slice the voxel's side that no pixel step uses. */
function sliceDistance(placed: readonly PlacedFrame[], { size, affine }: Volume<Uint8Array>): number {
  const [first, last] = [placed[0], placed[placed.length - 1]];
  if (placed.length > 1) return (last.along - first.along) / (placed.length - 1);
  return voxelSpacing(affine)[size.indexOf(1)];
}

function frameGroups(frame: PlacedFrame['frame'], segment: number, position: number): Dataset {
  return {
    FrameContentSequence: [{ DimensionIndexValues: [segment, position] }],
    PlanePositionSequence: [{ ImagePositionPatient: frame.imagePositionPatient.map(decimal) }],
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }],
    DerivationImageSequence: [
      {
        DerivationCodeSequence: code('113076', 'DCM', 'Segmentation'),
        SourceImageSequence: [
          {
            ReferencedSOPClassUID: frame.sopClassUid,
            ReferencedSOPInstanceUID: frame.sopInstanceUid,
            ...frameNumber(frame),
            SpatialLocationsPreserved: 'YES',
            PurposeOfReferenceCodeSequence: code(
              '121322',
              'DCM',
              'Source image for image processing operation',
            ),
          },
        ],
      },
    ],
  };
}
