import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../../files/privateFiles.js';
import { sameGrid } from '../../volume/affine.js';
import type { Grid } from '../../volume/volume.js';
import { type AboutEdit, Edit } from './edit.js';

const LEFT_MS = 60 * 60 * 1000;

/** All edits of the profile. Edits are work, not cache: nothing here removes one unless it is asked to by name. */
export class EditStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  create(about: AboutEdit, base: Uint8Array): Promise<Edit> {
    return Edit.create(this.folder, about, base);
  }

  /** Edits of a case: those that share an image file with it (by content) and lie on its grid, newest first. */
  async find(images: readonly string[], grid: Grid): Promise<Edit[]> {
    const found: Edit[] = [];
    for (const { folder, about } of await this.all()) {
      const shares = about.images.some((image) => images.includes(image));
      if (shares && sameGrid(about.grid, grid)) found.push(await Edit.restore(folder, about));
    }
    return found.sort((a, b) => (a.about.startedAt < b.about.startedAt ? 1 : -1));
  }

  async discard(edit: Edit): Promise<void> {
    await edit.close();
    await rm(edit.folder, { recursive: true, force: true });
  }

  /** Removes what a killed process left of an edit that was being made; one is made in a moment. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!name.startsWith('.new-')) continue;
      const folder = join(this.folder, name);
      const info = await stat(folder).catch(() => null);
      if (info && Date.now() - info.mtimeMs > LEFT_MS) await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes every edit that shares an image with these. */
  async forget(images: readonly string[]): Promise<void> {
    for (const { folder, about } of await this.all())
      if (about.images.some((image) => images.includes(image)))
        await rm(folder, { recursive: true, force: true });
  }

  async size(): Promise<{ bytes: number; cases: number }> {
    let bytes = 0;
    const edits = await this.all();
    for (const { folder } of edits)
      for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
    return { bytes, cases: edits.length };
  }

  private async all(): Promise<{ folder: string; about: AboutEdit }[]> {
    await makePrivateFolder(this.folder);
    const edits = [];
    for (const name of await readdir(this.folder)) {
      const folder = join(this.folder, name);
      const about = name.startsWith('.') ? null : await Edit.read(folder);
      if (about) edits.push({ folder, about });
    }
    return edits;
  }
}
