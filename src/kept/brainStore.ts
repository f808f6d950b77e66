import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder, readJson, writePrivately } from '../files/privateFiles.js';
import { maskOfRuns, type Runs } from '../masks/runs.js';
import { MODALITIES } from '../terms.js';
import { affineOf } from '../volume/tuples.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import type { PreparationSources } from './preparedStore.js';

const triple = z.tuple([z.number(), z.number(), z.number()]).readonly();
const schema = z.object({
  images: z.array(z.string()),
  grid: z.object({ size: triple, affine: z.array(z.number()).length(16) }),
  /** Triples, see `edits/runs.ts`; label 1. */
  runs: z.array(z.int().min(0)),
});

/** A brain mask that the user corrected. */
export interface CorrectedBrain {
  readonly grid: Grid;
  readonly data: Uint8Array;
  /** SHA-256 of its voxels. */
  readonly hash: string;
}

/** Brain masks corrected by hand are work, not cache: no limit or clear button removes one. */
export class BrainStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async save(sources: PreparationSources, { size, affine }: Grid, runs: Runs): Promise<void> {
    const images = Object.values(sources);
    const kept = { images, grid: { size: [...size], affine: [...affine] }, runs: [...runs] };
    await writePrivately(this.fileOf(sources), JSON.stringify(kept));
  }

  async get(sources: PreparationSources): Promise<CorrectedBrain | null> {
    const kept = schema.safeParse(await readJson(this.fileOf(sources)));
    if (!kept.success) return null;
    const { grid, runs } = kept.data;
    const data = maskOfRuns(Uint32Array.from(runs), voxelCount(grid.size));
    const hash = createHash('sha256').update(data).digest('hex');
    return { grid: { size: grid.size, affine: affineOf(grid.affine) }, data, hash };
  }

  async drop(sources: PreparationSources): Promise<void> {
    await rm(this.fileOf(sources), { force: true });
  }

  /** Removes every mask that was drawn on one of these images. */
  async forget(images: readonly string[]): Promise<void> {
    await makePrivateFolder(this.folder);
    for (const name of await readdir(this.folder)) {
      const file = join(this.folder, name);
      const kept = schema.safeParse(await readJson(file));
      if (kept.success && kept.data.images.some((image) => images.includes(image)))
        await rm(file, { force: true });
    }
  }

  private fileOf(sources: PreparationSources): string {
    const text = MODALITIES.map((m) => sources[m] ?? '').join('\n');
    return join(this.folder, `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.json`);
  }
}
