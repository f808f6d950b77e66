import { regionDiameters } from '../export/diameters.js';
import type { CaseOutput } from '../export/output.js';
import { overviewPicture, type PictureMask } from '../export/picture.js';
import type { CaseReport, CombinationResult } from '../export/report.js';
import type { Model } from '../model/model.js';
import { findingsOf } from '../pipeline/findings.js';
import type { Case } from '../prepare/case.js';
import { removeSpecks, volumesOf } from '../segment/cleanUp.js';
import { type CombinedMasks, combine, LABELS } from '../segment/combine.js';
import { bitsOf, fusionOf } from '../segment/fusion.js';
import { type PerRegion, perRegion } from '../segment/influence.js';
import type { ModalityLogits } from '../segment/logits.js';
import { labelsOnSeries } from '../segment/onSeries.js';
import { type ProbabilityMaps, probabilityMaps } from '../segment/probabilities.js';
import { combinationName, MODALITIES, type Modality, REGIONS, type Region } from '../terms.js';
import { writeFileAtomically } from '../volume/atomicFile.js';
import { writeNifti } from '../volume/niftiWriter.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import { reportWarning } from './contract/warnings.js';
import type { SegmentRequest } from './contract.js';
import type { JobContext } from './jobs.js';

export type CaseOptions = Pick<
  SegmentRequest,
  | 'use'
  | 'allCombinations'
  | 'probabilities'
  | 'picture'
  | 'labels'
  | 'keepSpecks'
  | 'dicomSeg'
  | 'secondaryCapture'
  | 'stl'
  | 'strippedImages'
  | 'neutralNames'
  | 'force'
  | 'prepare'
  | 'overwrite'
  | 'memoryMb'
>;

/** Label values per scheme; BraTS 2023 numbers enhancing tumour 3. */
export const LABEL_VALUES = {
  brats: { core: 1, oedema: 2, enhancing: 4 },
  consecutive: { core: 1, oedema: 2, enhancing: 3 },
} as const;

/** Everything that will be written for a case, the report aside. */
export function plannedFiles(
  name: string,
  combinations: readonly Modality[][],
  options: CaseOptions,
): string[] {
  return [
    FILES.segmentation(name),
    ...(options.allCombinations ? combinations.map(FILES.combination) : []),
    ...(options.probabilities
      ? REGIONS.flatMap((r) => [FILES.probability(name, r), FILES.spread(name, r)])
      : []),
  ];
}

/** Names of the files of a case, relative to its output folder. */
export const FILES = {
  /** On the grid of an input: of the one that all share, or of the series that the others were aligned to. */
  segmentation: (name: string) => `${name}_seg.nii.gz`,
  /** On the grid of the prepared images, where there are any. */
  onPrepared: (name: string) => `prepared/${name}_seg.nii.gz`,
  combination: (members: readonly Modality[]) => `combinations/${combinationName(members)}.nii.gz`,
  native: (modality: Modality) => `native/${modality}_seg.nii.gz`,
  picture: (name: string) => `${name}_picture.png`,
  probability: (name: string, region: Region) => `${name}_probability_${region}.nii.gz`,
  spread: (name: string, region: Region) => `${name}_spread_${region}.nii.gz`,
} as const;

/**
 * Thresholds, cleans and writes the combinations, as many at a time as `memoryMb` holds.
 *
 * @returns what each holds, and the BraTS labels of the first, the result.
 */
export async function writeMasks(
  prepared: Case,
  logits: ModalityLogits,
  { description }: Model,
  combinations: readonly Modality[][],
  options: CaseOptions,
  output: CaseOutput,
  context: JobContext,
): Promise<{
  combinations: Record<string, CombinationResult>;
  main: Uint8Array;
  native: CaseReport['native'];
}> {
  const { grid, form } = prepared;
  const present = logits.maps.map((map) => map.modality);
  const fusion = fusionOf(description, present);
  const atOnce = Math.max(1, Math.floor((options.memoryMb * 1e6) / voxelCount(grid.size)));
  const results: Record<string, CombinationResult> = {};
  let native: CaseReport['native'];
  const pictured: PictureMask[] = [];
  let main: Uint8Array = new Uint8Array();
  for (let first = 0; first < combinations.length; first += atOnce) {
    const batch = combinations.slice(first, first + atOnce);
    const share = (inBatch: number) =>
      context.report('masks', 0.7 + (0.2 * (first + inBatch * batch.length)) / combinations.length);
    const masks = await combine(
      logits,
      grid,
      fusion,
      batch.map((members) => bitsOf(members, present)),
      {
        signal: context.signal,
        onProgress: share,
      },
    );
    const writes = batch.map(async (members) => {
      const labels = masks.labels.get(bitsOf(members, present))!;
      const name = combinationName(members);
      results[name] = describeCombination(labels, masks, members, present, prepared, description, options);
      const data = inScheme(labels, options);
      if (members === combinations[0]) {
        main = labels;
        const file = prepared.preparation
          ? FILES.onPrepared(prepared.name)
          : FILES.segmentation(prepared.name);
        await writeNifti(await output.stage(file), { ...grid, data }, { form });
        native = await writeNative(prepared, labels, options, output, grid);
      }
      if (options.allCombinations)
        await writeNifti(await output.stage(FILES.combination(members)), { ...grid, data }, { form });
    });
    await settleAll(writes);
    if (options.picture)
      pictured.push(
        ...batch.map((members) => ({ members, labels: masks.labels.get(bitsOf(members, present))! })),
      );
  }
  if (options.picture) {
    const picture = overviewPicture(prepared.images, grid, pictured);
    await writeFileAtomically(await output.stage(FILES.picture(prepared.name)), [picture]);
  }
  return { combinations: results, main, native };
}

