import { basename, dirname, relative, sep } from 'node:path';

/** A case of a batch: the folder of its images, and the name of its results. */
export interface NamedCase {
  readonly name: string;
  readonly folder: string;
}

/** What a folder of results holds beside its cases. */
const RESERVED = ['report.json', 'cohort.json', 'thumbnails', 'table', 'corrected'];

/**
 * Gives every case folder a name of its own, also where a file system does not tell capitals from small letters: the folder's
 * name where no other case could have it, else its path below the input, else that with the input's name before it, else that
 * with a number behind it. BIDS's `anat` names nothing.
 *
 * @param folders absolute; a folder that is named twice is one case.
 * @param inputs the folders that were given, absolute; each case lies in one of them or is one.
 */
export function nameCases(folders: readonly string[], inputs: readonly string[]): NamedCase[] {
  const distinct = [...new Set(folders)];
  const candidates = distinct.map((folder) => candidatesOf(folder, inputs));
  const isFree = (name: string, of: number) =>
    !RESERVED.includes(fold(name)) &&
    candidates.every((others, n) => n === of || others.every((other) => fold(other) !== fold(name)));
  const chosen = candidates.map((names, n) => names.find((name) => isFree(name, n)) ?? null);
  const taken = new Set([...RESERVED, ...chosen.flatMap((name) => (name === null ? [] : [fold(name)]))]);
  return distinct.map((folder, n) => {
    const name = chosen[n] ?? numbered(candidates[n].at(-1) ?? 'case', taken);
    return { folder, name };
  });
}

/** Names that a case could have, the shortest first; none is empty. */
function candidatesOf(folder: string, inputs: readonly string[]): string[] {
  const input = inputs.find((one) => folder === one || folder.startsWith(one + sep)) ?? folder;
  const below = named(relative(input, folder).split(sep));
  // A case that was itself given is called by what it lies in.
  const parts = below.length > 0 ? below : named([basename(input)]);
  const before = below.length > 0 ? input : dirname(input);
  const own = named([basename(folder)]);
  return [...own, ...joined(parts), ...joined([...named([basename(before)]), ...parts])];
}

const named = (parts: readonly string[]) =>
  parts.filter((part) => part !== '' && part.toLowerCase() !== 'anat');
const joined = (parts: readonly string[]) => (parts.length > 0 ? [parts.join('_')] : []);

/** How file systems that ignore case, or compose letters otherwise, see a name. */
const fold = (name: string) => name.normalize('NFC').toLowerCase();

function numbered(name: string, taken: Set<string>): string {
  let n = 1;
  let free = name;
  while (taken.has(fold(free))) free = `${name}-${++n}`;
  taken.add(fold(free));
  return free;
}
