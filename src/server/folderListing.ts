import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { QuorumError } from '../errors.js';
import type { PathScope } from './pathScope.js';

export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** Null for folders. */
  readonly bytes: number | null;
}

export interface FolderListing {
  /** Null: the list of the roots. */
  readonly path: string | null;
  /** Null at the top; a root's parent is the list of the roots. */
  readonly parent: string | null;
  readonly entries: readonly FolderEntry[];
}

/** The folders that the server was started for. */
export function listRoots(roots: readonly string[]): FolderListing {
  const entries = roots.map(
    (path): FolderEntry => ({ name: basename(path) || path, path, kind: 'folder', bytes: null }),
  );
  return { path: null, parent: null, entries };
}

/**
 * What lies in a folder of the server, folders first; hidden entries, and links that lead out of the roots, are left out.
 *
 * @throws QuorumError REQUEST_INVALID outside of the roots, FILE_UNREADABLE.
 */
export async function listFolder(scope: PathScope, path: string): Promise<FolderListing> {
  const folder = await scope.check(path);
  const names = await readdir(folder).catch((cause) => {
    throw new QuorumError({ code: 'FILE_UNREADABLE', file: folder }, { cause });
  });
  const visible = names.filter((name) => !name.startsWith('.'));
  const entries = (await Promise.all(visible.map((name) => entryOf(scope, join(folder, name))))).filter(
    (entry) => entry !== null,
  );
  const above = dirname(folder);
  const parent = await scope.check(above).then(
    (inside) => (inside === folder ? null : inside),
    () => null,
  );
  return { path: folder, parent, entries: entries.sort(foldersFirst) };
}

/**
 * Makes a new folder, for an export.
 *
 * @throws QuorumError REQUEST_INVALID for a name that is no plain name or a parent outside of the roots, OUTPUT_EXISTS,
 * OUTPUT_NOT_WRITABLE.
 */
export async function makeFolder(scope: PathScope, parent: string, name: string): Promise<string> {
  if (name === '' || name.startsWith('.') || /[\p{Cc}/\\:]/u.test(name) || name.length > 200) {
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'name', found: name.slice(0, 200) });
  }
  const path = join(await scope.check(parent), name);
  await mkdir(path).catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === 'EEXIST' ? 'OUTPUT_EXISTS' : 'OUTPUT_NOT_WRITABLE';
    throw new QuorumError({ code, file: path }, { cause });
  });
  return path;
}

async function entryOf(scope: PathScope, path: string): Promise<FolderEntry | null> {
  try {
    await scope.check(path);
    const info = await stat(path);
    const name = basename(path);
    if (info.isDirectory()) return { name, path, kind: 'folder', bytes: null };
    return info.isFile() ? { name, path, kind: 'file', bytes: info.size } : null;
  } catch {
    return null;
  }
}

function foldersFirst(a: FolderEntry, b: FolderEntry): number {
  if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1;
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
