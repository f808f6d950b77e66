import { z } from 'zod';

/**
 * Everything that can be written besides the masks, as data: request fields, the command line's options, the dialog's boxes, the
 * fingerprint of "finished before" and the table in docs/export.md follow from this list. What writes a format is
 * `pipeline/formats/<id>.ts`. A new format is a row here, its file, and a line in `pipeline/formats.ts`.
 */

/** What a format may need of a case and of the mask that is written. */
export interface FormatNeeds {
  /** A sequence in use came from DICOM. */
  readonly dicom: boolean;
  /** Raw images were prepared, so that series lie on other grids than the mask. */
  readonly prepared: boolean;
  /** No image with a skull was taken as it is. */
  readonly stripped: boolean;
  /** Of how many sequences the mask is. */
  readonly sequences: number;
}

interface FormatData {
  /** The request's field, and the name of the file that writes it. */
  readonly id: string;
  /** In the dialog, among what people read or what other programs do. */
  readonly title: string;
  readonly isForPeople: boolean;
  /** On the command line; `--no-…` where it is written unless refused. */
  readonly option: string;
  /** Behind “also write” on the command line. */
  readonly help: string;
  readonly files: string;
  /** Whether the patient's name and number stand in it. */
  readonly namesPatient?: true;
  /** Whether it is written when nothing is said, in a window's request and on the command line. */
  readonly byDefault: { readonly window: boolean; readonly terminal: boolean };
  /** Why there is nothing to write, in words; null where it can be written. */
  readonly missing: (about: FormatNeeds) => string | null;
  /** What of it there is for this mask, where that is not always the same. */
  readonly extent?: (about: FormatNeeds) => string;
}

const never = { window: false, terminal: false };
const nothing = () => null;
const needsDicom = ({ dicom }: FormatNeeds) => (dicom ? null : 'needs DICOM input');

export const FORMATS = [
  {
    id: 'native',
    title: 'The mask on each original series (NIfTI)',
    isForPeople: false,
    option: 'native',
    help: 'the mask on every source series’ own grid, where the images were prepared',
    files: '`native/<sequence>_seg.nii.gz`',
    byDefault: { window: true, terminal: true },
    missing: ({ prepared }) => (prepared ? null : 'only after preparation'),
  },
  {
    id: 'probabilities',
    title: 'Probability maps',
    isForPeople: true,
    option: 'probabilities',
    help: 'probability maps per region, and the spread of the sequences’ own probabilities where there are several',
    files: '`<case>_probability_<region>.nii.gz`, `<case>_spread_<region>.nii.gz`',
    byDefault: never,
    missing: nothing,
    extent: ({ sequences }) =>
      sequences > 1 ? 'with the disagreement of the sequences' : 'no map of disagreement: only one sequence',
  },
  {
    id: 'strippedImages',
    title: 'The skull-stripped images, header text removed',
    isForPeople: false,
    option: 'stripped-images',
    help: 'the skull-stripped images without header text (NIfTI)',
    files: '`images/<sequence>.nii.gz`',
    byDefault: never,
    missing: ({ stripped }) => (stripped ? null : 'an image still has its skull, and with it a face'),
  },
  {
    id: 'stl',
    title: 'Surface of each region (STL)',
    isForPeople: false,
    option: 'stl',
    help: 'a surface of each region (STL, LPS mm)',
    files: '`<case>_<region>.stl`',
    byDefault: never,
    missing: nothing,
  },
  {
    id: 'bids',
    title: 'BIDS derivative (folder)',
    isForPeople: false,
    option: 'bids',
    help: 'the mask as a BIDS derivative dataset of its own',
    files:
      '`bids/dataset_description.json`, `bids/sub-<label>/anat/sub-<label>_space-orig_desc-quorum_dseg.nii.gz`',
    byDefault: never,
    missing: nothing,
  },
  {
    id: 'dicomSeg',
    title: 'DICOM-SEG for the PACS',
    isForPeople: false,
    option: 'dicom-seg',
    help: 'DICOM-SEG; needs DICOM input, carries the patient’s identity',
    files: '`dicom/<sequence>_seg.dcm`',
    byDefault: never,
    namesPatient: true,
    missing: needsDicom,
  },
  {
    id: 'rtstruct',
    title: 'Outlines as RT Structure Set (DICOM)',
    isForPeople: false,
    option: 'rtstruct',
    help: 'the regions’ outlines as a DICOM RT Structure Set; needs DICOM input, carries the patient’s identity',
    files: '`dicom/<sequence>_rtstruct.dcm`',
    byDefault: never,
    namesPatient: true,
    missing: needsDicom,
  },
  {
    id: 'secondaryCapture',
    title: 'Pictures with outlines for the PACS (Secondary Capture)',
    isForPeople: false,
    option: 'secondary-capture',
    help: 'DICOM pictures with outlines and volumes; needs DICOM input, carries the patient’s identity',
    files: '`dicom/<sequence>_outlines/<number>.dcm`',
    byDefault: never,
    namesPatient: true,
    missing: needsDicom,
  },
  {
    id: 'picture',
    title: 'Overview picture (PNG)',
    isForPeople: true,
    option: 'picture',
    help: 'an overview picture (PNG): one axial slice of every image and every mask',
    files: '`<case>_picture.png`',
    byDefault: { window: true, terminal: false },
    missing: nothing,
  },
  {
    id: 'figure',
    title: 'Figure for a paper (SVG)',
    isForPeople: true,
    option: 'figure',
    help: 'a figure for a paper (SVG): the same slice, texts as text and outlines as paths',
    files: '`<case>_figure.svg`',
    byDefault: { window: true, terminal: false },
    missing: nothing,
  },
  {
    id: 'csv',
    title: 'Numbers as a table (CSV)',
    isForPeople: true,
    option: 'csv',
    help: 'the numbers as a table (CSV)',
    files: '`<case>_volumes.csv`',
    byDefault: { window: true, terminal: false },
    missing: nothing,
  },
  {
    id: 'report',
    title: 'Report (HTML)',
    isForPeople: true,
    option: 'report',
    help: 'a report to read or print (HTML)',
    files: '`<case>_report.html`',
    byDefault: { window: true, terminal: false },
    missing: nothing,
  },
] as const satisfies readonly FormatData[];

/** Formats in which the patient's name and number stand. */
export const NAMING_FORMATS = FORMATS.filter((format) => 'namesPatient' in format).map(({ id }) => id);

export type FormatId = (typeof FORMATS)[number]['id'];
/** Which formats are written. */
export type FormatChoice = Readonly<Record<FormatId, boolean>>;

/** A field for every format, with what is written when nothing is said. */
export function formatsShape(face: 'window' | 'terminal') {
  const fields = FORMATS.map(({ id, byDefault }) => [id, z.boolean().default(byDefault[face])]);
  return Object.fromEntries(fields) as Record<FormatId, z.ZodDefault<z.ZodBoolean>>;
}

/** No format at all. */
export const NO_FORMATS = Object.fromEntries(FORMATS.map(({ id }) => [id, false])) as FormatChoice;
