import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { gridSchema } from '../contract/basic.js';
import type { CohortResult } from '../contract/cohort.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import { inScheme, LABEL_VALUES, LABELS, type Scheme } from '../masks/labels.js';
import { labelsOnSeries } from '../segment/onSeries.js';
import { sameGrid } from '../volume/affine.js';
import { writeNifti } from '../volume/niftiWriter.js';
import { IDENTITY } from '../volume/placement.js';
import { readHeader, readLabelMap } from '../volume/read.js';
import { affineOf } from '../volume/tuples.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import type { CohortState } from './stateFile.js';

/** Masks that were corrected by hand in a cohort's case, below the folder of results, so that every face compares the same. */
const CORRECTED = 'corrected';

const maskFile = (output: string, name: string) => join(output, CORRECTED, `${name}_seg.nii.gz`);
const placesFile = (output: string, name: string) => join(output, CORRECTED, `${name}.json`);

/** Where the case's series lie: a reader may have marked on one of them. */
const placesSchema = z.array(
  gridSchema.pick({ size: true, affine: true }).extend({ toCase: z.array(z.number()).length(16) }),
);

export interface Correction {
  /** BraTS labels on the Case's grid. */
  readonly labels: Uint8Array;
  readonly grid: Grid;
  /** ml where the region's number is given. */
  readonly ml: NonNullable<CohortResult['edited']>['ml'];
  readonly at: string;
  /** The case's series, as files, and how each was moved to be prepared. */
  readonly series: readonly { readonly file: string; readonly toCase?: Affine | undefined }[];
}

/**
 * Keeps a case's correction and tells it in its row; null: there is none any more. A case without a result has none.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE; what reading the series' headers throws.
 */
export async function keepCorrection(
  state: CohortState,
  name: string,
  made: Correction | null,
): Promise<void> {
  const { folder } = state;
  if (folder === null || !state.caseOf(name).result) return;
  const tell = (edited: CohortResult['edited']) =>
    state.changeCase(name, (one) => (one.result ? { ...one, result: { ...one.result, edited } } : one));
  if (!made) {
    for (const file of [maskFile(folder, name), placesFile(folder, name)]) await rm(file, { force: true });
    await tell(null);
    return;
  }
  const { labels, grid, series, ml, at } = made;
  const file = maskFile(folder, name);
  await mkdir(dirname(file), { recursive: true }).catch((cause) => {
    throw writeProblem(cause, file);
  });
  const places = await Promise.all(
    series.map(async ({ file: image, toCase = IDENTITY }) => {
      const { size, affine } = await readHeader(image);
      return { size, affine, toCase };
    }),
  );
  await writeFileAtomically(placesFile(folder, name), [Buffer.from(JSON.stringify(places))]);
  await writeNifti(file, { ...grid, data: inScheme(labels, state.cohort.options.labels) });
  await tell({ ml, at });
}

/**
 * A case's corrected mask on a grid: its own, or that of one of the series.
 *
 * @returns null where none is kept, or the grid is another.
 * @throws what reading the mask throws.
 */
export async function correctionOn(
  output: string,
  name: string,
  wanted: Grid,
  scheme: Scheme,
): Promise<Volume<Uint8Array> | null> {
  const file = maskFile(output, name);
  const own = await readHeader(file).catch(() => null);
  if (!own) return null;
  if (sameGrid(own, wanted)) return readLabelMap(file);
  const text = await readFile(placesFile(output, name), 'utf8').catch(() => '[]');
  const place = placesSchema
    .parse(JSON.parse(text))
    .find(({ size, affine }) => sameGrid({ size, affine: affineOf(affine) }, wanted));
  if (!place) return null;
  const { size, affine, data } = await readLabelMap(file);
  const { size: wantedSize, affine: wantedAffine } = wanted;
  const grid = { size: wantedSize, affine: wantedAffine };
  const moved = labelsOnSeries(
    { size, affine, data: inBrats(data, scheme) },
    { grid, toCase: affineOf(place.toCase) },
  );
  return { ...grid, data: inScheme(moved, scheme) };
}

const inBrats = (labels: Uint8Array, scheme: Scheme) =>
  scheme === 'brats'
    ? labels
    : labels.map((label) => (label === LABEL_VALUES.consecutive.enhancing ? LABELS.enhancing : label));
