import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { ParsedRequest, Response } from '../../contract/index.js';
import { QuorumError, throwIfCancelled } from '../../errors.js';
import type { LinkScope } from '../../files/within.js';
import type { Scan, StudyCandidate, Suggestions } from '../../intake/candidate.js';
import { findCaseFolders } from '../../intake/caseFolder.js';
import { imageStem, isImageName, recogniseSequence } from '../../intake/recognise.js';
import { suggestFromNames } from '../../intake/suggest.js';
import { isNoImage, walk } from '../../intake/walk.js';
import { sameGrid } from '../../volume/affine.js';
import type { WindowContext } from '../windowContext.js';
import {
  ambiguousIn,
  type CaseFiles,
  type OpenFile,
  readCaseFiles,
  recallFiles,
  slotsOf,
} from './caseFiles.js';
import { CaseSession } from './caseSession.js';
import type { OpeningProgress } from './openings.js';
import { RawCase } from './rawCase.js';
import { studyChoice } from './studyChoice.js';

type Opened =
  | { readonly kind: 'session'; readonly session: CaseSession }
  | Exclude<Response<'cases.open'>, { kind: 'case' }>;

/**
 * Opens what paths hold. Image files that their names explain are taken as they are; everything else is scanned: DICOM, archives, folders
 * of several sets.
 *
 * @throws QuorumError what reading and scanning raise; NOT_OPEN for a study that is not there, NOT_CONFIRMED, CANCELLED.
 */
export async function openPaths(
  context: WindowContext,
  request: ParsedRequest<'cases.open'>,
  progress: OpeningProgress,
): Promise<Opened> {
  const paths = request.paths.map((path) => resolve(path));
  if (request.study === null) {
    const simple = await openByName(paths, progress.signal, context.links.scope);
    if (simple && 'kind' in simple) return simple;
    if (simple) {
      const files = await recallFiles(simple.files, await context.memory.all());
      const suggestions = suggestionsFor(simple);
      const session = new CaseSession(paths, { ...simple, files, suggestions });
      return { kind: 'session', session };
    }
  }
  const { scan, keepFor } = await context.scans.of(paths, progress, request.study === null);
  const candidate = scan.studies.find(({ id }) => id === request.study) ?? onlyOne(scan);
  if (request.study !== null && candidate?.id !== request.study)
    throw new QuorumError({ code: 'NOT_OPEN', field: 'study' });
  if (!candidate || (candidate.doubts.length > 0 && request.study === null)) return choiceOf(scan);
  if (candidate.doubts.length > 0 && !request.confirmed)
    throw new QuorumError({ code: 'NOT_CONFIRMED', found: candidate.doubts.join('; ') });
  const session = await openCandidate(context, paths, candidate, scan, progress);
  keepFor(session.id);
  return { kind: 'session', session };
}

async function openCandidate(
  { intake, working }: WindowContext,
  paths: readonly string[],
  candidate: StudyCandidate,
  scan: Scan,
  { signal, report }: OpeningProgress,
): Promise<CaseSession> {
  const workingFolder = await working.create();
  try {
    const raw = new RawCase(candidate, scan, (found) =>
      intake.run('openSeries', { found, workingFolder }, signal.aborted ? {} : { signal }),
    );
    const files = await raw.files((done, total) => report('converting the series', done / total));
    throwIfCancelled(signal);
    const { name, suggestions } = candidate;
    return new CaseSession(paths, { name, folder: folderOf(files), files, suggestions }, raw, workingFolder);
  } catch (error) {
    await working.remove(workingFolder);
    throw error;
  }
}

function folderOf(files: readonly OpenFile[]): string | null {
  const folders = new Set(files.map(({ file, series }) => (series?.about.isDicom ? null : dirname(file))));
  return folders.size === 1 ? [...folders][0] : null;
}

function onlyOne({ studies }: Scan): StudyCandidate | null {
  return studies.length === 1 ? studies[0] : null;
}

function choiceOf({ studies, files, ignored, problems }: Scan): Response<'cases.open'> & { kind: 'studies' } {
  return {
    kind: 'studies',
    studies: studies.map(studyChoice),
    notes: {
      files,
      ignored: [...ignored],
      problems: problems.map(({ problem, count }) => ({ problem, count })),
    },
  };
}

type ByName = CaseFiles | (Response<'cases.open'> & { kind: 'choose' });

/** Images that their names explain, or folders of such images to choose from; null where a scan has to look. */
async function openByName(
  paths: readonly string[],
  signal: AbortSignal,
  links: LinkScope,
): Promise<ByName | null> {
  const all = await walk(paths, undefined, signal, links);
  if (!all.every((file) => isImageName(file) || isNoImage(file))) return null;
  if (paths.length === 1) {
    const found = (await stat(paths[0])).isDirectory()
      ? await findCaseFolders(paths[0], undefined, links)
      : [];
    const isSet = (folder: string) => recogniseSequence(basename(folder)).sequence === 'other';
    if (found.length > 0 && found[0] !== paths[0])
      return found.every(isSet)
        ? { kind: 'choose', folders: found.map((folder) => ({ name: basename(folder), folder })) }
        : null;
    const below = all.filter((file) => isImageName(file) && dirname(file) !== paths[0]);
    if (found.length > 0 && below.length > 0) return null;
  }
  const files = await readCaseFiles(paths, links);
  return isExplained(files.files) ? files : null;
}

/** Every sequence is named once; or all images lie on one grid, and the user decides what their names leave open. */
function isExplained(files: readonly OpenFile[]): boolean {
  const images = files.filter(({ sequence, header }) => sequence !== 'mask' && header !== null);
  const [first] = images;
  if (images.every(({ header }) => sameGrid(header!, first.header!))) return true;
  const isKnown = images.every(({ sequence }) => sequence !== 'other');
  return isKnown && ambiguousIn(files).length === 0 && Object.values(slotsOf(files)).some(Boolean);
}

/** What the names of a case's files suggest for the questions. */
function suggestionsFor({ folder, files }: CaseFiles): Suggestions {
  const names = files.map(({ file }) => imageStem(basename(file)));
  return suggestFromNames(folder === null ? names : [basename(folder), ...names], []);
}
