import { lstat, stat } from 'node:fs/promises';
import { problemOf, QuorumError } from '../errors.js';
import { withFile } from '../volume/fileBytes.js';
import { type ImageHeader, readHeader } from '../volume/read.js';

const START_BYTES = 2048;

/** What may lie in place of an image, by how the file begins. */
const IMPOSTORS: readonly { readonly start: RegExp; readonly what: string; readonly instead: string }[] = [
  {
    start: /^version https:\/\/git-lfs\.github\.com\//,
    what: 'a pointer file of Git LFS: the image itself was not downloaded',
    instead: 'the image (`git lfs pull` fetches it)',
  },
  {
    start: /^(\.\.\/)*(\.git\/annex\/|\/annex\/objects\/)/,
    what: 'a pointer file of git-annex: the image itself was not downloaded',
    instead: 'the image (`git annex get` or `datalad get` fetches it)',
  },
  {
    start: /^\s*(<!doctype html|<html|<head|<\?xml[^>]*\?>\s*<(!doctype )?html)/i,
    what: 'a web page (HTML) in place of the image, such as a sign-in or error page',
    instead: 'the image: download it again, signed in',
  },
  {
    start: /^\s*<\?xml|^\s*<Error>/i,
    what: 'an XML message in place of the image, such as a server’s refusal',
    instead: 'the image: download it again',
  },
  {
    start: /^\s*[{[]\s*("|\{|\[|\})/,
    what: 'a JSON text in place of the image',
    instead: 'the image: download it again',
  },
  {
    start: /^PK(?=[^\w\s])/,
    what: 'a zip archive with the name of an image',
    instead: 'the image: unpack it, or name it .zip',
  },
  { start: /^%PDF-/, what: 'a PDF document', instead: 'an image' },
];

/**
 * The header of an image file; where it cannot be read for what lies in its place, that is said.
 *
 * @throws QuorumError as `readHeader`; FORMAT_UNKNOWN (`found`: what it is) for pointer files, web pages and the like.
 */
export async function imageHeader(path: string): Promise<ImageHeader> {
  try {
    return await readHeader(path);
  } catch (error) {
    const impostor = await impostorAt(path);
    if (!impostor) throw error;
    const { what, instead } = impostor;
    const problem = {
      ...problemOf(error),
      code: 'FORMAT_UNKNOWN' as const,
      field: undefined,
      found: what,
      expected: instead,
    };
    throw new QuorumError({ ...problem, file: path }, { cause: error });
  }
}

/** git-annex and DataLad leave links to what was not fetched. */
const DEAD_LINK = {
  what: 'a link to a file that is not there, as git-annex and DataLad leave for what was not fetched',
  instead: 'the image (`git annex get` or `datalad get` fetches it)',
};

async function impostorAt(path: string) {
  if (await isDeadLink(path)) return DEAD_LINK;
  const start = await withFile(path, (opened) => opened.read(0, Math.min(START_BYTES, opened.length))).catch(
    () => null,
  );
  const text = start?.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text === undefined ? null : IMPOSTORS.find((one) => one.start.test(text));
}

async function isDeadLink(path: string): Promise<boolean> {
  const isLink = await lstat(path).then(
    (info) => info.isSymbolicLink(),
    () => false,
  );
  return isLink && (await stat(path).catch(() => null)) === null;
}
