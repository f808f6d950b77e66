import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { looksLikeDicom } from '../dicom/readHeader.js';
import { problemOf } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import { isImageName, recogniseSequence } from '../recognise/imageName.js';
import { withFile } from '../volume/fileBytes.js';
import { findCaseFolders, listImages } from './caseFolder.js';
import { type NamedFiles, namedCandidate } from './openStudy.js';
import { looksLikeTar } from './untar.js';
import { looksLikeZip } from './unzip.js';
import { isNoImage, walk } from './walk.js';

/** What names tell of paths: one examination, folders of several, or nothing, so that a scan has to look. */
export type Names =
  | ({ readonly kind: 'case' } & NamedFiles)
  | { readonly kind: 'cases'; readonly folders: readonly string[] }
  /** `beyond`: there is DICOM, or an archive. */
  | { readonly kind: 'unknown'; readonly beyond: boolean };

const START_BYTES = 4096;

/** Whether folders are a case each, and not those of the single sequences of a few. */
export const areCases = (folders: readonly string[]) =>
  folders.every((folder) => recogniseSequence(basename(folder)).sequence === 'other');

/**
 * Looks at names alone: files are one examination where every image among them is named for what it is, once, and nothing else lies
 * beside or below them that may be an image, DICOM or an archive.
 *
 * @param links where symbolic links may lead.
 * @throws QuorumError FILE_NOT_FOUND, NO_IMAGES, CANCELLED; the first file's problem when none can be read.
 */
export async function lookAtNames(
  paths: readonly string[],
  { links = null, signal }: { readonly links?: LinkScope; readonly signal?: AbortSignal | undefined } = {},
): Promise<Names> {
  const below = await walk(paths, undefined, signal, links).catch((error) => {
    // A data set of very many cases is none that a scan would take.
    if (problemOf(error).code === 'FOLDER_TOO_LARGE') return null;
    throw error;
  });
  for (const file of below ?? []) if (await isBeyondNames(file)) return { kind: 'unknown', beyond: true };
  const folders = await caseFoldersBelow(paths, links);
  if (folders) return { kind: 'cases', folders };
  const files = await listImages(paths, links);
  if (below?.some((file) => isImageName(file) && !files.includes(file)))
    return { kind: 'unknown', beyond: false };
  const named = await namedCandidate(paths, [...new Set(files)]);
  return named ? { kind: 'case', ...named } : { kind: 'unknown', beyond: false };
}

/** Case folders in or below folders, where these are not one case themselves; null where there are none, or loose files were given. */
async function caseFoldersBelow(paths: readonly string[], links: LinkScope): Promise<string[] | null> {
  const found: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) return null;
    found.push(...(await findCaseFolders(path, undefined, links)));
  }
  const isOne = found.length === 0 || (paths.length === 1 && found[0] === paths[0]);
  return isOne ? null : [...new Set(found)];
}

/** Whether a file that no name explains is DICOM or an archive. */
async function isBeyondNames(file: string): Promise<boolean> {
  if (isImageName(file) || isNoImage(file)) return false;
  const start = await withFile(file, (opened) => opened.read(0, Math.min(START_BYTES, opened.length))).catch(
    () => null,
  );
  return (
    start !== null && (looksLikeDicom(start) || looksLikeZip(start) || (await looksLikeTar(start, file)))
  );
}
