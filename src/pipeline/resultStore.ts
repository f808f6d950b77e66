import { QuorumError } from '../errors.js';
import type { LogitsCache, LogitsKey } from '../kept/logitsCache.js';
import { openModel } from '../model/model.js';
import { layLattice } from '../segment/lattice.js';
import type { ModalityLogits } from '../segment/logits.js';
import { makeResult, type Result } from '../segment/result.js';
import type { Modality } from '../terms.js';
import type { CaseSource } from './caseSource.js';

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
