import { join } from 'node:path';
import type { SegmentRequest } from '../contract/index.js';
import { problemOf } from '../errors.js';
import type { Study } from '../intake/study.js';
import type { LogitsCache, LogitsKey } from '../kept/logitsCache.js';
import { BRAIN_FILE, type PreparedRecord, PreparedStore } from '../kept/preparedStore.js';
import type { Model } from '../model/model.js';
import type { KeptPreparation, NetworkAnswer } from '../pipeline/caseInputs.js';
import { preparationOptions } from '../pipeline/plan.js';
import { writeKept } from '../pipeline/prepare.js';
import type { Case } from '../prepare/case.js';
import { layLattice } from '../segment/lattice.js';
import type { ModalityLogits } from '../segment/logits.js';
import { MODALITIES, type Modality } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import { sha256OfImage } from '../volume/imageHash.js';
import { readLabelMap } from '../volume/read.js';
import { affineOf } from '../volume/tuples.js';

type CaseRequest = Pick<
  SegmentRequest,
  'device' | 'force' | 'brainMask' | 'stripper' | 'reference' | 'skip' | 'prepare'
>;
type Hashes = Readonly<Partial<Record<Modality, string>>>;

/** Keeps of one case what a window that opens it would compute again. */
export class CaseKeeper {
  private readonly request: CaseRequest;
  private readonly prepared: PreparedStore;
  private readonly cache: LogitsCache;
  private readonly limitBytes: number;
  /** Of the prepared images; null: they were not kept. */
  private images: Hashes | null = null;

  private readonly keepsHeads: boolean;

  /**
   * @param limitBytes of the logits.
   * @param keepsHeads whether a head with its face is kept, to correct the brain mask on.
   */
  constructor(
    request: CaseRequest,
    profileFolder: string,
    cache: LogitsCache,
    limitBytes: number,
    keepsHeads = true,
  ) {
    this.request = request;
    this.keepsHeads = keepsHeads;
    this.prepared = new PreparedStore(join(profileFolder, 'prepared'));
    this.cache = cache;
    this.limitBytes = limitBytes;
  }

  /** The transforms and the brain mask of an earlier preparation of the same images; null where they are not kept. */
  async preparation(study: Study): Promise<KeptPreparation | null> {
    if (!this.isKeepable) return null;
    const sources = await hashesOf(study);
    const key = { sources, options: preparationOptions(this.request), brain: null, network: null };
    const kept = await this.prepared.get(key);
    const brainMask = kept && (await readLabelMap(join(kept.folder, BRAIN_FILE)).catch(() => null));
    if (!kept || !brainMask) return null;
    const { fromReference, caseToReference, atlasToReference } = kept.record.transforms;
    this.images = hashesIn(kept.record);
    return {
      brainMask,
      keep: {
        fromReference: Object.fromEntries(
          Object.entries(fromReference).map(([m, matrix]) => [m, affineOf(matrix)]),
        ),
        caseToReference: affineOf(caseToReference),
        atlasToReference: atlasToReference && affineOf(atlasToReference),
      },
    };
  }

  /** What the network said earlier of these images; null where not all of it is kept. */
  async logits(prepared: Case, use: readonly Modality[], model: Model): Promise<ModalityLogits | null> {
    const images = prepared.preparation ? this.images : prepared.hashes;
    if (!images) return null;
    const kept = await Promise.all(use.map((m) => this.cache.get(this.keyOf(m, images, use, model.hash))));
    if (kept.some((one) => one === null || !sameGrid(one.grid, prepared.grid))) return null;
    return {
      lattice: layLattice(prepared.grid, model.description.grid),
      outsideLogit: model.description.patch.outsideLogit,
      maps: kept.map((one) => one!.map),
      passSeconds: [],
    };
  }

  private get isKeepable(): boolean {
    return this.request.brainMask === null && this.request.stripper === null;
  }

  private keyOf(modality: Modality, images: Hashes, use: readonly Modality[], modelHash: string): LogitsKey {
    const { device, force } = this.request;
    return { modality, image: images[modality]!, reference: images[use[0]]!, modelHash, device, force };
  }

  /** A brain mask or a network of the command's own is none that a window would take. */
  async keepPreparation(study: Study, all: Case, milliseconds: number): Promise<void> {
    const { preparation } = all;
    if (!preparation || !this.isKeepable) return;
    const hashes = await hashesOf(study);
    const options = preparationOptions(this.request);
    const folder = this.prepared.folderOf({ sources: hashes, options, brain: null, network: null });
    await unlessFull(async () => {
      const record = await writeKept({ hashes, options, folder }, { ...all, preparation }, milliseconds);
      this.images = hashesIn(record);
    });
    if (!this.keepsHeads) await this.prepared.dropHead(folder);
  }

  async keepLogits({ prepared, logits, use, modelHash, engine }: NetworkAnswer): Promise<void> {
    const images = prepared.preparation ? this.images : prepared.hashes;
    if (!images) return;
    const { grid, form } = prepared;
    for (const map of logits.maps) {
      const key = this.keyOf(map.modality, images, use, modelHash);
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

async function hashesOf({ images }: Study): Promise<Hashes> {
  const hashes: Partial<Record<Modality, string>> = {};
  for (const m of MODALITIES) if (images[m]) hashes[m] = await sha256OfImage(images[m].file);
  return hashes;
}

const hashesIn = ({ images }: PreparedRecord): Hashes =>
  Object.fromEntries(Object.entries(images).map(([m, { sha256 }]) => [m, sha256]));
