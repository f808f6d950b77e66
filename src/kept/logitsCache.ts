import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivately } from '../files/privateFiles.js';
import { parseSafetensors } from '../network/safetensors.js';
import { serialiseSafetensors, type WritableTensor } from '../network/safetensorsWriter.js';
import { type LogitMap, RESULT_FORMAT } from '../segment/logits.js';
import { packBits, unpackBits } from '../segment/tissue.js';
import type { Modality } from '../terms.js';
import { QUORUM_VERSION } from '../version.js';
import type { NiftiForm } from '../volume/read.js';
import { type Grid, voxelCount } from '../volume/volume.js';

export const CACHE_MAXIMUM_AGE_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const EXTENSION = '.safetensors';

/** With Quorum's version and RESULT_FORMAT everything that decides one modality's logits. */
export interface LogitsKey {
  readonly modality: Modality;
  /** SHA-256 of the image file. */
  readonly image: string;
  /** SHA-256 of the image file that gives the Case's grid. */
  readonly reference: string;
  readonly modelHash: string;
  /** The device that was asked for. */
  readonly device: string;
  readonly force: boolean;
}

export interface CachedLogits {
  readonly map: LogitMap;
  /** The Case's grid and its exact NIfTI geometry. */
  readonly grid: Grid;
  readonly form: NiftiForm | undefined;
  readonly engine: { readonly name: string; readonly device: string };
}

const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const aboutSchema = z.object({
  box: z.object({ origin: triple, size: triple }),
  grid: z.object({ size: triple, affine: z.array(z.number()).length(16) }),
  form: z.unknown().optional(),
  engine: z.object({ name: z.string(), device: z.string() }),
});

/**
 * Logits as fp16 on disk with where the image shows the patient, one file per modality, named by content: `<image hash>-<key hash>`. No name, path or date of a patient
 * is in it. Oldest files go first when the limit is reached; none is used after 30 days.
 */
export class LogitsCache {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The logits for a key; null when they are not there, too old, or damaged (then the file is removed). */
  async get(key: LogitsKey): Promise<CachedLogits | null> {
    const file = this.fileOf(key);
    try {
      if (Date.now() - (await stat(file)).mtimeMs > CACHE_MAXIMUM_AGE_DAYS * DAY_MS) return null;
      const { tensors, metadata } = parseSafetensors(await readFile(file), { file });
      const about = aboutSchema.parse(JSON.parse(metadata.about));
      const data = tensors.get('logits')?.data;
      const [x, y, z] = about.box.size;
      const seen = tensors.get('seen')?.data;
      const tissue = tensors.get('tissue')?.data;
      if (!(data instanceof Float32Array) || data.length !== 3 * x * y * z) throw new Error('another size');
      if (!(seen instanceof Uint8Array) || !(tissue instanceof Uint8Array)) throw new Error('another form');
      if (seen.length !== bytesFor(x * y * z) || tissue.length !== bytesFor(voxelCount(about.grid.size)))
        throw new Error('another size');
      return {
        map: { modality: key.modality, box: about.box, data, seen: unpackBits(seen, x * y * z), tissue },
        grid: about.grid,
        form: about.form as NiftiForm | undefined,
        engine: about.engine,
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await rm(file, { force: true });
      return null;
    }
  }

  /** False when the limit leaves no room for it. @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE. */
  async put(key: LogitsKey, { map, grid, form, engine }: CachedLogits, limitBytes: number): Promise<boolean> {
    const { origin, size } = map.box;
    const about = JSON.stringify({
      box: { origin, size },
      grid: { size: grid.size, affine: [...grid.affine] },
      form,
      engine,
    });
    const seen = packBits(map.seen);
    const tensors = new Map<string, WritableTensor>([
      ['logits', { shape: [3, size[2], size[1], size[0]], data: map.data }],
      ['seen', { shape: [seen.length], data: seen }],
      ['tissue', { shape: [map.tissue.length], data: map.tissue }],
    ]);
    const bytes = serialiseSafetensors(tensors, { about }, { dtype: 'F16' });
    await this.shrink(limitBytes - bytes.length);
    if (bytes.length > limitBytes) return false;
    await writePrivately(this.fileOf(key), bytes);
    return true;
  }

  /** Removes what is too old, then the oldest until at most `limitBytes` are left. */
  async shrink(limitBytes: number): Promise<void> {
    const files = (await this.files()).sort((a, b) => b.written - a.written);
    let kept = 0;
    for (const { path, bytes, written } of files) {
      const tooOld = Date.now() - written > CACHE_MAXIMUM_AGE_DAYS * DAY_MS;
      if (tooOld || kept + bytes > limitBytes) await rm(path, { force: true });
      else kept += bytes;
    }
  }

  /** Removes what is too old. */
  async sweep(): Promise<void> {
    await this.shrink(Number.POSITIVE_INFINITY);
  }

  /** Removes all that came from these image files. */
  async forget(images: readonly string[]): Promise<void> {
    // One that was being written begins with a dot.
    for (const { name, path } of await this.files())
      if (images.some((image) => name.replace(/^\./, '').startsWith(prefixOf(image))))
        await rm(path, { force: true });
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async size(): Promise<{ bytes: number; entries: number }> {
    const files = await this.files();
    return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), entries: files.length };
  }

  private fileOf(key: LogitsKey): string {
    const { modality, image, reference, modelHash, device, force } = key;
    const text = JSON.stringify([
      QUORUM_VERSION,
      RESULT_FORMAT,
      modality,
      image,
      reference,
      modelHash,
      device,
      force,
    ]);
    const hash = createHash('sha256').update(text).digest('hex');
    return join(this.folder, `${prefixOf(image)}${hash.slice(0, 32)}${EXTENSION}`);
  }

  private async files(): Promise<{ name: string; path: string; bytes: number; written: number }[]> {
    const files = [];
    for (const name of await readdir(this.folder).catch(() => [])) {
      const path = join(this.folder, name);
      const info = await stat(path).catch(() => null);
      if (info?.isFile()) files.push({ name, path, bytes: info.size, written: info.mtimeMs });
    }
    return files;
  }
}

/** What so many bits take. */
const bytesFor = (bits: number): number => Math.ceil(bits / 8);

function prefixOf(image: string): string {
  return `${image.slice(0, 32)}-`;
}
