import { join } from 'node:path';
import type { SegmentRequest } from '../contract/index.js';
import { problemOf } from '../errors.js';
import type { Study } from '../intake/study.js';
import type { LogitsCache } from '../kept/logitsCache.js';
import { PreparedStore } from '../kept/preparedStore.js';
import { writeKept } from '../pipeline/prepare.js';
import { preparationOptions } from '../pipeline/preparing.js';
import type { NetworkAnswer } from '../pipeline/segmentCase.js';
import type { Case } from '../prepare/case.js';
import { MODALITIES, type Modality } from '../terms.js';
import { sha256OfImage } from '../volume/imageHash.js';

type Hashes = Readonly<Partial<Record<Modality, string>>>;

/** Keeps of one case what a window that opens it would compute again. */
export class CaseKeeper {
  private readonly request: SegmentRequest;
  private readonly prepared: PreparedStore;
  private readonly cache: LogitsCache;
  private readonly limitBytes: number;
  /** Of the prepared images; null: they were not kept. */
  private images: Hashes | null = null;

  /** @param limitBytes of the logits. */
  constructor(request: SegmentRequest, profileFolder: string, cache: LogitsCache, limitBytes: number) {
    this.request = request;
    this.prepared = new PreparedStore(join(profileFolder, 'prepared'));
    this.cache = cache;
    this.limitBytes = limitBytes;
  }

  /** A brain mask or a network of the command's own is none that a window would take. */
  async keepPreparation(study: Study, all: Case, milliseconds: number): Promise<void> {
    const { preparation } = all;
    if (!preparation || this.request.brainMask !== null || this.request.stripper !== null) return;
    const hashes: Partial<Record<Modality, string>> = {};
    for (const m of MODALITIES) if (study.images[m]) hashes[m] = await sha256OfImage(study.images[m].file);
    const options = preparationOptions(this.request);
    const folder = this.prepared.folderOf({ sources: hashes, options, brain: null, network: null });
    await unlessFull(async () => {
      const { images } = await writeKept({ hashes, options, folder }, { ...all, preparation }, milliseconds);
      this.images = Object.fromEntries(Object.entries(images).map(([m, { sha256 }]) => [m, sha256]));
    });
  }

  async keepLogits({ prepared, logits, use, modelHash, engine }: NetworkAnswer): Promise<void> {
    const images = prepared.preparation ? this.images : prepared.hashes;
    if (!images) return;
    const { device, force } = this.request;
    const { grid, form } = prepared;
    const reference = images[use[0]]!;
    for (const map of logits.maps) {
      const { modality } = map;
      const key = { modality, image: images[modality]!, reference, modelHash, device, force };
      await unlessFull(() => this.cache.put(key, { map, grid, form, engine }, this.limitBytes));
    }
  }
}

/** What cannot be written costs time later, never the result. */
async function unlessFull(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code } = problemOf(error);
    if (code !== 'DISK_FULL' && code !== 'OUTPUT_NOT_WRITABLE') throw error;
  }
}
