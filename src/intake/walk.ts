import { constants, type Dirent } from 'node:fs';
import { access, opendir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { QuorumError } from '../errors.js';
import { type LinkScope, mayFollow } from '../files/within.js';
import { isImageName } from '../recognise/imageName.js';

/** A file that was found, and how it is shown: its path, within an archive the archive's path before it. */
export interface FoundFile {
  readonly path: string;
  readonly shown: string;
}

/** The folder or archive in which a file is shown. */
export function shownFolder(shown: string): string {
  return shown.replace(/( › |[\\/])(?:(?! › )[^\\/])*$/, '');
}

export interface WalkLimits {
  readonly files: number;
  readonly depth: number;
}

/** An examination has some thousand files; a folder of a whole department is not walked. */
const WALK_LIMITS: WalkLimits = { files: 50_000, depth: 24 };

/**
 * All files in or below folders, and loose files as they are. Links to folders are not followed, so that the walk ends; hidden files,
 * and what the system leaves in folders, are passed over.
 *
 * @param links where links to files may lead; others are passed over.
 * @throws QuorumError FILE_NOT_FOUND, FOLDER_TOO_LARGE, CANCELLED. A sub-folder that may not be read is passed over.
 */
export async function walk(
  paths: readonly string[],
  limits: WalkLimits = WALK_LIMITS,
  signal?: AbortSignal,
  links: LinkScope = null,
): Promise<string[]> {
  const files: string[] = [];
  const add = (file: string) => {
    if (files.length >= limits.files) throw tooLarge('files', limits.files, paths[0]);
    files.push(file);
  };
  const enter = async (folder: string, depth: number): Promise<void> => {
    if (depth > limits.depth) throw tooLarge('levels of folders', limits.depth, paths[0]);
    for (const entry of await entriesOf(folder, limits.files, paths[0])) {
      if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await enter(path, depth + 1);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isWanted(path, links)))) add(path);
    }
  };
  for (const path of paths.map((one) => resolve(one))) {
    const info = await stat(path).catch((cause) => {
      throw new QuorumError({ code: 'FILE_NOT_FOUND', file: path }, { cause });
    });
    if (info.isDirectory()) {
      await access(path, constants.R_OK).catch((cause) => {
        throw new QuorumError({ code: 'FILE_UNREADABLE', file: path }, { cause });
      });
      await enter(path, 0);
    } else add(path);
  }
  return files;
}

async function entriesOf(folder: string, most: number, root: string): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  const opened = await opendir(folder).catch(() => null);
  if (!opened) return entries;
  for await (const entry of opened) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    if (entries.length >= most) throw tooLarge('files', most, root);
    entries.push(entry);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A link to a file that may be followed; a dead one that is named as an image is told, not passed over. */
async function isWanted(link: string, links: LinkScope): Promise<boolean> {
  if (await isFile(link)) return mayFollow(link, links);
  const leads = await stat(link).catch(() => null);
  return leads === null && isImageName(basename(link));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}

function tooLarge(field: string, most: number, root: string): QuorumError {
  return new QuorumError({
    code: 'FOLDER_TOO_LARGE',
    field,
    expected: `at most ${most}`,
    found: 'more',
    file: root,
  });
}

const NO_IMAGE =
  /\.(txt|csv|tsv|json|xml|html?|css|js|pdf|docx?|xlsx?|pptx?|rtf|md|log|ini|inf|cfg|exe|dll|so|bat|sh|py|m|mat|jpe?g|png|gif|bmp|tiff?|svg|ico|mp4|avi|mov|bvals?|bvecs?|db|lnk|url|7z|rar|iso|jar|class|cab|chm|ttf|woff2?)$/i;

/** Whether a name's ending says that the file is no image and no archive that is looked into. */
export function isNoImage(path: string): boolean {
  return NO_IMAGE.test(basename(path));
}