function inScheme(labels: Uint8Array, { labels: scheme }: CaseOptions): Uint8Array {
  if (scheme === 'brats') return labels;
  return labels.map((label) => (label === LABELS.enhancing ? LABEL_VALUES.consecutive.enhancing : label));
}

/** Writes the mask on every source series' own grid, where the images were moved; that of the reference is the result. */
async function writeNative(
  { name, placements, preparation }: Case,
  labels: Uint8Array,
  options: CaseOptions,
  output: CaseOutput,
  grid: Grid,
): Promise<CaseReport['native']> {
  if (!placements) return undefined;
  const written: { -readonly [M in Modality]?: NonNullable<CaseReport['native']>[M] } = {};
  for (const modality of MODALITIES) {
    const placement = placements[modality];
    if (!placement) continue;
    const there = labelsOnSeries({ ...grid, data: labels }, placement);
    const file = FILES.native(modality);
    const volume = { ...placement.grid, data: inScheme(there, options) };
    const form = { form: placement.series.header.niftiHeader };
    await writeNifti(await output.stage(file), volume, form);
    if (modality === preparation?.reference)
      await writeNifti(await output.stage(FILES.segmentation(name)), volume, form);
    written[modality] = { file, ml: volumesOf(there, placement.grid) };
  }
  return written;
}

/** Cleans one mask in place and says what it holds. */
function describeCombination(
  labels: Uint8Array,
  { patterns }: CombinedMasks,
  members: readonly Modality[],
  present: readonly Modality[],
  { grid }: Case,
  description: Model['description'],
  options: CaseOptions,
): CombinationResult {
  const specks = removeSpecks(options.keepSpecks ? labels.slice() : labels, grid, description.cleanUp);
  const { warnings, ...found } = findingsOf(
    { labels, specks, members, patterns },
    present,
    grid,
    description,
  );
  return {
    ...found,
    diameters: regionDiameters({ ...grid, data: labels }),
    warnings: warnings.map(reportWarning),
    specks: specks.map(({ region, ml, centroidMm, centroidVoxel }) => ({
      region,
      ml,
      centroidMm,
      centroidVoxel,
      removed: !options.keepSpecks,
    })),
  };
}

/**
 * Writes the fused probability of each region and the spread of the sequences' own probabilities.
 *
 * @returns per region the mean spread over the mask before clean-up; null where the mask is empty.
 */
export async function writeProbabilities(
  { grid, form, name }: Pick<Case, 'grid' | 'form' | 'name'>,
  logits: ModalityLogits,
  { description }: Model,
  use: readonly Modality[],
  output: CaseOutput,
): Promise<PerRegion<number | null>> {
  const present = logits.maps.map((map) => map.modality);
  const maps = probabilityMaps(logits, grid, fusionOf(description, present), bitsOf(use, present));
  const write = async (kind: keyof ProbabilityMaps, file: string, region: Region) =>
    writeNifti(await output.stage(file), { ...grid, data: maps[kind][region] }, { form });
  await settleAll(
    REGIONS.flatMap((region) => [
      write('fused', FILES.probability(name, region), region),
      write('spread', FILES.spread(name, region), region),
    ]),
  );
  return perRegion((_, region) => meanSpread(maps, region, description.threshold));
}

/** Mean spread over the voxels of the region's mask before clean-up; null when there are none. */
function meanSpread({ fused, spread }: ProbabilityMaps, region: Region, threshold: number): number | null {
  let sum = 0;
  let voxels = 0;
  fused[region].forEach((probability, at) => {
    if (probability <= threshold) return;
    sum += spread[region][at];
    voxels++;
  });
  return voxels === 0 ? null : sum / voxels;
}

/** Waits for all, so that nothing is still being written when the first error is thrown. */
async function settleAll(writes: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
