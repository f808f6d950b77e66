import { basename } from 'node:path';
import type { Sequence } from '../../contract/basic.js';
import type { CaseFile, SeriesAbout } from '../../contract/cases.js';
import type { Problem } from '../../errors.js';
import { summariseGrid, summariseHeader } from '../../pipeline/inspect.js';
import { MODALITIES, type Modality } from '../../terms.js';
import type { ImageHeader } from '../../volume/read.js';
import type { Grid } from '../../volume/volume.js';

/** A file of an open case; `header` is null when it cannot be read. */
export interface OpenFile {
  readonly file: string;
  readonly sequence: Sequence;
  readonly reason: string;
  readonly chosen: boolean;
  readonly header: ImageHeader | null;
  readonly problem: Problem | null;
  /** Of images that serve as a sequence. */
  readonly sha256: string | null;
  /** Null for a file that cannot be read. */
  readonly series: FoundBySeries | null;
}

/** What is known of a series besides its image file. */
export interface FoundBySeries {
  readonly name: string;
  readonly about: SeriesAbout;
  /** Where the headers say its slices lie, before it is converted. */
  readonly grid: Grid | null;
}

/** The file that serves as each sequence; null where none does, or several claim it and none was chosen. */
export function slotsOf(files: readonly OpenFile[]): Record<Modality, OpenFile | null> {
  const slots = MODALITIES.map((modality) => {
    const claimants = claimantsOf(files, modality);
    const only = claimants.length === 1 ? claimants[0] : claimants.find(({ chosen }) => chosen);
    return [modality, only ?? null];
  });
  return Object.fromEntries(slots) as Record<Modality, OpenFile | null>;
}

/** Sequences that several files claim. */
export function ambiguousIn(files: readonly OpenFile[]): Modality[] {
  const slots = slotsOf(files);
  return MODALITIES.filter((m) => slots[m] === null && claimantsOf(files, m).length > 1);
}

function claimantsOf(files: readonly OpenFile[], modality: Modality): OpenFile[] {
  return files.filter(
    ({ sequence, problem, series }) =>
      sequence === modality && problem === null && (series?.about.rejected ?? null) === null,
  );
}

/** A file as it travels. */
export function summariseFile({
  file,
  sequence,
  reason,
  chosen,
  header,
  problem,
  series,
}: OpenFile): CaseFile {
  const name = series?.name ?? basename(file);
  const common = { file, name, sequence, reason, chosen, problem, series: series?.about ?? null };
  if (header) return { ...common, header: summariseHeader(header) };
  const grid = series?.grid;
  return { ...common, header: grid ? { format: 'DICOM', datatype: '', grid: summariseGrid(grid) } : null };
}
