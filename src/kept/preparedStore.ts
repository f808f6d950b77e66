import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { modalitySchema } from '../contract/basic.js';
import { type PreparationOptions, preparedSchema } from '../contract/preparation.js';
import { warningSchema } from '../contract/results.js';
import { readJson } from '../files/privateFiles.js';
import { isAbandoned, ownerTag } from '../files/process.js';
import { writeFolderWhole } from '../files/wholeFolder.js';
import { MODALITIES, type Modality } from '../terms.js';
import { QUORUM_VERSION } from '../version.js';
import { CACHE_MAXIMUM_AGE_DAYS } from './logitsCache.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const matrix = z.array(z.number()).length(16);

/** `prepared.json`: what was done, and where each source series lies. No name, path or date of a patient is in it. */
const preparedRecordSchema = z.object({
  format: z.literal(1),
  summary: preparedSchema,
  images: z.partialRecord(
    modalitySchema,
    z.object({
      /** SHA-256 of the prepared file. */
      sha256: z.string(),
      /** SHA-256 of the series that it was made of. */
      source: z.string(),
      /** The grid of that series. */
      grid: z.object({ size: triple, affine: matrix }),
      /** 4×4 column-major: RAS mm of the series → RAS mm of the prepared image. */
      toCase: matrix,
    }),
  ),
  /** What was found of the series. */
  notes: z.array(warningSchema),
  /** What registration found, so that it is not sought again. */
  transforms: z.object({
    fromReference: z.partialRecord(modalitySchema, matrix),
    caseToReference: matrix,
    atlasToReference: matrix.nullable(),
  }),
});
export type PreparedRecord = z.infer<typeof preparedRecordSchema>;

export const PREPARED_FILE = 'prepared.json';
export const BRAIN_FILE = 'brain.nii.gz';
/** The reference image before the brain was cut out, to correct the brain mask on. It shows the face. */
export const HEAD_FILE = 'head-with-face.nii.gz';
/** The head's file as earlier versions named it. */
const OLD_HEAD_FILE = 'head.nii.gz';
const MAKING = '.making-';
const EARLIER = '.earlier-';
export const preparedImageName = (modality: Modality) => `${modality}.nii.gz`;
export const pictureName = (picture: string) => `${picture}.png`;

/** Prepared images on disk. */
export interface Prepared {
  readonly folder: string;
  readonly record: PreparedRecord;
}

/** SHA-256 of each source series. */
export type PreparationSources = Readonly<Partial<Record<Modality, string>>>;

export interface PreparationKey {
  readonly sources: PreparationSources;
  readonly options: PreparationOptions;
  /** SHA-256 of the brain mask that the user corrected, or null. */
  readonly brain: string | null;
  /** SHA-256 of the network for the skull strip where it is used, or null. */
  readonly network: string | null;
}

/**
 * Prepared images, one folder per preparation, named by content. Oldest go first when the limit is reached; none is used after 30 days.
 */
export class PreparedStore {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The folder of a preparation, made or not. */
  folderOf(key: PreparationKey): string {
    const sources = MODALITIES.map((m) => key.sources[m] ?? null);
    const text = JSON.stringify([QUORUM_VERSION, sources, key.options, key.brain, key.network]);
    return join(this.root, createHash('sha256').update(text).digest('hex').slice(0, 32));
  }

  /** Null when it is not there, too old or damaged. */
  async get(key: PreparationKey): Promise<Prepared | null> {
    return this.read(this.folderOf(key));
  }

  /** The newest preparation of exactly these series, whatever its options. */
  async newest(sources: PreparationSources): Promise<Prepared | null> {
    const [first] = (await this.all())
      .filter(({ record }) => MODALITIES.every((m) => record.images[m]?.source === sources[m]))
      .sort((a, b) => (a.record.summary.preparedAt < b.record.summary.preparedAt ? 1 : -1));
    return first ?? null;
  }

  /** SHA-256 of the prepared images that came from these sources. */
  async imagesOf(sources: readonly string[]): Promise<string[]> {
    const of = (await this.all()).filter(({ record }) => comesFrom(record, sources));
    return of.flatMap(({ record }) => Object.values(record.images).map(({ sha256 }) => sha256));
  }

