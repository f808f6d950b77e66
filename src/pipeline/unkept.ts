import { join } from 'node:path';
import { QuorumError } from '../errors.js';
import { preparedImageName } from '../kept/preparedStore.js';
import type { Case } from '../prepare/case.js';
import { MODALITIES } from '../terms.js';
import type { ImageStore } from './questions/imageStore.js';

type Write = (making: string) => Promise<void>;

/** Preparations that were made and are not on disk yet: they are shown and segmented from memory, by the folder that they will have. */
export class UnkeptPreparations {
  private readonly held = new Map<string, { readonly prepared: Case; readonly write: Write }>();
  private readonly images: ImageStore;

  constructor(images: ImageStore) {
    this.images = images;
  }

  hold(folder: string, prepared: Case, write: Write): void {
    this.held.set(folder, { prepared, write });
    for (const modality of MODALITIES) {
      const image = prepared.images[modality];
      if (image) this.images.hold(join(folder, preparedImageName(modality)), image);
    }
  }

  get(folder: string): Case | undefined {
    return this.held.get(folder)?.prepared;
  }

  /** @throws QuorumError RESULT_MISSING. */
  writerOf(folder: string): Write {
    const held = this.held.get(folder);
    if (!held) throw new QuorumError({ code: 'RESULT_MISSING', field: 'preparation' });
    return held.write;
  }

  /** It is on disk now. */
  release(folder: string): void {
    this.held.delete(folder);
    for (const modality of MODALITIES) this.images.release(join(folder, preparedImageName(modality)));
  }
}
