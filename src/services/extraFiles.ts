import type { Problem } from '../errors.js';
import { QuorumError } from '../errors.js';
import type { Provenance } from '../export/dicom/dataset.js';
import { type BurntVolumes, secondaryCaptures } from '../export/dicom/secondaryCapture.js';
import { checkReferable, dicomSegmentation } from '../export/dicom/segmentation.js';
import { readSourceHeader } from '../export/dicom/sourceHeader.js';
import { IN_REGION } from '../export/regions.js';
import { strippedImageFile, writeStrippedImages } from '../export/strippedImages.js';
import { regionStl } from '../export/surface.js';
import type { DicomSeries } from '../intake/study.js';
import { IDENTITY } from '../prepare/placement.js';
import { labelsOnSeries } from '../segment/onSeries.js';
import { type Modality, REGIONS, type Region } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import { writeFileAtomically } from '../volume/atomicFile.js';
import type { NiftiForm } from '../volume/niftiForm.js';
import { readVolume } from '../volume/read.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import type { SegmentRequest } from './contract.js';
import type { JobContext } from './jobs.js';

export type ExtraRequest = Pick<SegmentRequest, 'dicomSeg' | 'secondaryCapture' | 'stl' | 'strippedImages'>;

/** A sequence that a mask came from, as it was before it was prepared. */
export interface SourceImage {
  readonly modality: Modality;
  /** An image file on the series' own grid. */
  readonly file: string;
  /** Absent for NIfTI, MHA and NRRD. */
  readonly dicom?: DicomSeries | undefined;
  /** RAS mm of the series → RAS mm of the case; absent where nothing was moved. */
  readonly toCase?: Affine | undefined;
}

/** Everything that the further files are made of. */
export interface ExtraContent {
  readonly name: string;
  readonly sources: readonly SourceImage[];
  /** The result on the case's grid, BraTS labels. */
  readonly mask: Volume<Uint8Array>;
  readonly form: NiftiForm | undefined;
  readonly volumes: BurntVolumes;
  readonly provenance: Provenance;
  /** The case's images, and checks of them that were overridden; read when they are asked for. */
  readonly prepared: () => Promise<{
    readonly images: Readonly<Partial<Record<Modality, Volume>>>;
    readonly overridden: readonly Problem[];
  }>;
}

const stlFile = (name: string, region: Region) => `${name}_${region}.stl`;
const segmentationFile = (modality: Modality) => `dicom/${modality}_seg.dcm`;
const captureFile = (modality: Modality, n: number) =>
  `dicom/${modality}_outlines/${String(n + 1).padStart(4, '0')}.dcm`;

/** Sequences on which outlines are looked at, best first. */
const CAPTURE_ORDER: readonly Modality[] = ['t1ce', 'flair', 't2', 't1'];

type DicomSource = SourceImage & { readonly dicom: DicomSeries };

/**
 * Names of the further files, relative to the output folder. STL files of regions that turn out empty are not written.
 *
 * @throws QuorumError NOT_DICOM when DICOM objects are asked for and none of the sequences is from DICOM.
 */
export function plannedExtras(
  request: ExtraRequest,
  { name, sources }: Pick<ExtraContent, 'name' | 'sources'>,
): string[] {
  const dicom = dicomSources(request, sources);
  const captured = request.secondaryCapture ? captureSource(dicom) : undefined;
  return [
    ...(request.stl ? REGIONS.map((region) => stlFile(name, region)) : []),
    ...(request.dicomSeg ? dicom.map(({ modality }) => segmentationFile(modality)) : []),
    ...(captured ? captured.dicom.frames.map((_, n) => captureFile(captured.modality, n)) : []),
    ...(request.strippedImages ? sources.map(({ modality }) => strippedImageFile(modality)) : []),
  ];
}

/**
 * Finds what the DICOM objects that were asked for would fail on, before anything is computed.
 *
 * @throws QuorumError NOT_DICOM, DICOM_INCOMPLETE, DICOM_INVALID, and what reading a header throws.
 */
