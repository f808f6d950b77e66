import type { DicomFrame, DicomSeries } from '../../dicom/series.js';
import { REGIONS, type Region } from '../../terms.js';
import type { Volume } from '../../volume/volume.js';
import { annotatedSlice } from './annotatedSlice.js';
import { code, commonModules, decimal, encodeDicom, type Provenance, RESEARCH_ONLY } from './dataset.js';
import { placeFrames } from './placement.js';
import { frameNumber } from './references.js';
import { pixelVoxels } from './segmentation.js';
import type { SourceHeader } from './sourceHeader.js';

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';

/** A volume to be burnt in; null where these sequences do not support the region. */
export type BurntVolumes = Readonly<Record<Region, number | null>>;

export interface CaptureSource {
  readonly series: DicomSeries;
  readonly header: SourceHeader;
  /** The series' own image, and the mask (BraTS labels) on the same grid, any axis order. */
  readonly image: Volume;
  readonly mask: Volume<Uint8Array>;
  /** In ml. */
  readonly volumes: BurntVolumes;
}

/**
 * An RGB Secondary Capture series: one image for every slice of the source, with the outlines and volumes burnt in, for viewers
 * that cannot load DICOM-SEG. Single-frame objects (SOP class 1.2.840.10008.5.1.4.1.1.7), since every PACS takes those and
 * stacks them into a series, while the multi-frame true-colour class is younger and not accepted everywhere. Each image repeats
 * position and spacing of its source. Carries the patient's identity, copied from the source, but none in the pixels.
 *
 * @returns the files' bytes by growing position along the slices' normal, made one at a time.
 * @throws QuorumError FRAMES_DIFFER.
 */
export function* secondaryCaptures(source: CaptureSource, provenance: Provenance): Generator<Uint8Array> {
  const { series, header, image, mask, volumes } = source;
  const placed = placeFrames(series, mask);
  const scale = enlargement(series, placed.length);
  const { low, high } = windowOf(image.data);
  const seriesUid = provenance.newUid();
  const area = series.rows * series.columns;
  for (const [n, frame] of placed.entries()) {
    const [grey, labels] = [new Uint8Array(area), new Uint8Array(area)];
    let at = 0;
    for (const voxel of pixelVoxels(frame, series)) {
      grey[at] = Math.round(255 * Math.min(1, Math.max(0, (image.data[voxel] - low) / (high - low))));
      labels[at++] = mask.data[voxel];
    }
    const texts = burntTexts(volumes, provenance, n + 1, placed.length);
    const picture = annotatedSlice(
      { rows: series.rows, columns: series.columns, grey, labels },
      texts,
      scale,
    );
    const dataset = {
      ...commonModules(series, header, provenance, {
        sopClass: SECONDARY_CAPTURE,
        modality: 'OT',
        number: 9002,
        title: 'tumour outlines',
      }),
      SOPInstanceUID: provenance.newUid(),
      SeriesInstanceUID: seriesUid,
      InstanceNumber: String(n + 1),
      ConversionType: 'WSD',
      // Both must be there where the scanner's own would be, be they empty: a head has no side, and the direction of rows and
      // columns follows from the orientation below.
      Laterality: '',
      PatientOrientation: '',
      ImageType: ['DERIVED', 'SECONDARY'],
      DerivationDescription: 'Outlines and volumes of a segmentation burnt in by Quorum. Research use only.',
      ...geometry(series, frame.frame, scale),
      SourceImageSequence: [
        {
          ReferencedSOPClassUID: frame.frame.sopClassUid,
          ReferencedSOPInstanceUID: frame.frame.sopInstanceUid,
          ...frameNumber(frame.frame),
          PurposeOfReferenceCodeSequence: code(
            '121322',
            'DCM',
            'Source image for image processing operation',
          ),
        },
      ],
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      PixelRepresentation: 0,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      Rows: picture.rows,
      Columns: picture.columns,
    };
    yield encodeDicom(dataset, evenLength(picture.rgb));
  }
}

/** Thick slices are few: then 512 pixels and more, so that outlines are fine; else what the text needs. */
function enlargement({ columns }: DicomSeries, slices: number): number {
  return Math.max(1, Math.ceil((slices > 64 ? 256 : 512) / columns));
}

/** The 1st and the 99.5th percentile of the values above 0. */
function windowOf(data: Volume['data']): { low: number; high: number } {
  const step = Math.max(1, Math.floor(data.length / 1_000_000));
  const values = data.filter((value, at) => at % step === 0 && value > 0).sort();
  const low = values[Math.floor(0.01 * values.length)] ?? 0;
  const high = values[Math.floor(0.995 * (values.length - 1))] ?? 1;
  return { low, high: high > low ? high : low + 1 };
}

function burntTexts(volumes: BurntVolumes, provenance: Provenance, n: number, count: number): string[] {
  const ml = REGIONS.map((region) => {
    const volume = volumes[region];
    return volume === null ? `${region} NOT SUPPORTED` : `${region} ${volume.toFixed(1)} ml`;
  });
  const { quorumVersion, modelName, modelVersion, editedByHand } = provenance;
  return [
    RESEARCH_ONLY,
    ml.join('  '),
    `SLICE ${n}/${count}${editedByHand ? '  EDITED BY HAND' : ''}`,
    `QUORUM ${quorumVersion}  MODEL ${modelName} ${modelVersion}`.toUpperCase(),
  ];
}

/** Where the enlarged pixels lie: the first one's centre is nearer to the corner than the source's. */
function geometry(
  { pixelSpacing, frameOfReferenceUid }: DicomSeries,
  frame: DicomFrame,
  scale: number,
): Record<string, unknown> {
  const [rows, columns] = pixelSpacing.map((spacing) => spacing / scale);
  const back = (1 / scale - 1) / 2;
  const orientation = frame.imageOrientationPatient;
  const position = frame.imagePositionPatient.map(
    (value, axis) =>
      value + back * (pixelSpacing[1] * orientation[axis] + pixelSpacing[0] * orientation[3 + axis]),
  );
  return {
    ...(frameOfReferenceUid === null ? {} : { FrameOfReferenceUID: frameOfReferenceUid }),
    ImagePositionPatient: position.map(decimal),
    ImageOrientationPatient: orientation.map(decimal),
    PixelSpacing: [decimal(rows), decimal(columns)],
  };
}

function evenLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 1);
  padded.set(bytes);
  return padded;
}
