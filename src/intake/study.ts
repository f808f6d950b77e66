import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { QuorumError } from '../errors.js';
import { MODALITIES, type Modality } from '../terms.js';
import { type ImageHeader, readHeader } from '../volume/read.js';
import { imageStem, isImageName, recogniseSequence } from './recognise.js';

/** One image of an examination: what it was recognised as, why, and its geometry. */
export interface Series {
  /** An image file that `volume` reads; for DICOM the NIfTI that it was converted to, in a private working folder. */
  readonly file: string;
  /** Absent for NIfTI, MHA and NRRD. */
  readonly dicom?: DicomSeries;
  readonly sequence: Modality | 'mask' | 'other';
  /** Why it was recognised so, in words; `chosen by the user` after an override. */
  readonly reason: string;
  /** 0..1: how far signs agree. Ranks recognitions; it is no measured probability. 1 after an override. */
  readonly confidence: number;
  readonly header: ImageHeader;
  readonly about: AboutSeries;
}

/** What the headers say of a series; a field is absent where they are silent. */
export interface AboutSeries {
  readonly description?: string;
  readonly protocol?: string;
  /** ISO 8601 date, with the time where it is known, no zone. */
  readonly acquired?: string;
  /** Milliseconds. */
  readonly echoTime?: number;
  readonly repetitionTime?: number;
  readonly inversionTime?: number;
  /** null: the field is there and says that none was given. */
  readonly contrastAgent?: string | null;
  /** Millimetres. */
  readonly sliceThickness?: number;
  readonly manufacturer?: string;
  /** Tesla. */
  readonly fieldStrength?: number;
  readonly seriesNumber?: number;
  /** Degrees. */
  readonly flipAngle?: number;
  /** Counted from 1 within an acquisition of several echoes. */
  readonly echoNumber?: number;
  /** Scanning Sequence and Sequence Variant, upper case: SE, IR, GR, EP; SK, SP, MP, SS. */
  readonly scanning?: readonly string[];
  readonly variant?: readonly string[];
  /** Image Type, upper case. */
  readonly imageType?: readonly string[];
  /** s/mm². */
  readonly bValue?: number;
  /** Body Part Examined. */
  readonly bodyPart?: string;
  readonly sequenceName?: string;
  /** When the contrast agent was injected: ISO 8601, no zone. */
  readonly injected?: string;
}

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

/** One patient, one examination: its series, and which of them serves as which sequence. */
export interface Study {
  /** The folder's name, or the common prefix of loose files. */
  readonly name: string;
  /** The folder the series lie in, or null for loose files from several folders. */
  readonly folder: string | null;
  readonly series: readonly Series[];
  readonly images: Readonly<Partial<Record<Modality, Series>>>;
  readonly masks: readonly Series[];
}

/** Files that the user named for a sequence (`--t1 FILE`); they win over what names say. */
export type SequenceOverrides = Readonly<Partial<Record<Modality, string>>>;

/**
 * Makes a Study of one folder or of loose files. Only files directly in the folder count.
 *
 * @throws QuorumError FILE_NOT_FOUND, NO_IMAGES, ONLY_MASKS, SEQUENCE_AMBIGUOUS (two files for one sequence, both listed),
 *   SEQUENCE_UNKNOWN (images, but none with a known sequence), and what reading a header throws.
 */
export async function openStudy(paths: readonly string[], overrides: SequenceOverrides = {}): Promise<Study> {
  const files = await listImages(paths);
  const chosen = new Map(
    Object.entries(overrides).map(([modality, file]) => [resolve(file), modality as Modality]),
  );
  const all = [...new Set([...files, ...chosen.keys()])];
  if (all.length === 0)
    throw new QuorumError({
      code: 'NO_IMAGES',
      file: paths[0],
      expected: '.nii, .nii.gz, .mha, .mhd, .nrrd or .nhdr',
    });

  const recognised = all.map((file) => {
    const modality = chosen.get(file);
    return {
      file,
      ...(modality
        ? { sequence: modality, reason: 'chosen by the user', confidence: 1 }
        : recogniseSequence(basename(file))),
    };
  });
  const images: Partial<Record<Modality, (typeof recognised)[number]>> = {};
  for (const modality of MODALITIES) {
    const candidates = recognised.filter((series) => series.sequence === modality);
    const winner = candidates.find((series) => chosen.has(series.file)) ?? candidates[0];
    if (!winner) continue;
    if (candidates.length > 1 && !chosen.has(winner.file)) {
      throw new QuorumError({
        code: 'SEQUENCE_AMBIGUOUS',
        field: modality,
        expected: 'one file',
        found: `${candidates.length} files`,
        files: candidates.map((series) => series.file),
      });
    }
    images[modality] = winner;
  }
  if (Object.keys(images).length === 0) throw nothingRecognised(recognised);

  const series: Series[] = [];
  for (const entry of recognised) series.push({ ...entry, header: await readHeader(entry.file), about: {} });
  const byFile = new Map(series.map((entry) => [entry.file, entry]));
  return {
    name: await studyName(paths, all),
    folder: commonFolder(all),
    series,
    images: Object.fromEntries(Object.entries(images).map(([m, entry]) => [m, byFile.get(entry.file)!])),
    masks: series.filter((entry) => entry.sequence === 'mask'),
  };
}

