import { QuorumError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { removeSpecks, restoreSpecks, type Speck } from '../../segment/cleanUp.js';
import { type CombineOptions, combine, type PatternCounts } from '../../segment/combine.js';
import { bitsOf, type Fusion, fusionOf, type MemberBits, membersOf } from '../../segment/fusion.js';
import { layLattice } from '../../segment/lattice.js';
import type { ModalityLogits } from '../../segment/logits.js';
import { oneMask } from '../../segment/oneMask.js';
import type { Modality } from '../../terms.js';
import type { NiftiForm } from '../../volume/read.js';
import type { Grid } from '../../volume/volume.js';
import { openModel } from '../models.js';
import type { LogitsCache, LogitsKey } from '../profile/logitsCache.js';
import type { CaseSource } from './caseSource.js';

/** One combination's mask after clean-up, and what clean-up removed. */
export interface CleanMask {
  readonly labels: Uint8Array;
  readonly specks: readonly Speck[];
}

/** A result as the worker holds it: from this everything that a window shows is arithmetic. */
export interface HeldResult {
  readonly source: CaseSource;
  readonly model: Model;
  readonly grid: Grid;
  readonly form: NiftiForm | undefined;
  readonly present: readonly Modality[];
  readonly logits: ModalityLogits;
  readonly fusion: Fusion;
  readonly patterns: PatternCounts;
  /** All combinations at the model's threshold. */
  readonly masks: ReadonlyMap<MemberBits, CleanMask>;
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
    return holdResult(source, model, grid, form, logits);
  }
}

/** Combines and cleans all combinations, once. */
export async function holdResult(
  source: CaseSource,
  model: Model,
  grid: Grid,
  form: NiftiForm | undefined,
  logits: ModalityLogits,
  options: CombineOptions = {},
): Promise<HeldResult> {
  const present = logits.maps.map(({ modality }) => modality);
  const fusion = fusionOf(model.description, present);
  const subsets = Array.from({ length: (1 << present.length) - 1 }, (_, i) => i + 1);
  const { labels, patterns } = await combine(logits, grid, fusion, subsets, options);
  const masks = new Map<MemberBits, CleanMask>();
  for (const [bits, map] of labels) {
    masks.set(bits, { labels: map, specks: removeSpecks(map, grid, model.description.cleanUp) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { source, model, grid, form, present, logits, fusion, patterns, masks };
}

/**
 * The mask of one combination. At the model's threshold it is there already; at another one the logits of its members are
 * combined again.
 *
 * @throws QuorumError SEQUENCE_NOT_AVAILABLE for a member that the result does not have.
 */
export async function maskOf(
  result: HeldResult,
  combination: string,
  threshold: number | null,
  keepSpecks: boolean,
): Promise<CleanMask> {
  const bits = memberBits(result, combination);
  const { model, logits, present, grid } = result;
  if (threshold === null || threshold === model.description.threshold) {
    const mask = result.masks.get(bits)!;
    if (!keepSpecks) return mask;
    const labels = mask.labels.slice();
    restoreSpecks(labels, mask.specks);
    return { labels, specks: [] };
  }
  const members = membersOf(bits, present);
  const subset: ModalityLogits = { ...logits, maps: membersOf(bits, logits.maps) };
  const fusion = fusionOf(model.description, members, threshold);
  const labels = oneMask(subset, grid, fusion);
  return { labels, specks: keepSpecks ? [] : removeSpecks(labels, grid, model.description.cleanUp) };
}

/** The members of a combination's name as bits of the result's sequences. */
export function memberBits({ present }: HeldResult, combination: string): MemberBits {
  const members = combination.split('+') as Modality[];
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
