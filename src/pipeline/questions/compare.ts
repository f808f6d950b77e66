import { QuorumError } from '../../errors.js';
import { hd95 } from '../../evaluate/hd95.js';
import { dice, labelDice, overlapOf } from '../../masks/dice.js';
import { LABELS } from '../../masks/labels.js';
import { knownLabels, REGION_LABELS, regionMask } from '../../masks/schemes.js';
import { volumesOf } from '../../masks/volumes.js';
import { differenceBlobs } from '../../segment/choices.js';
import { membersOfBits } from '../../segment/fusion.js';
import { maskOf } from '../../segment/result.js';
import { differenceMap } from '../../segment/votes.js';
import { type Combination, combinationName, type LabelScheme, perRegion } from '../../terms.js';
import { gridText, sameGrid, voxelSpacing, voxelToWorld, voxelVolume } from '../../volume/affine.js';
import { readLabelMap } from '../../volume/read.js';
import { voxelCount } from '../../volume/volume.js';
import type { CaseSource, MaskInput } from '../caseSource.js';
import { summariseGrid } from '../inspect.js';
import type { HeldResult, ResultStore } from '../resultStore.js';
import { maskOnSeries } from '../seriesMasks.js';
import type { TaskArguments, TaskResult } from '../tasks.js';

/** Masks beside each other: differences, scores, and the blobs to choose from. */

/** The labels of a mask that the worker makes or was handed. */
async function labelsOf(store: ResultStore, source: CaseSource | null, mask: MaskInput): Promise<Uint8Array> {
  if (mask.kind === 'labels') return mask.labels;
  if (!source) throw new QuorumError({ code: 'RESULT_MISSING' });
  return (await maskOf(await store.get(source), mask.combination, mask.threshold, mask.keepSpecks)).labels;
}

/**
 * Where two masks differ in a region, as a map on `grid`, and the ml of what both and each alone hold. @throws QuorumError what
 * `maskOf` throws.
 */
export async function differenceTask(
  store: ResultStore,
  { source, grid, a, b, region }: TaskArguments<'difference'>,
): Promise<TaskResult<'difference'>> {
  const { map, both, onlyA, onlyB } = differenceMap(
    await labelsOf(store, source, a),
    await labelsOf(store, source, b),
    region,
  );
  const ml = voxelVolume(grid.affine) / 1000;
  const header = { grid: summariseGrid(grid), mlBoth: both * ml, mlOnlyA: onlyA * ml, mlOnlyB: onlyB * ml };
  return { labels: map, header };
}

/** Volumes of a mask on every source series' own grid; empty where nothing was moved. */
export async function seriesVolumesTask(
  store: ResultStore,
  { source, mask }: TaskArguments<'seriesVolumes'>,
): Promise<TaskResult<'seriesVolumes'>> {
  const { grid } = await store.get(source);
  const labels = await labelsOf(store, source, mask);
  const series: TaskResult<'seriesVolumes'>['series'] = [];
  for (const origin of source.origins ?? []) {
    const one = await maskOnSeries({ ...grid, data: labels }, origin);
    series.push({ sequence: one.modality, volumes: volumesOf(one.labels, one.header) });
  }
  return { series };
}

/** A mask on the own grid of one series, to be seen on the scanner's own slices. */
export async function seriesMaskTask(
  store: ResultStore,
  { source, mask, origin }: TaskArguments<'seriesMask'>,
): Promise<TaskResult<'seriesMask'>> {
  const { grid } = await store.get(source);
  const { labels, header } = await maskOnSeries(
    { ...grid, data: await labelsOf(store, source, mask) },
    origin,
  );
  return { labels, header: { grid: summariseGrid(header) } };
}

/** Dice, HD95 and ml of two masks per region. */
export async function compareTask(
  store: ResultStore,
  { source, grid, a, b }: TaskArguments<'compare'>,
): Promise<TaskResult<'compare'>> {
  const mapA = { data: await labelsOf(store, source, a), size: grid.size };
  const mapB = { data: await labelsOf(store, source, b), size: grid.size };
  const spacing = voxelSpacing(grid.affine);
  const ml = voxelVolume(grid.affine) / 1000;
  return perRegion((_, region) => {
    const maskA = regionMask(mapA, region, 'brats');
    const maskB = regionMask(mapB, region, 'brats');
    const overlap = overlapOf(maskA, maskB);
    const { truePositives: both, falsePositives: onlyA, falseNegatives: onlyB } = overlap;
    return {
      dice: dice(overlap),
      hd95: hd95(maskA, maskB, spacing),
      mlA: (both + onlyA) * ml,
      mlB: (both + onlyB) * ml,
      mlOnlyA: onlyA * ml,
      mlOnlyB: onlyB * ml,
    };
  });
}

