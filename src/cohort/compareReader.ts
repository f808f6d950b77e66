import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReaderScore } from '../contract/cohortReader.js';
import { problemOf, QuorumError, throwIfCancelled } from '../errors.js';
import { LabelCounts, readingText, readLabels } from '../evaluate/labelReading.js';
import { scoreRegions } from '../evaluate/scores.js';
import type { JobContext } from '../jobs/context.js';
import { inFiles } from '../numbers.js';
import type { CompareReaderArguments, ReaderComparison, ReaderPair } from '../pipeline/tasks.js';
import { perRegion } from '../terms.js';
import { gridText, sameGrid, voxelSpacing } from '../volume/affine.js';
import { readHeader, readLabelMap } from '../volume/read.js';

/**
 * Dice, HD95 and volumes of a cohort's masks against a reader's, each on the grid of the reader's mask: that of the result, of one of the
 * series, or of the prepared images. Labels are read alike in all; every mask is read twice for that. A case that cannot be compared keeps
 * its problem (GRIDS_DIFFER, and what reading throws), and stops no other.
 *
 * @throws QuorumError what `readLabels` throws; CANCELLED.
 */
export async function compareWithReader(
  { pairs, labels, scheme }: CompareReaderArguments,
  { signal, report }: JobContext,
): Promise<ReaderComparison> {
  const counts = new LabelCounts();
  const ours = new Map<string, string>();
  const cases: Record<string, ReaderComparison['cases'][string]> = {};
  const total = 2 * pairs.length;
  for (const [n, pair] of pairs.entries()) {
    throwIfCancelled(signal);
    try {
      const file = await ownMask(pair);
      counts.add(await readLabelMap(pair.file), await readLabelMap(file), scheme);
      ours.set(pair.name, file);
    } catch (error) {
      cases[pair.name] = { problem: problemOf(error) };
    }
    report('reading the masks', (n + 1) / total);
  }
  const reading = readLabels(counts, scheme, labels, pairs[0]?.file ?? '');
  for (const [n, pair] of pairs.entries()) {
    throwIfCancelled(signal);
    const file = ours.get(pair.name);
    if (file === undefined) continue;
    const [prediction, truth] = [await readLabelMap(pair.file), await readLabelMap(file)];
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
    cases[pair.name] = { scores };
    report('comparing', (pairs.length + n + 1) / total);
  }
  return { labels: reading.name, reading: readingText(reading), cases };
}

/** Of a case's written masks the one on the grid of the reader's. @throws QuorumError GRIDS_DIFFER, RESULT_MISSING. */
async function ownMask({ name, results, file }: ReaderPair): Promise<string> {
  const wanted = await readHeader(file);
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
