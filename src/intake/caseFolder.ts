import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { QuorumError } from '../errors.js';
import { type LinkScope, mayFollow } from '../files/within.js';
import { imageStem, isImageName, recogniseSequence } from '../recognise/imageName.js';
import { MODALITIES } from '../terms.js';

/**
 * The case folders in or below `folder`: every folder that directly holds an image of a known sequence, or folders that are named for
 * the one image in each (`T1/image.nii.gz`). When `folder` is itself one, it alone is returned; its sub-folders are other data. Symbolic
 * links to folders are followed.
 *
 * @param depth how many levels below are searched (BIDS needs 3: subject, session, anat).
 * @param links where links to folders may lead; others are passed over.
 */
export async function findCaseFolders(folder: string, depth = 4, links: LinkScope = null): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => !entry.isDirectory() && tellsSequence(entry.name))) return [folder];
  if (depth === 0) return [];
  const inside: string[] = [];
  for (const entry of entries
    .filter((e) => (e.isDirectory() || e.isSymbolicLink()) && !e.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (!entry.isSymbolicLink() || ((await leadsToFolder(path, folder)) && (await mayFollow(path, links))))
      inside.push(path);
  }
  for (const path of inside) if (isNamedForItsImage(basename(path), await imageNames(path))) return [folder];
  const found: string[] = [];
  for (const path of inside) found.push(...(await findCaseFolders(path, depth - 1, links)));
  return found;
}

function tellsSequence(name: string): boolean {
  if (!isImageName(name)) return false;
  return MODALITIES.some((modality) => modality === recogniseSequence(name).sequence);
}

/** Whether a file's own name says nothing: neither sequence nor mask nor what it is set aside for. */
export function tellsNothing(path: string): boolean {
  const { sequence, confidence, isOpen } = recogniseSequence(basename(path));
  return sequence === 'other' && confidence === 0 && !isOpen;
}

/** Whether a folder is named for the one image in it, whose own name says nothing or the same (`T1/image.nii.gz`, `Patient_T1GD/`). */
export function isNamedForItsImage(folder: string, images: readonly string[]): boolean {
  if (images.length !== 1) return false;
  const { sequence } = recogniseSequence(folder);
  if (sequence === 'mask' || sequence === 'other') return false;
  return tellsNothing(images[0]) || recogniseSequence(images[0]).sequence === sequence;
}

/** What archives and tools call a folder whatever lies in it. */
const TELLS_NOTHING =
  /^(nii|nifti\d?|niftis?|files?|resources?|images?|img|data|anat|dcm2niix|out(put)?|converted)$/i;
/** As deep as XNAT puts an image below the scan’s folder, and one more. */
const DEEPEST = 4;

/** The folder that may be named for the image in `folder`: itself, or above it where its name says nothing (`T1/NIfTI/`). */
export function namingFolder(folder: string): string {
  let named = folder;
  for (let n = 0; n < DEEPEST && TELLS_NOTHING.test(basename(named)); n++) named = dirname(named);
  return named;
}

async function imageNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => isImageName(name) && !name.startsWith('.')).sort();
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
 * The image files that paths stand for: those directly in a folder, by name, those of folders in it that are named for their one image
 * where none of the others tells a sequence, and loose files as they are.
 *
 * @param links where links may lead; others are passed over.
 * @throws QuorumError FILE_NOT_FOUND.
 */
export async function listImages(paths: readonly string[], links: LinkScope = null): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths.map((p) => resolve(p))) {
    const info = await stat(path).catch((cause) => {
      throw new QuorumError({ code: 'FILE_NOT_FOUND', file: path }, { cause });
    });
    if (info.isDirectory()) {
      const names = await imageNames(path);
      files.push(...names.map((name) => join(path, name)));
      if (!names.some(tellsSequence)) files.push(...(await inNamedFolders(path)));
    } else files.push(path);
  }
  const followed = await Promise.all(files.map((file) => mayFollow(file, links)));
  return files.filter((_, at) => followed[at]);
}

async function inNamedFolders(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const images = await imageNames(join(folder, entry.name));
    if (isNamedForItsImage(entry.name, images)) files.push(join(folder, entry.name, images[0]));
  }
  return files.sort();
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
  if (files.length === 0) return null;
  const folder = dirname(files[0]);
  return files.every((file) => dirname(file) === folder) ? folder : null;
}
