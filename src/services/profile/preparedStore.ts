import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MODALITIES, type Modality } from '../../terms.js';
import { modalitySchema } from '../contract/basic.js';
import { type PreparationOptions, preparedSchema } from '../contract/preparation.js';
import { QUORUM_VERSION } from '../version.js';
import { CACHE_MAXIMUM_AGE_DAYS } from './logitsCache.js';
import { makePrivateFolder, readJson } from './privateFiles.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const triple = z.tuple([z.number(), z.number(), z.number()]);
const matrix = z.array(z.number()).length(16);

/** `prepared.json`: what was done, and where each source series lies. No name, path or date of a patient is in it. */
export const preparedRecordSchema = z.object({
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
/** The reference image before the brain was cut out: to correct the brain mask on. */
export const HEAD_FILE = 'head.nii.gz';
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
    const found = await Promise.all((await this.entries()).map(({ folder }) => this.read(folder)));
    return found.filter((one) => one !== null);
  }

  private async entries(): Promise<{ folder: string; bytes: number; written: number }[]> {
    await makePrivateFolder(this.root);
    const entries = [];
    for (const name of await readdir(this.root)) {
      if (!/^[0-9a-f]{32}(\.making-\d+)?$/.test(name)) continue;
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

/** A check picture of a preparation. @throws what reading a file throws. */
export function readPicture({ folder }: Prepared, picture: string): Promise<Buffer> {
  return readFile(join(folder, pictureName(picture)));
}

/** A private folder beside the final one, for a preparation in the making; a rename ends it. */
export async function makingFolder(folder: string): Promise<string> {
  const making = `${folder}.making-${process.pid}`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  return making;
}
