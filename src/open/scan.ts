import type { Sequence } from '../contract/basic.js';
import { QuorumError } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import type { FoundSeries, Scan } from '../intake/candidate.js';
import { applyRemembered, openSeries } from '../intake/openCandidate.js';
import { type ScanOptions, scan } from '../intake/scan.js';
import type { Series } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import { sha256OfImage } from '../volume/imageHash.js';

/** A folder that takes longer is no examination; 20,000 files take some seconds. */
const LIMIT_MS = 5 * 60_000;

/**
 * Looks into folders for at most five minutes.
 *
 * @throws QuorumError FOLDER_TOO_LARGE, CANCELLED, and what scanning raises.
 */
export async function scanWithin(paths: readonly string[], options: ScanOptions): Promise<Scan> {
  const { signal } = options;
  const limit = AbortSignal.timeout(LIMIT_MS);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  return scan(paths, { ...options, signal: stop }).catch((error) => {
    if (!limit.aborted || signal?.aborted) throw error;
    const expected = 'a folder that is read in five minutes';
    throw new QuorumError({ code: 'FOLDER_TOO_LARGE', expected, file: paths[0] }, { cause: error });
  });
}

export interface ScanArguments {
  readonly paths: readonly string[];
  readonly workingFolder: string;
  /** What the user said series are, by their content. */
  readonly remembered: ReadonlyMap<string, Sequence>;
  readonly links: LinkScope;
}

/** Looks into folders, and applies what the user said of the same content before. */
export async function scanTask(
  { paths, workingFolder, remembered, links }: ScanArguments,
  { signal, report }: JobContext,
): Promise<Scan> {
  const onProgress = (done: number, total: number) => report('reading headers', done / total);
  const found = await scanWithin(paths, { workingFolder, links, signal, onProgress });
  return { ...found, studies: found.studies.map((study) => applyRemembered(study, remembered)) };
}

/** Converts one series where it is DICOM. */
export async function openSeriesTask(
  { found, workingFolder }: { found: FoundSeries; workingFolder: string },
  { signal }: JobContext,
): Promise<{ series: Series; sha256: string }> {
  const series = await openSeries(found, { workingFolder, signal });
  return { series, sha256: await sha256OfImage(series.file) };
}
