/** One image of a DICOM series, and where it lies. */
export interface DicomFrame {
  readonly file: string;
  /** Index of the frame in the file, from 0. */
  readonly frame: number;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Centre of the first pixel, LPS mm. */
  readonly imagePositionPatient: readonly [number, number, number];
  /** Direction along a row (of growing columns), then down a column (of growing rows), LPS. */
  readonly imageOrientationPatient: readonly number[];
}

/** The DICOM series that a volume came from. */
export interface DicomSeries {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string | null;
  readonly modality: string;
  readonly frames: readonly DicomFrame[];
  readonly rows: number;
  readonly columns: number;
  /** Distance of rows, then of columns, in mm. */
  readonly pixelSpacing: readonly [number, number];
}
