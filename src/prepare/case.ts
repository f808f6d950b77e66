import { type Problem, QuorumError } from '../errors.js';
import { sequencesToUse } from '../intake/sequencesToUse.js';
import type { Study } from '../intake/study.js';
import { MODALITIES, type Modality } from '../terms.js';
import { traced } from '../trace.js';
import { sameGrid, voxelSpacing } from '../volume/affine.js';
import { sha256OfImage } from '../volume/imageHash.js';
import { type ImageFile, type NiftiForm, readVolume } from '../volume/read.js';
import { resample } from '../volume/resample.js';
import type { Affine, Grid } from '../volume/volume.js';
import { withZeroAir } from './air.js';
import { contentProblem, preparationProblems } from './checks.js';
import { measureImage } from './measure.js';
import { headerNotes, type InputNote } from './notes.js';
import { onOneGrid } from './oneGrid.js';
import type { Preparation, SeriesPlacement } from './preparation.js';

/** One to four images of one patient on one grid, skull-stripped, about 1 mm; values as in the files. */
export interface Case {
  readonly name: string;
  readonly grid: Grid;
  /** The exact NIfTI geometry of the image that gives the grid, so that masks carry the same; absent for other formats. */
  readonly form: NiftiForm | undefined;
  readonly images: Readonly<Partial<Record<Modality, ImageFile>>>;
  /** SHA-256 of each input file's bytes. */
  readonly hashes: Readonly<Partial<Record<Modality, string>>>;
  /** Checks that failed and were overridden by `force`. */
  readonly overridden: readonly Problem[];
  /** What the user must be told of the input. */
  readonly notes: readonly InputNote[];
  /** Where each source series lies; absent when nothing was moved. */
  readonly placements?: Readonly<Partial<Record<Modality, SeriesPlacement>>>;
  /** What was done to the images; absent when they came prepared. */
  readonly preparation?: Preparation;
}

