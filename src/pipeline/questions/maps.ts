import { QuorumError } from '../../errors.js';
import { volumesOfRuns } from '../../masks/volumes.js';
import { membersOfBits } from '../../segment/fusion.js';
import { contributionsOf } from '../../segment/influence.js';
import { oneMask } from '../../segment/oneMask.js';
import { probabilitiesAt, probabilityMap } from '../../segment/probabilities.js';
import { maskOf, memberBits } from '../../segment/result.js';
import { decidedByMap, disagreementMap, leaveOneOut } from '../../segment/votes.js';
import { combinationName, MODALITIES, type Modality } from '../../terms.js';
import { voxelToWorld, voxelVolume } from '../../volume/affine.js';
import { resample } from '../../volume/resample.js';
import { affineOf } from '../../volume/tuples.js';
import type { Grid, Volume } from '../../volume/volume.js';
import { summariseGrid } from '../inspect.js';
import type { HeldResult, ResultStore } from '../resultStore.js';
import type { TaskArguments, TaskResult } from '../tasks.js';
import type { ImageStore } from './imageStore.js';

/** Masks and maps of a result on the Case's grid. */

/** Where the masks of a result disagree about a region (all combinations, after clean-up). */
export function disagreementTask(
  held: HeldResult,
  { region }: TaskArguments<'disagreement'>,
): TaskResult<'disagreement'> {
  const masks = [...held.masks.values()].map(({ labels }) => labels);
  const header = {
    grid: summariseGrid(held.grid),
    combinations: masks.length,
    maximum: Math.floor(masks.length / 2),
  };
  return { labels: disagreementMap(masks, region), header };
}

/** Which sequence decides each voxel (before clean-up, as the contributions in ml), bits in MODALITIES order. */
export async function decidedByTask(
  held: HeldResult,
  { combination, region }: TaskArguments<'decidedBy'>,
): Promise<TaskResult<'decidedBy'>> {
  const bits = memberBits(held, combination);
  const members = membersOfBits(bits, held.present);
  const raw = async (subset: number) =>
    (await maskOf(held, combinationName(membersOfBits(subset, held.present)), null, true)).labels;
  const without = new Map<number, Uint8Array>();
  for (const [bit, rest] of leaveOneOut(bits))
    without.set(MODALITIES.indexOf(held.present[bit]), await raw(rest));
  const ml = contributionsOf(held.patterns, members, held.present, voxelVolume(held.grid.affine) / 1000);
  const sequences = Object.fromEntries(
    (ml ?? []).map(({ modality, added, removed }) => [
      modality,
      { added: added[region], removed: removed[region] },
    ]),
  );
  return {
    labels: decidedByMap(await raw(bits), without, region),
    header: { grid: summariseGrid(held.grid), sequences },
  };
}

/** Fused probability or spread, 255 = 1. */
export function probabilityTask(
  held: HeldResult,
  { combination, region, kind }: TaskArguments<'probability'>,
): TaskResult<'probability'> {
  const bits = memberBits(held, combination);
  const map = probabilityMap(held.logits, held.grid, held.fusion, bits, region, kind);
  const labels = Uint8Array.from(map, (value) => Math.round(255 * value));
  return { labels, header: { grid: summariseGrid(held.grid), scale: 1 / 255 } };
}

/**
 * A fusion with other weights: the model's times a factor per sequence; 0 leaves the sequence out.
 *
 * @throws QuorumError REQUEST_INVALID when no factor is positive.
 */
export function exploreTask(
  held: HeldResult,
  { factors, threshold }: TaskArguments<'explore'>,
): TaskResult<'explore'> {
  const factorOf = (m: Modality) => factors[m] ?? 1;
  const chosen = held.present.map((m, i) => ({ m, i })).filter(({ m }) => factorOf(m) > 0);
  if (chosen.length === 0)
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'factors', expected: 'at least one above 0' });
  const t = threshold ?? held.model.description.threshold;
  const fusion = {
    weights: chosen.map(({ m, i }) => held.fusion.weights[i].map((w) => w * factorOf(m))),
    biases: chosen.map(({ i }) => held.fusion.biases[i]),
    thresholdLogit: Math.log(t / (1 - t)),
  };
  const logits = { ...held.logits, maps: chosen.map(({ i }) => held.logits.maps[i]) };
  const runs = oneMask(logits, held.grid, fusion);
  return {
    runs,
    header: { grid: summariseGrid(held.grid), volumes: volumesOfRuns(runs, held.grid), exploration: true },
  };
}

/** Intensities and probabilities under the crosshair. */
export async function voxelTask(
  store: ResultStore,
  images: ImageStore,
  { source, files, voxel, grid, combination }: TaskArguments<'voxel'>,
): Promise<TaskResult<'voxel'>> {
  const point = pointGrid(grid, voxel);
  const intensities: Partial<Record<Modality, number>> = {};
  for (const modality of MODALITIES) {
    const file = files[modality];
    if (file)
      intensities[modality] = resample(await images.get(file), point, { interpolation: 'nearest' })[0];
  }
  if (!source) return { intensities, sequences: {}, fused: null };
  const held = await store.get(source);
  const probabilities = (bits: number) => probabilitiesAt(held.logits, held.grid, held.fusion, bits, voxel);
  const all = (1 << held.present.length) - 1;
  return {
    intensities,
    sequences: Object.fromEntries(held.present.map((m, i) => [m, probabilities(1 << i)])),
    fused: probabilities(combination === null ? all : memberBits(held, combination)),
  };
}

/** A grid of one voxel. */
function pointGrid({ affine }: Grid, [i, j, k]: readonly [number, number, number]): Grid {
  const origin = voxelToWorld(affine, i, j, k);
  const moved = [...affine];
  moved.splice(12, 3, ...origin);
  return { size: [1, 1, 1], affine: affineOf(moved) };
}

/** One image for display: in the smallest of uint8, int16 and float32 that holds its values exactly. */
export async function imageTask(images: ImageStore, file: string): Promise<TaskResult<'image'>> {
  return packedImage(await images.get(file));
}

/** An image as it travels to a window: in the smallest type that holds its values, with a window to begin with. */
export function packedImage({ data, size, affine }: Volume): TaskResult<'image'> {
  const { minimum, maximum, whole } = rangeOf(data);
  const type =
    whole && minimum >= 0 && maximum <= 255
      ? 'uint8'
      : whole && minimum >= -32768 && maximum <= 32767
        ? 'int16'
        : 'float32';
  const typed = type === 'uint8' ? Uint8Array.from(data) : type === 'int16' ? Int16Array.from(data) : data;
  return {
    voxels: new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength),
    header: { grid: summariseGrid({ size, affine }), type, minimum, maximum, window: windowOf(data) },
  };
}

function rangeOf(data: Float32Array): { minimum: number; maximum: number; whole: boolean } {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (let at = 0; at < data.length; at++) {
    const value = data[at];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (whole && value % 1 !== 0) whole = false;
  }
  return { minimum, maximum, whole };
}

/** 1st and 99.5th percentile of (a sample of) the non-zero values. */
function windowOf(data: Float32Array): [number, number] {
  const step = Math.max(1, Math.floor(data.length / 1_000_000));
  const values = data.filter((value, at) => value !== 0 && at % step === 0).sort();
  if (values.length === 0) return [0, 1];
  return [values[Math.floor(0.01 * (values.length - 1))], values[Math.floor(0.995 * (values.length - 1))]];
}