/**
 * The case folders in or below `folder`: every folder that directly holds an image of a known sequence.
 * When `folder` is itself one, it alone is returned; its sub-folders are other data. Symbolic links to folders are followed.
 *
 * @param depth how many levels below are searched (BIDS needs 3: subject, session, anat).
 */
export async function findCaseFolders(folder: string, depth = 4): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const holdsImage = entries.some((entry) => {
    if (entry.isDirectory() || !isImageName(entry.name)) return false;
    return MODALITIES.some((modality) => modality === recogniseSequence(entry.name).sequence);
  });
  if (holdsImage) return [folder];
  if (depth === 0) return [];
  const found: string[] = [];
  for (const entry of entries
    .filter((e) => (e.isDirectory() || e.isSymbolicLink()) && !e.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(folder, entry.name);
    if (entry.isSymbolicLink() && !(await leadsToFolder(inside, folder))) continue;
    found.push(...(await findCaseFolders(inside, depth - 1)));
  }
  return found;
}

/** Whether a symbolic link leads to a folder other than those that it lies in; a dead link leads nowhere. */
async function leadsToFolder(link: string, folder: string): Promise<boolean> {
  try {
    const [target, from] = await Promise.all([realpath(link), realpath(folder)]);
    return !`${from}${sep}`.startsWith(`${target}${sep}`) && (await stat(target)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * The image files that paths stand for: those directly in a folder, by name, and loose files as they are.
 *
 * @throws QuorumError FILE_NOT_FOUND.
 */
export async function listImages(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths.map((p) => resolve(p))) {
    const info = await stat(path).catch((cause) => {
      throw new QuorumError({ code: 'FILE_NOT_FOUND', file: path }, { cause });
    });
    if (info.isDirectory()) {
      const names = await readdir(path);
      files.push(
        ...names
          .filter((name) => isImageName(name) && !name.startsWith('.'))
          .sort()
          .map((name) => join(path, name)),
      );
    } else files.push(path);
  }
  return files;
}

function nothingRecognised(recognised: readonly { file: string; sequence: string }[]): QuorumError {
  const files = recognised.map((series) => series.file);
  if (recognised.every((series) => series.sequence === 'mask')) {
    return new QuorumError({
      code: 'ONLY_MASKS',
      expected: 'at least one of T1, T1ce, T2, FLAIR',
      found: 'masks only',
      files,
    });
  }
  return new QuorumError({
    code: 'SEQUENCE_UNKNOWN',
    expected: 'a file name with T1, T1ce, T2 or FLAIR in it',
    files,
  });
}

/** The folder's name (BIDS `anat`: of the files); for loose files their common prefix without a trailing `_` or `-`. */
export async function studyName(paths: readonly string[], files: readonly string[]): Promise<string> {
  const [only] = paths;
  if (paths.length === 1 && (await stat(only)).isDirectory()) {
    const name = basename(resolve(only));
    if (name.toLowerCase() !== 'anat') return name;
  }
  return commonPrefix(files.map((file) => imageStem(basename(file)))) || basename(dirname(resolve(files[0])));
}

/** The common start of all names, cut at a word's end, without a sequence's name behind it. */
function commonPrefix(names: readonly string[]): string {
  let prefix = names[0];
  for (const name of names) while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
  const endsWord = names.every((name) => name.length === prefix.length || /[-_.]/.test(name[prefix.length]));
  const lastSeparator = prefix.search(/[-_.][^-_.]*$/);
  const inWords = endsWord || lastSeparator <= 0 ? prefix : prefix.slice(0, lastSeparator);
  const trimmed = inWords.replace(/[-_.]+$/, '');
  const tail = trimmed.search(/[-_.][^-_.]*$/);
  const tailIsSequence = tail > 0 && recogniseSequence(trimmed.slice(tail)).sequence !== 'other';
  return tailIsSequence ? trimmed.slice(0, tail) : trimmed;
}

/** The folder in which all files lie, or null. */
export function commonFolder(files: readonly string[]): string | null {
  const folder = dirname(files[0]);
  return files.every((file) => dirname(file) === folder) ? folder : null;
}
