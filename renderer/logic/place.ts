import type { CaseFile } from '../../src/contract/index.js';

/** The name of a private copy says nothing to anyone. */
const COPY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The last folders of a path, as the user knows them. */
export function lastFolders(path: string): string {
  return path
    .split(/[\\/]/)
    .slice(-2)
    .filter((part) => !COPY.test(part))
    .join('/');
}

/** Where a file of a case lies, as the user gave it; never where it was converted to. */
export function placeOf({ file, name, series }: CaseFile): string {
  if (!series) return file;
  const number = series.number === null ? '' : `series ${series.number}, `;
  return `${name}: ${number}in ${lastFolders(series.shown)}`;
}
