import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** Whether `path` is `folder` or lies in it; both absolute and without symbolic links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Folders, by their real paths, that symbolic links may not lead out of; null: they may lead anywhere. */
export type LinkScope = readonly string[] | null;

/** Whether a link leads to where it may; a dead one leads nowhere. */
export async function mayFollow(link: string, scope: LinkScope): Promise<boolean> {
  if (scope === null) return true;
  const target = await realpath(link).catch(() => null);
  return target !== null && scope.some((folder) => isWithin(folder, target));
}
