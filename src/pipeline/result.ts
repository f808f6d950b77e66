import { QuorumError } from '../errors.js';
import type { LogitsCache, LogitsKey } from '../kept/logitsCache.js';
import { maskOfRuns } from '../masks/runs.js';
import { type Model, openModel } from '../model/model.js';
import { removeSpecks, restoreSpecks, type Speck } from '../segment/cleanUp.js';
import { type CombineOptions, combine, type PatternCounts } from '../segment/combine.js';
import { bitsOf, type Fusion, fusionOf, type MemberBits, membersOfBits } from '../segment/fusion.js';
import { layLattice } from '../segment/lattice.js';
import type { ModalityLogits } from '../segment/logits.js';
import { oneMask } from '../segment/oneMask.js';
import { type Combination, type Modality, membersOf } from '../terms.js';
import { traced } from '../trace.js';
import type { NiftiForm } from '../volume/read.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import type { CaseSource } from './caseSource.js';

/** One combination's mask, and the parts that are below the model's minimum volume: removed, or, where they are kept, in it. */
export interface CleanMask {
  /** BraTS labels on the Case's grid, x fastest. */
  readonly labels: Uint8Array;
  readonly specks: readonly Speck[];
}

/** A finished segmentation: from this every mask, number and file is arithmetic. */
export interface Result {
  readonly model: Model;
  /** The Case's grid, and its exact NIfTI geometry. */
  readonly grid: Grid;
  readonly form: NiftiForm | undefined;
  /** The sequences that went in, in MODALITIES order. */
  readonly present: readonly Modality[];
  readonly logits: ModalityLogits;
  readonly fusion: Fusion;
  /** At the model's threshold, before clean-up. */
  readonly patterns: PatternCounts;
  /** Masks at the model's threshold that are held; others are made when they are asked for. */
  readonly masks: ReadonlyMap<MemberBits, CleanMask>;
}

/** Which mask of a result. */
export interface MaskChoice {
  /** Name of the combination. */
  readonly combination: Combination;
  /** Null: the model's. */
  readonly threshold: number | null;
  readonly keepSpecks: boolean;
}

/**
 * Combines the sequences' logits, and cleans and holds some of the masks.
 *
 * @param held the combinations whose masks are held; all when absent.
 * @throws QuorumError CANCELLED.
 */