export interface CaseOptions {
  /** Only these sequences are read; all that the study has when absent. */
  readonly use?: readonly Modality[];
  /** Accept images that are not skull-stripped, not about 1 mm or not on one grid. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/** The images of a study as they were read, and what they lack to be a Case as they are. */
export interface StudyImages {
  readonly name: string;
  /** In MODALITIES order. */
  readonly use: readonly Modality[];
  readonly images: Readonly<Partial<Record<Modality, ImageFile>>>;
  readonly hashes: Readonly<Partial<Record<Modality, string>>>;
  readonly notes: readonly InputNote[];
  /** RAS mm by a file's own header → RAS mm of its image here, where the header was not believed. */
  readonly moved: Readonly<Partial<Record<Modality, Affine>>>;
  /** What preparation has to do: the grids differ, voxels are not about 1 mm, the skull is there. */
  readonly problems: readonly Problem[];
}

/**
 * Study → Case for images that are prepared: reads and checks them. They must be co-registered on one grid, skull-stripped and
 * about 1 mm, whatever the order of their axes; `force` accepts others and lists what was overridden (images on other grids are
 * then resampled by their headers, trilinear, without registration). `prepareStudy` registers and strips what is not.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE, EMPTY_IMAGE, MASK_AS_IMAGE, GRIDS_DIFFER, NOT_ISOTROPIC_1MM,
 *   NOT_SKULL_STRIPPED (further problems in `also`), CANCELLED, and what reading a file throws.
 */
export async function prepareCase(study: Study, options: CaseOptions = {}): Promise<Case> {
  const read = await readStudyImages(study, options);
  if (read.problems.length > 0 && !options.force) throw refusal(read.problems);
  return caseAsRead(read, study);
}

/**
 * Reads the images of a study and measures what they lack.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE, EMPTY_IMAGE, MASK_AS_IMAGE, CANCELLED, and what reading a file throws.
 */
export async function readStudyImages(study: Study, options: CaseOptions = {}): Promise<StudyImages> {
  const available = MODALITIES.filter((m) => study.images[m]);
  const use = sequencesToUse(available, options.use ?? null);
  const images: Partial<Record<Modality, ImageFile>> = {};
  const hashes: Partial<Record<Modality, string>> = {};
  const problems: Problem[] = [];
  const notes: InputNote[] = [];
  for (const modality of use) {
    if (options.signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    const { file, mended } = study.images[modality]!;
    if (mended !== undefined) notes.push({ code: 'SLICES_INTERPOLATED', sequence: modality, what: mended });
    const place = { about: modality };
    const stored = await traced('read', () => readVolume(file), place);
    hashes[modality] = await traced('hash', () => sha256OfImage(file), place);
    const air = traced('air', () => withZeroAir(stored), place);
    if (air)
      notes.push({ code: 'AIR_SET_TO_ZERO', sequence: modality, value: air.value, shifted: air.shifted });
    const image = air ? { ...stored, data: air.data } : stored;
    const measured = traced('measure', () => measureImage(image), place);
    const content = contentProblem(image, measured);
    if (content) throw new QuorumError(content);
    problems.push(...traced('skull?', () => preparationProblems(image, measured), place));
    images[modality] = image;
  }
  notes.unshift(...headerNotes(images));
  const common = { name: study.name, use, hashes };
  const laid = traced('one grid', () => onOneGrid(images, use));
  if (laid) return { ...common, ...laid, notes: [...notes, ...laid.notes], problems };
  const [reference, ...others] = use.map((modality) => images[modality]!);
  const apart = others.filter((image) => !sameGrid(reference, image));
  const differ = apart.map((image) => gridsDiffer(reference, image));
  return { ...common, images, notes, moved: {}, problems: [...differ, ...problems] };
}

/**
 * A Case of images as they are; those on other grids than the first are resampled by their headers. Those that were moved against their
 * header have a placement, so that their mask can lie where the header says.
 */
export function caseAsRead(
  { name, use, images: read, hashes, problems, notes, moved }: StudyImages,
  study: Study,
): Case {
  const reference = read[use[0]]!;
  const { size, affine } = reference;
  const images: Partial<Record<Modality, ImageFile>> = {};
  for (const modality of use) {
    const image = read[modality]!;
    images[modality] = sameGrid(reference, image)
      ? image
      : { ...image, size, affine, data: resample(image, { size, affine }, { interpolation: 'linear' }) };
  }
  return {
    name,
    grid: { size, affine },
    form: reference.niftiHeader,
    images,
    hashes,
    overridden: problems,
    notes,
    ...(Object.keys(moved).length > 0 ? { placements: placementsOf(moved, study) } : {}),
  };
}

function placementsOf(moved: StudyImages['moved'], study: Study): NonNullable<Case['placements']> {
  return Object.fromEntries(
    Object.entries(moved).map(([modality, toCase]) => {
      const series = study.images[modality as Modality]!;
      const { size, affine } = series.header;
      return [modality, { series, grid: { size, affine }, toCase }];
    }),
  );
}

function refusal(problems: readonly Problem[]): QuorumError {
  const [first, ...also] = problems;
  return new QuorumError(also.length > 0 ? { ...first, also } : first);
}

function gridsDiffer(reference: ImageFile, image: ImageFile): Problem {
  return {
    code: 'GRIDS_DIFFER',
    file: image.file,
    expected: `the grid of ${reference.file}: ${describeGrid(reference)}`,
    found: describeGrid(image),
    files: [reference.file, image.file],
  };
}

function describeGrid({ size, affine }: Grid): string {
  const spacing = voxelSpacing(affine).map((side) => side.toFixed(2));
  const origin = [affine[12], affine[13], affine[14]].map((mm) => mm.toFixed(1));
  return `${size.join('×')} voxels of ${spacing.join('×')} mm, origin (${origin.join(', ')}) mm`;
}
