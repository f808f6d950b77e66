import type { BinaryHeader, CaseCombination, Client } from '../../src/contract/index.js';
import type { Modality } from '../../src/terms.js';
import { contentBox } from '../logic/contentBox.js';
import type { ImageVoxels } from '../logic/slices.js';
import { type LoadedOverlay, loadShown, type Shown } from './shown.js';

const KEPT_OVERLAYS = 8;

/** A series on its own grid, and where that lies in the case (RAS mm to RAS mm; null: nothing was moved). */
export interface SeriesVoxels {
  readonly image: ImageVoxels;
  readonly toCase: readonly number[] | null;
}

/** Images and overlays of one case, asked for once and kept while they are used. */
export class Voxels {
  readonly #client: Client;
  readonly #case: string;
  readonly #images = new Map<string, Promise<ImageVoxels>>();
  readonly #series = new Map<string, Promise<SeriesVoxels>>();
  readonly #found = new Map<string, Promise<Record<string, CaseCombination>>>();
  readonly #overlays = new Map<string, Promise<LoadedOverlay>>();

  constructor(client: Client, caseId: string) {
    this.#client = client;
    this.#case = caseId;
  }

  /** @param key names the image that serves as this sequence now. */
  image(sequence: Modality, key: string): Promise<ImageVoxels> {
    return this.#kept(this.#images, `${sequence} ${key}`, 4, async () => {
      const request = { case: this.#case, sequence };
      const { header, data } = await this.#client.callBinary('images.volume', request);
      return typed(header, data);
    });
  }

  /** A sequence as the scanner made it. @param key names its file. */
  series(sequence: Modality, key: string): Promise<SeriesVoxels> {
    return this.#kept(this.#series, `${sequence} ${key}`, 2, async () => {
      const request = { case: this.#case, sequence };
      const { header, data } = await this.#client.callBinary('images.series', request);
      return { image: typed(header, data), toCase: header.toCase };
    });
  }

  /** @param state changes when the same request would get another answer: the result's id, the edit's revision. */
  overlay(shown: Shown, state: string): Promise<LoadedOverlay> {
    const key = `${state} ${JSON.stringify(shown)}`;
    return this.#kept(this.#overlays, key, KEPT_OVERLAYS, () =>
      loadShown(this.#client, this.#case, shown, key),
    );
  }

  /** What was found in every combination at another threshold than the model's. */
  combinations(threshold: number, state: string): Promise<Record<string, CaseCombination>> {
    return this.#kept(this.#found, `${state} ${threshold}`, 1, () =>
      this.#client.call('masks.combinations', { case: this.#case, threshold }),
    );
  }

  /** What was asked for last stays; what fails is asked for again. */
  #kept<T>(cache: Map<string, Promise<T>>, key: string, limit: number, make: () => Promise<T>): Promise<T> {
    const value = cache.get(key) ?? make();
    cache.delete(key);
    cache.set(key, value);
    value.catch(() => cache.get(key) === value && cache.delete(key));
    for (const old of cache.keys()) {
      if (cache.size <= limit) break;
      cache.delete(old);
    }
    return value;
  }
}

function typed(header: BinaryHeader<'images.volume'>, data: ArrayBuffer): ImageVoxels {
  const Type = { uint8: Uint8Array, int16: Int16Array, float32: Float32Array }[header.type];
  const image = { ...header, data: new Type(data) };
  return { ...image, content: contentBox(image) };
}