export async function makeResult(
  model: Model,
  grid: Grid,
  form: NiftiForm | undefined,
  logits: ModalityLogits,
  { held, ...options }: CombineOptions & { readonly held?: readonly MemberBits[] } = {},
): Promise<Result> {
  const present = logits.maps.map(({ modality }) => modality);
  const fusion = fusionOf(model.description, present);
  const subsets = held ?? Array.from({ length: (1 << present.length) - 1 }, (_, i) => i + 1);
  const { labels, patterns } = await traced('combine', () => combine(logits, grid, fusion, subsets, options));
  const masks = new Map<MemberBits, CleanMask>();
  for (const [bits, map] of labels) {
    masks.set(bits, {
      labels: map,
      specks: traced('clean up', () => removeSpecks(map, grid, model.description.cleanUp)),
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { model, grid, form, present, logits, fusion, patterns, masks };
}

/**
 * One mask of a result. One that is held is there already; another is combined again from its members' logits.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE for a member that the result does not have.
 */
export async function maskOf(
  result: Result,
  combination: Combination,
  threshold: number | null,
  keepSpecks: boolean,
): Promise<CleanMask> {
  const bits = memberBits(result, combination);
  const { model, logits, present, grid } = result;
  const held = isModelThreshold(result, threshold) ? result.masks.get(bits) : undefined;
  if (held) {
    if (!keepSpecks) return held;
    const labels = held.labels.slice();
    restoreSpecks(labels, held.specks);
    return { labels, specks: held.specks };
  }
  const members = membersOfBits(bits, present);
  const subset: ModalityLogits = { ...logits, maps: membersOfBits(bits, logits.maps) };
  const runs = oneMask(subset, grid, fusionOf(model.description, members, threshold ?? undefined));
  const labels = maskOfRuns(runs, voxelCount(grid.size));
  const cleaned = keepSpecks ? labels.slice() : labels;
  return { labels, specks: removeSpecks(cleaned, grid, model.description.cleanUp) };
}

/** Whether a threshold is the model’s own; null is. */
export function isModelThreshold({ model }: Pick<Result, 'model'>, threshold: number | null): boolean {
  return threshold === null || threshold === model.description.threshold;
}

/** The members of a combination's name as bits of the result's sequences. */
export function memberBits({ present }: Pick<Result, 'present'>, combination: Combination): MemberBits {
  const members = membersOf(combination);
  const missing = members.find((m) => !present.includes(m));
  if (missing !== undefined) {
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `some of ${present.join(', ')}`,
      found: missing,
    });
  }
  return bitsOf(members, present);
}

/** A result as the worker holds it, with what it follows from. */
export interface HeldResult extends Result {
  readonly source: CaseSource;
}

/** How many results are held at once that the cache can give again. */
const HELD = 2;

interface Entry {
  readonly result: Promise<HeldResult>;
  /** The cache holds its logits: it may go from memory. */
  readonly cached: boolean;
}

/** Results of open cases: in memory, or made again from the cached logits. */
export class ResultStore {
  private readonly held = new Map<string, Entry>();
  private readonly cache: LogitsCache;

  constructor(cache: LogitsCache) {
    this.cache = cache;
  }

  /** @throws QuorumError RESULT_MISSING when neither memory nor cache has it. */
  get(source: CaseSource): Promise<HeldResult> {
    const key = keyOf(source);
    const entry = this.held.get(key) ?? { result: this.fromCache(source), cached: true };
    this.hold(key, entry);
    return entry.result;
  }

  /** @param cached whether the cache holds its logits; what it does not is held until it is dropped. */
  put(result: HeldResult, { cached }: { readonly cached: boolean }): void {
    this.hold(keyOf(result.source), { result: Promise.resolve(result), cached });
  }

  /** Frees what was made of these image files. */
  drop(images: readonly string[]): void {
    for (const key of [...this.held.keys()])
      if (images.some((image) => key.includes(image))) this.held.delete(key);
  }

  private hold(key: string, entry: Entry): void {
    this.held.delete(key);
    this.held.set(key, entry);
    entry.result.catch(() => {
      if (this.held.get(key) === entry) this.held.delete(key);
    });
    const cached = [...this.held].filter(([, one]) => one.cached).map(([one]) => one);
    for (const old of cached.slice(0, -HELD)) this.held.delete(old);
  }

  private async fromCache(source: CaseSource): Promise<HeldResult> {
    const model = await openModel(source.model.folder);
    const cached = [];
    for (const { modality } of source.images) {
      const entry =
        model.hash === source.model.hash ? await this.cache.get(logitsKey(source, modality)) : null;
      if (!entry) throw new QuorumError({ code: 'RESULT_MISSING' });
      cached.push(entry);
    }
    const [{ grid, form }] = cached;
    const logits: ModalityLogits = {
      lattice: layLattice(grid, model.description.grid),
      outsideLogit: model.description.patch.outsideLogit,
      maps: cached.map(({ map }) => map),
      passSeconds: [],
    };
    return { ...(await makeResult(model, grid, form, logits)), source };
  }
}

/** The cache's key for one modality of a source. */
export function logitsKey(source: CaseSource, modality: Modality): LogitsKey {
  const image = source.images.find((one) => one.modality === modality)!.sha256;
  const { device, force } = source;
  return { modality, image, reference: source.images[0].sha256, modelHash: source.model.hash, device, force };
}

function keyOf({ images, model, device, force }: CaseSource): string {
  return JSON.stringify([
    images.map(({ modality, sha256 }) => [modality, sha256]),
    model.hash,
    device,
    force,
  ]);
}