export async function checkExtras(request: ExtraRequest, sources: readonly SourceImage[]): Promise<void> {
  for (const { dicom } of dicomSources(request, sources)) {
    if (request.dicomSeg) checkReferable(dicom);
    await readSourceHeader(dicom.frames[0].file);
  }
}

/**
 * Writes what was asked for: surfaces, images without header text, DICOM-SEG for every sequence that came from DICOM, outlines on
 * the best of them.
 *
 * @param stage gives the path to write a file to.
 * @param leaveOut is told of a DICOM-SEG whose mask is empty, which is then not written; without it that is an error.
 * @throws QuorumError NOT_DICOM, MASK_EMPTY (DICOM-SEG of an empty mask), FRAMES_DIFFER, DICOM_INCOMPLETE, DICOM_INVALID,
 *   NOT_SKULL_STRIPPED, DISK_FULL, OUTPUT_NOT_WRITABLE, CANCELLED.
 */
export async function writeExtras(
  request: ExtraRequest,
  content: ExtraContent,
  stage: (file: string) => Promise<string>,
  { signal, report }: JobContext,
  leaveOut?: (file: string, problem: Problem) => void,
): Promise<void> {
  const write = async (file: string, bytes: Uint8Array) => {
    if (signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    await writeFileAtomically(await stage(file), [bytes]);
  };
  const dicom = dicomSources(request, content.sources);
  if (request.strippedImages) {
    report('images', 0.9);
    const { images, overridden } = await content.prepared();
    await writeStrippedImages(images, { grid: content.mask, form: content.form }, overridden, stage);
  }
  if (request.stl) {
    report('surfaces', 0.92);
    for (const region of REGIONS) {
      const bytes = regionStl(content.mask, IN_REGION[region]);
      if (bytes) await write(stlFile(content.name, region), bytes);
    }
  }
  const captured = request.secondaryCapture ? captureSource(dicom) : undefined;
  for (const source of dicom) {
    if (!request.dicomSeg && source !== captured) continue;
    report('DICOM', 0.95);
    const image = await readVolume(source.file);
    const mask = maskOn(content.mask, image, source.toCase);
    const header = await readSourceHeader(source.dicom.frames[0].file);
    if (request.dicomSeg) {
      const file = segmentationFile(source.modality);
      if (leaveOut && mask.data.every((label) => label === 0)) leaveOut(file, { code: 'MASK_EMPTY' });
      else await write(file, dicomSegmentation(source.dicom, header, mask, content.provenance));
    }
    if (source !== captured) continue;
    const { volumes, provenance } = content;
    const captures = secondaryCaptures({ series: source.dicom, header, image, mask, volumes }, provenance);
    let n = 0;
    for (const bytes of captures) await write(captureFile(source.modality, n++), bytes);
  }
}

function dicomSources(request: ExtraRequest, sources: readonly SourceImage[]): DicomSource[] {
  if (!request.dicomSeg && !request.secondaryCapture) return [];
  const dicom = sources.filter((source): source is DicomSource => source.dicom !== undefined);
  if (dicom.length > 0) return dicom;
  throw new QuorumError({
    code: 'NOT_DICOM',
    expected: 'DICOM series',
    found: 'other image files',
    files: sources.map(({ file }) => file),
  });
}

function captureSource(dicom: readonly DicomSource[]): DicomSource | undefined {
  const order = (source: DicomSource) => CAPTURE_ORDER.indexOf(source.modality);
  return [...dicom].sort((a, b) => order(a) - order(b))[0];
}

/** The mask on the grid of a series; the mask itself where nothing was moved. */
function maskOn(mask: Volume<Uint8Array>, series: Grid, toCase: Affine | undefined): Volume<Uint8Array> {
  const grid = { size: series.size, affine: series.affine };
  if (toCase === undefined && sameGrid(mask, grid)) return { ...grid, data: mask.data };
  return { ...grid, data: labelsOnSeries(mask, { grid, toCase: toCase ?? IDENTITY }) };
}
