import { resolve } from 'node:path';
import { z } from 'zod';
import { type Settings, settingsSchema } from '../contract/application.js';
import { readJson, writePrivately } from '../files/privateFiles.js';
import { Queue } from '../files/queue.js';

const DEFAULTS: Settings = {
  rememberFolders: true,
  showPatient: true,
  cacheLimitMb: 2048,
  keepHeads: true,
  device: 'auto',
  model: null,
  theme: 'system',
  language: 'system',
  exportFolder: null,
  exportFormats: null,
  cohortColumns: {},
  tourSeen: false,
};

type Changes = { readonly [K in keyof Settings]?: Settings[K] | undefined };

function merge(settings: Settings, changes: Changes): Settings {
  const set = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...settings, ...Object.fromEntries(set) };
}

/** Settings in one JSON file of the profile; what is damaged falls back to the default. */
export class SettingsStore {
  private readonly file: string;
  private readonly queue = new Queue();

  constructor(file: string) {
    this.file = file;
  }

  async get(): Promise<Settings> {
    const kept = settingsSchema.partial().safeParse(await readJson(this.file));
    return kept.success ? merge(DEFAULTS, kept.data) : DEFAULTS;
  }

  async set(changes: Changes): Promise<Settings> {
    return this.queue.run(async () => {
      const merged = merge(await this.get(), changes);
      const settings = merged.rememberFolders ? merged : { ...merged, exportFolder: null };
      await writePrivately(this.file, JSON.stringify(settings, null, 2));
      return settings;
    });
  }
}

const recentSchema = z.object({
  name: z.string(),
  paths: z.array(z.string()),
  openedAt: z.string(),
  /** Of the examination, ISO 8601. */
  date: z.string().nullable().default(null),
  segmented: z.boolean().default(false),
  /** Of a cohort: how many cases it has. */
  cases: z.int().nullable().default(null),
  /** A small picture of it, PNG in base64. */
  picture: z.string().nullable().default(null),
});
export type Recent = z.infer<typeof recentSchema>;
const MOST_RECENTS = 12;

/** Folders that were opened lately, newest first. */
export class RecentFolders {
  private readonly file: string;
  private readonly queue = new Queue();

  constructor(file: string) {
    this.file = file;
  }

  async list(): Promise<Recent[]> {
    const kept = z.array(recentSchema).safeParse(await readJson(this.file));
    return kept.success ? kept.data : [];
  }

  /** @param cases how many, of a cohort. */
  async add(
    name: string,
    paths: readonly string[],
    date: string | null,
    cases: number | null = null,
  ): Promise<void> {
    const resolved = paths.map((path) => resolve(path));
    await this.change((all) => {
      const before = all.find((one) => isOf(one, resolved));
      const { segmented, picture } = before ?? { segmented: false, picture: null };
      const entry = {
        name,
        paths: resolved,
        openedAt: new Date().toISOString(),
        date,
        segmented,
        cases,
        picture,
      };
      return [entry, ...all.filter((one) => one !== before)].slice(0, MOST_RECENTS);
    });
  }

  /** What is known of what was opened from these paths, where it is still listed. */
  async tell(paths: readonly string[], about: Partial<Pick<Recent, 'segmented' | 'picture'>>): Promise<void> {
    const resolved = paths.map((path) => resolve(path));
    await this.change((all) => all.map((one) => (isOf(one, resolved) ? { ...one, ...about } : one)));
  }

  /** Removes every entry that names one of these paths. */
  async forget(paths: readonly string[]): Promise<void> {
    const gone = new Set(paths.map((path) => resolve(path)));
    await this.change((all) => all.filter((one) => !one.paths.some((path) => gone.has(path))));
  }

  async clear(): Promise<void> {
    await this.change(() => []);
  }

  private change(apply: (all: readonly Recent[]) => readonly Recent[]): Promise<void> {
    return this.queue.run(async () => {
      const before = await this.list();
      const after = apply(before);
      if (after.length > 0 || before.length > 0)
        await writePrivately(this.file, JSON.stringify(after, null, 2));
    });
  }
}

const isOf = (recent: Recent, paths: readonly string[]) => recent.paths.join('\n') === paths.join('\n');
