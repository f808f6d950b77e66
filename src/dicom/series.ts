/** Identity and geometry of a DICOM series; every position and direction in DICOM's LPS mm. */
export interface DicomSeries {
  readonly studyInstanceUid: string;
  /** Of the first frame; a volume that the scanner split over two series has frames of both. */
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string | null;
  readonly modality: string;
  /** As in the files, for exports that must carry it; never logged. */
  readonly patient: DicomPatient;
  /** One a slice, in the order of the converted NIfTI's slices. */
  readonly frames: readonly DicomFrame[];
  readonly rows: number;
  readonly columns: number;
  /** Between rows, between columns, in mm, as in the DICOM attribute. */
  readonly pixelSpacing: readonly [number, number];
}

export interface DicomPatient {
  readonly id: string | null;
  readonly name: string | null;
  readonly sex: string | null;
  /** DICOM DA: YYYYMMDD. */
  readonly birthDate: string | null;
}

export interface DicomFrame {
  readonly file: string;
  /** Counted from 0 within the file. */
  readonly frame: number;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly imagePositionPatient: readonly [number, number, number];
  readonly imageOrientationPatient: readonly [number, number, number, number, number, number];
}
