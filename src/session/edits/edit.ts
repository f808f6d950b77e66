import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { gridSchema } from '../../contract/basic.js';
import { type EditState, editStateSchema } from '../../contract/edits.js';
import { readJson, writePrivately } from '../../files/privateFiles.js';
import { flushFolder } from '../../files/wholeFile.js';
import { writeFolderWhole } from '../../files/wholeFolder.js';
import type { Runs } from '../../masks/runs.js';
import { perRegion } from '../../terms.js';
import { voxelVolume } from '../../volume/affine.js';
import type { Grid } from '../../volume/volume.js';
import { EditedMask } from './editedMask.js';
import { type Action, History } from './history.js';
import { Journal } from './journal.js';

const aboutSchema = z.object({
  format: z.literal(1),
  /** `aside`: kept, but another edit has taken its place. */
  state: z.enum(['editing', 'aside']),
  /** SHA-256 of the case's image files: how the edit finds its case again. No name or path. */
  images: z.array(z.string()),
  grid: gridSchema.pick({ size: true, affine: true }),
  startedAt: z.string(),
  from: editStateSchema.shape.from,
  /** Runs that bring each removed speck of the mask that the edit began from back. */
  specks: z.array(z.array(z.int().min(0))),
});
export type AboutEdit = z.infer<typeof aboutSchema>;

const FILE = { about: 'edit.json', base: 'base.gz', journal: 'journal' } as const;

/**
 * One edited mask: a folder with what it began from (`edit.json`, `base.gz`) and an append-only journal of every change. All of it
 * is on the disk before the caller hears of it.
 */
export class Edit {
  readonly folder: string;
  about: AboutEdit;
  private readonly history: History;
  private readonly journal: Journal;
  private last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, about: AboutEdit, history: History, journal: Journal) {
    this.folder = folder;
    this.about = about;
    this.history = history;
    this.journal = journal;
  }

  /** Makes a new edit in `parent`; its folder appears complete or not at all. */
  static async create(parent: string, about: AboutEdit, base: Uint8Array): Promise<Edit> {
    const id = randomUUID();
    const folder = join(parent, id);
    const write = async (making: string) => {
      await writePrivately(join(making, FILE.about), JSON.stringify(about));
      await writePrivately(join(making, FILE.base), await promisify(gzip)(base, { level: 4 }));
    };
    await writeFolderWhole(folder, write, { mode: 0o700, making: join(parent, `.new-${id}`) });
    const edit = await Edit.restore(folder, about);
    // The journal's own entry in its folder.
    await flushFolder(folder);
    return edit;
  }

  /** What a folder of edits says about itself; null for anything else. */
  static async read(folder: string): Promise<AboutEdit | null> {
    const parsed = aboutSchema.safeParse(await readJson(join(folder, FILE.about)));
    return parsed.success ? parsed.data : null;
  }

  /** The edit in a folder, every change of its journal replayed. */
  static async restore(folder: string, about: AboutEdit): Promise<Edit> {
    const base = new Uint8Array(await promisify(gunzip)(await readFile(join(folder, FILE.base))));
    const history = new History(new EditedMask(base));
    const { journal, entries } = await Journal.open(join(folder, FILE.journal));
    for (const { action, runs } of entries) history.act(action, runs);
    return new Edit(folder, about, history, journal);
  }

  get labels(): Uint8Array {
    return this.history.mask.labels;
  }

  get grid(): Grid {
    return this.about.grid;
  }

  /**
   * Carries one action out, one after the other: on disk first, then in memory.
   *
   * @returns the runs that changed; none when the action changes nothing (then nothing is recorded either).
   * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE; the mask is then as it was.
   */
  act(action: Action, runs: Runs = new Uint32Array(0)): Promise<Runs> {
    const next = this.last.then(async () => {
      if (!this.history.wouldChange(action, runs)) return new Uint32Array(0);
      await this.journal.append({ action, runs });
      return this.history.act(action, runs);
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  state(): EditState {
    const { history, about } = this;
    const ml = voxelVolume(this.grid.affine) / 1000;
    const voxels = perRegion((_, region) => history.mask.voxels(region));
    return {
      revision: history.revision,
      startedAt: about.startedAt,
      from: about.from,
      canUndo: history.canUndo,
      canRedo: history.canRedo,
      strokes: history.stepsOf('stroke') + history.stepsOf('specks'),
      choices: history.stepsOf('choice'),
      volumes: perRegion((_, region) => voxels[region].inMask * ml),
      byHand: perRegion((_, region) => ({
        addedMl: voxels[region].added * ml,
        removedMl: voxels[region].removed * ml,
      })),
    };
  }

  /** Keeps the edit on disk as `aside`, or makes it the one that is edited. */
  async mark(state: AboutEdit['state']): Promise<void> {
    const about = { ...this.about, state };
    await writePrivately(join(this.folder, FILE.about), JSON.stringify(about));
    this.about = about;
  }

  /** Waits for what is being written and lets the file go. */
  async close(): Promise<void> {
    await this.last;
    await this.journal.close();
  }
}