/** Dice of every combination (at the result's threshold, after clean-up) with a truth. */
export async function scoresTask(
  store: ResultStore,
  held: HeldResult,
  { source, truth }: TaskArguments<'scores'>,
): Promise<TaskResult<'scores'>> {
  const labels = await labelsOf(store, source, truth);
  const entries = [...held.masks].map(([bits, mask]) => [
    combinationName(membersOfBits(bits, held.present)),
    labelDice(mask.labels, labels),
  ]);
  return Object.fromEntries(entries) as TaskResult<'scores'>;
}

/** The blobs where combinations differ. The last list is kept: taking an answer refers to it. */
export class BlobTasks {
  private last: { key: string; masks: Uint8Array[]; blobs: ReturnType<typeof differenceBlobs> } | null = null;

  async list(
    held: HeldResult,
    { combinations, threshold, limit }: TaskArguments<'blobs'>,
  ): Promise<TaskResult<'blobs'>> {
    const { blobs, masks } = await this.find(held, combinations, threshold);
    const ml = voxelVolume(held.grid.affine) / 1000;
    const described = blobs.slice(0, limit).map(({ voxels, voxel, groups }) => ({
      id: voxels[0],
      voxels: voxels.length,
      ml: voxels.length * ml,
      voxel: [...voxel] as [number, number, number],
      mm: voxelToWorld(held.grid.affine, ...voxel),
      answers: groups.map((group) => ({
        combinations: group.map((m) => combinations[m]),
        ml: mlOfLabels(masks[group[0]], voxels, ml),
      })),
    }));
    return { blobs: described, total: blobs.length };
  }

  /** @throws QuorumError REQUEST_INVALID for a blob or an answer that is not in the list. */
  async answer(
    held: HeldResult,
    { combinations, threshold, blob, answer }: TaskArguments<'blobAnswer'>,
  ): Promise<TaskResult<'blobAnswer'>> {
    const { blobs, masks } = await this.find(held, combinations, threshold);
    const found = blobs.find(({ voxels }) => voxels[0] === blob);
    const mask = masks[combinations.indexOf(answer)];
    if (!found || !mask) {
      const field = found ? 'answer' : 'blob';
      throw new QuorumError({ code: 'REQUEST_INVALID', field, expected: 'one of choices.list' });
    }
    return { voxels: found.voxels, labels: Uint8Array.from(found.voxels, (at) => mask[at]) };
  }

  clear(): void {
    this.last = null;
  }

  private async find(held: HeldResult, combinations: readonly Combination[], threshold: number | null) {
    const key = JSON.stringify([held.source.images, held.source.model.hash, combinations, threshold]);
    if (this.last?.key === key) return this.last;
    const masks: Uint8Array[] = [];
    for (const name of combinations) masks.push((await maskOf(held, name, threshold, false)).labels);
    this.last = { key, masks, blobs: differenceBlobs(masks, held.grid) };
    return this.last;
  }
}

function mlOfLabels(mask: Uint8Array, voxels: Uint32Array, ml: number) {
  const counts = new Uint32Array(5);
  for (const at of voxels) counts[mask[at]]++;
  return {
    core: counts[LABELS.core] * ml,
    oedema: counts[LABELS.oedema] * ml,
    enhancing: counts[LABELS.enhancing] * ml,
  };
}

/**
 * Reads a mask on the Case's grid as BraTS labels 1, 2, 4.
 *
 * @throws QuorumError GRIDS_DIFFER, LABELS_INVALID for a label outside the scheme, and what reading throws.
 */
export async function readMaskTask({
  file,
  grid,
  scheme,
}: TaskArguments<'readMask'>): Promise<TaskResult<'readMask'>> {
  const map = await readLabelMap(file);
  if (!sameGrid(map, grid))
    throw new QuorumError({ code: 'GRIDS_DIFFER', file, expected: gridText(grid), found: gridText(map) });
  const table = labelTable(scheme ?? guessScheme(map.data));
  const labels = new Uint8Array(voxelCount(grid.size));
  for (let at = 0; at < labels.length; at++) {
    const label = table[map.data[at]];
    if (label === UNKNOWN) {
      const found = String(map.data[at]);
      throw new QuorumError({
        code: 'LABELS_INVALID',
        field: 'voxels',
        expected: '0, 1, 2 and 4 or 3',
        found,
        file,
      });
    }
    labels[at] = label;
  }
  return { labels };
}

const UNKNOWN = 255;

/** Enhancing tumour is 4 in BraTS, 3 in BraTS 2021 and later; a 3 beside a 4 is for the user to explain. */
function guessScheme(data: Uint8Array): LabelScheme {
  return data.includes(3) && !data.includes(4) ? 'brats2021' : 'brats';
}

/** Label of a scheme → BraTS label (1, 2, 4). */
function labelTable(scheme: LabelScheme): Uint8Array {
  const table = new Uint8Array(256).fill(UNKNOWN);
  for (const label of knownLabels(scheme)) table[label] = 0;
  const { WT, TC, ET } = REGION_LABELS[scheme];
  for (const label of WT) table[label] = LABELS.oedema;
  for (const label of TC) table[label] = LABELS.core;
  for (const label of ET) table[label] = LABELS.enhancing;
  return table;
}
