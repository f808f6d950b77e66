import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparedMask, ReaderScore } from '../contract/cohortReader.js';
import { problemOf, QuorumError, throwIfCancelled } from '../errors.js';
import { LabelCounts, readingText, readLabels } from '../evaluate/labelReading.js';
import { scoreRegions } from '../evaluate/scores.js';
import type { JobContext } from '../jobs/context.js';
import type { Scheme } from '../masks/labels.js';
import { inFiles } from '../numbers.js';
import type { CompareReaderArguments, ReaderComparison, ReaderPair } from '../pipeline/tasks.js';
import { type LabelScheme, perRegion } from '../terms.js';
import { gridText, sameGrid, voxelSpacing } from '../volume/affine.js';
import { readHeader, readLabelMap } from '../volume/read.js';
import type { Grid, Volume } from '../volume/volume.js';
import { correctionOn } from './corrections.js';

/**
 * Dice, HD95 and volumes of a cohort's masks against a reader's, each on the grid of the reader's mask: that of the result, of one of the
 * series, or of the prepared images. Of a case that was corrected by hand the corrected mask is compared, where it is kept for that grid.
 * Labels are read alike in all; every mask is read twice for that. A case that cannot be compared keeps its problem (GRIDS_DIFFER, and
 * what reading throws), and stops no other.
 *
 * @throws QuorumError what `readLabels` throws; CANCELLED.
 */
export async function compareWithReader(
  { pairs, labels, scheme: written }: CompareReaderArguments,
  { signal, report }: JobContext,
): Promise<ReaderComparison> {
  const counts = new LabelCounts();
  const scheme: LabelScheme = written === 'consecutive' ? 'brats2021' : 'brats';
  const ours = new Map<string, OwnMask>();
  const cases: Record<string, ReaderComparison['cases'][string]> = {};
  const total = 2 * pairs.length;
  for (const [n, pair] of pairs.entries()) {
    throwIfCancelled(signal);
    try {
      const own = await ownMask(pair, written);
      counts.add(await readLabelMap(pair.file), await own.read(), scheme);
      ours.set(pair.name, own);
    } catch (error) {
      cases[pair.name] = { problem: problemOf(error) };
    }
    report('reading the masks', (n + 1) / total);
  }
  const reading = readLabels(counts, scheme, labels, pairs[0]?.file ?? '');
  for (const [n, pair] of pairs.entries()) {
    throwIfCancelled(signal);
    const own = ours.get(pair.name);
    if (own === undefined) continue;
    const [prediction, truth] = [await readLabelMap(pair.file), await own.read()];
    // Dice and HD95 are the same either way: the reader's mask is the one whose labels may tell fewer regions.
    const regions = scoreRegions({
      ...{ prediction, predictionLabels: reading.regions, truth, truthLabels: scheme },
      ...{ spacing: voxelSpacing(truth.affine), known: null },
    });
    const scores = perRegion((_, region): ReaderScore | null => {
      const score = regions[region];
      if (!score) return null;
      const { dice, hd95, trueMl: quorum, volumeErrorMl } = score;
      const isGiven = pair.result.volumes[region].ml !== null;
      const ml = { reader: inFiles(quorum + volumeErrorMl), quorum: isGiven ? inFiles(quorum) : null };
      return { dice: inFiles(dice), hd95: hd95.kind === 'measured' ? inFiles(hd95.value) : null, ml };
    });
    cases[pair.name] = { scores, mask: own.mask };
    report('comparing', (pairs.length + n + 1) / total);
  }
  return { labels: reading.name, reading: readingText(reading), cases };
}

interface OwnMask {
  readonly mask: ComparedMask;
  readonly read: () => Promise<Volume<Uint8Array>>;
}

/** The corrected mask on the grid of the reader's, else the written one. @throws QuorumError GRIDS_DIFFER, RESULT_MISSING. */
async function ownMask({ name, output, result, file }: ReaderPair, written: Scheme): Promise<OwnMask> {
  const wanted = await readHeader(file);
  const corrected = result.edited ? await correctionOn(output, name, wanted, written) : null;
  if (corrected)
    return { mask: 'corrected', read: async () => (await correctionOn(output, name, wanted, written))! };
  const own = await writtenMask(join(output, name), name, wanted, file);
  return { mask: 'segmented', read: () => readLabelMap(own) };
}

/** Of a case's written masks the one on a grid. @throws QuorumError GRIDS_DIFFER, RESULT_MISSING. */
async function writtenMask(results: string, name: string, wanted: Grid, file: string): Promise<string> {
  const own = [`${name}_seg.nii.gz`];
  for (const folder of ['native', 'prepared'])
    for (const one of await readdir(join(results, folder)).catch(() => []))
      if (one.endsWith('_seg.nii.gz')) own.push(join(folder, one));
  let main: string | null = null;
  for (const one of own.map((each) => join(results, each))) {
    const grid = await readHeader(one).catch(() => null);
    if (grid && sameGrid(grid, wanted)) return one;
    main ??= grid && gridText(grid);
  }
  if (main === null) throw new QuorumError({ code: 'RESULT_MISSING', file: results });
  throw new QuorumError({ code: 'GRIDS_DIFFER', file, expected: main, found: gridText(wanted) });
}
