import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { QuorumError } from '../errors.js';
import { isWithin } from '../files/within.js';

/** The folders that the browser's side may name: symbolic links are followed before anything is decided. */
export class PathScope {
  /** Their real paths. */
  readonly folders: readonly string[];

  private constructor(folders: string[]) {
    this.folders = folders;
  }

  /** @throws QuorumError FILE_NOT_FOUND for a folder that is not there. */
  static async of(folders: readonly string[]): Promise<PathScope> {
    return new PathScope(await Promise.all(folders.map((folder) => existing(resolve(folder)))));
  }

  /**
   * The real path of `path`, which need not exist yet.
   *
   * @throws QuorumError REQUEST_INVALID when it is not absolute or lies outside of the folders.
   */
  async check(path: string): Promise<string> {
    if (!isAbsolute(path) || path.includes('\0')) throw outside(path, this.folders);
    const real = await realPathOf(resolve(path));
    if (!this.folders.some((folder) => isWithin(folder, real))) throw outside(path, this.folders);
    return real;
  }
}

async function existing(path: string): Promise<string> {
  return realpath(path).catch((cause) => {
    throw new QuorumError({ code: 'FILE_NOT_FOUND', file: path }, { cause });
  });
}

/** With links resolved as far as the path exists. A link that leads nowhere is no part of the way: it is refused. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const parent = dirname(path);
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path;
    if (!missing || (await isLink(path)))
      throw new QuorumError({ code: 'FILE_UNREADABLE', file: path }, { cause });
    return join(await realPathOf(parent), basename(path));
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function outside(path: string, folders: readonly string[]): QuorumError {
  return new QuorumError({
    code: 'REQUEST_INVALID',
    field: 'path',
    found: path.slice(0, 1000),
    expected: `a path within ${folders.join(', ')}`,
  });
}