  /** Removes all that came from these source series. */
  async forget(sources: readonly string[]): Promise<void> {
    for (const { folder, record } of await this.all())
      if (comesFrom(record, sources)) await rm(folder, { recursive: true, force: true });
  }

  /** Removes what is too old, then the oldest until at most `limitBytes` are left; folders in use stay. */
  async shrink(limitBytes: number, inUse: ReadonlySet<string>): Promise<void> {
    const entries = (await this.entries()).sort((a, b) => b.written - a.written);
    let kept = 0;
    for (const { folder, bytes, written } of entries) {
      const tooOld = Date.now() - written > CACHE_MAXIMUM_AGE_DAYS * DAY_MS;
      if (!inUse.has(folder) && (tooOld || kept + bytes > limitBytes))
        await rm(folder, { recursive: true, force: true });
      else kept += bytes;
    }
  }

  /** Removes what is too old, what a killed process left, and with `heads` every head with a face; folders in use stay. */
  async sweep(inUse: ReadonlySet<string>, { heads }: { readonly heads: boolean }): Promise<void> {
    await this.shrink(Number.POSITIVE_INFINITY, inUse);
    for (const name of await readdir(this.root).catch(() => [])) {
      const folder = join(this.root, name);
      const [, owner] = name.split(MAKING);
      const [finished, replaced] = name.split(EARLIER);
      if (owner !== undefined && isAbandoned(owner)) await rm(folder, { recursive: true, force: true });
      if (replaced !== undefined && isAbandoned(replaced)) await restore(folder, join(this.root, finished));
      if (heads && !inUse.has(folder)) await this.dropHead(folder);
    }
  }

  /** Removes the head with the face alone. */
  async dropHead(folder: string): Promise<void> {
    for (const name of [HEAD_FILE, OLD_HEAD_FILE]) await rm(join(folder, name), { force: true });
  }

  async size(): Promise<{ bytes: number; entries: number }> {
    const entries = await this.entries();
    return { bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0), entries: entries.length };
  }

  private async read(folder: string): Promise<Prepared | null> {
    const file = join(folder, PREPARED_FILE);
    const info = await stat(file).catch(() => null);
    if (!info || Date.now() - info.mtimeMs > CACHE_MAXIMUM_AGE_DAYS * DAY_MS) return null;
    const record = preparedRecordSchema.safeParse(await readJson(file));
    return record.success ? { folder, record: record.data } : null;
  }

  private async all(): Promise<Prepared[]> {
    const finished = (await this.entries()).filter(({ folder }) => /[\\/][0-9a-f]{32}$/.test(folder));
    const found = await Promise.all(finished.map(({ folder }) => this.read(folder)));
    return found.filter((one) => one !== null);
  }

  private async entries(): Promise<{ folder: string; bytes: number; written: number }[]> {
    const entries = [];
    for (const name of await readdir(this.root).catch(() => [])) {
      if (!/^[0-9a-f]{32}(\.making-.*|\.earlier-.*)?$/.test(name)) continue;
      const folder = join(this.root, name);
      let bytes = 0;
      let written = 0;
      for (const file of await readdir(folder).catch(() => [])) {
        const info = await stat(join(folder, file)).catch(() => null);
        bytes += info?.size ?? 0;
        written = Math.max(written, info?.mtimeMs ?? 0);
      }
      entries.push({ folder, bytes, written });
    }
    return entries;
  }
}

function comesFrom(record: PreparedRecord, sources: readonly string[]): boolean {
  return Object.values(record.images).some(({ source }) => sources.includes(source));
}

/**
 * Writes a preparation's folder; it appears complete. What stood there before goes aside first, and back after a crash (`sweep`).
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE, and what `write` throws.
 */
export function writePrepared<T>(folder: string, write: (making: string) => Promise<T>): Promise<T> {
  const making = `${folder}${MAKING}${ownerTag()}`;
  const earlier = `${folder}${EARLIER}${ownerTag()}`;
  return writeFolderWhole(folder, write, { mode: 0o700, replace: true, making, earlier });
}

/** What was put aside when a process was killed: back where nothing took its place, else away. */
async function restore(earlier: string, folder: string): Promise<void> {
  const taken = await stat(folder).catch(() => null);
  if (taken) await rm(earlier, { recursive: true, force: true });
  else await rename(earlier, folder);
}
