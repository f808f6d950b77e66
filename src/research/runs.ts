import { access, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunSummary } from '../contract/research.js';
import { type TrainValues, trainValuesSchema } from '../contract/trainOrder.js';
import { LOG_FILE } from '../training/trainer.js';
import { CONFIG_FILE, configOf } from './config.js';
import type { RunLine } from './runLog.js';

/** A log that grew within so many milliseconds is being written. */
const ACTIVE_MS = 60_000;

/** How deep and how wide folders are looked through. */
const DEPTH = 5;
const MOST_FOLDERS = 5000;

const SUMMARY_FILE = 'summary.json';
const TORCH_OPTIONS_FILE = 'options.json';

export interface Found {
  /** Folders with a training log. */
  readonly runs: readonly string[];
  /** Folders with what `quorum evaluate` wrote. */
  readonly evaluations: readonly string[];
}

/** Runs and evaluations in a folder and below; links and hidden folders are passed over. */
export async function findResults(folder: string): Promise<Found> {
  const runs: string[] = [];
  const evaluations: string[] = [];
  let level = [folder];
  let seen = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const each of level) {
      if (++seen > MOST_FOLDERS) return { runs, evaluations };
      const entries = await readdir(each, { withFileTypes: true }).catch(() => []);
      const files = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
      if (files.includes(LOG_FILE)) runs.push(each);
      if (files.includes(SUMMARY_FILE) && files.includes('cases.csv')) evaluations.push(each);
      const inside = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
      next.push(...inside.map(({ name }) => join(each, name)));
    }
    level = next;
  }
  return { runs, evaluations };
}

/** What is said of a run in a list; null where there is no log any more. */
export async function summariseRun(
  folder: string,
  lines: readonly RunLine[],
): Promise<Omit<RunSummary, 'job'> | null> {
  const info = await stat(join(folder, LOG_FILE)).catch(() => null);
  if (!info) return null;
  const config = await configOf(folder);
  const isThere = (name: string) => isFile(join(folder, name));
  const torch = config ? null : await torchOptions(folder);
  const byTorch =
    torch !== null || (!config && ((await isThere('state.pt')) || (await isThere('fusion.json'))));
  const finished =
    (await isThere('dice.json')) ||
    // A baseline’s.
    (byTorch && (await isThere('run.json'))) ||
    lines.at(-1)?.kind === 'note';
  const model = config ? config.order.request.output : join(folder, 'model');
  const isActive = !finished && Date.now() - info.mtimeMs < ACTIVE_MS;
  const step = lines.findLast((line) => line.kind === 'step')?.step ?? 0;
  return {
    folder,
    name: basename(folder).replace(/\.run$/, ''),
    by: byTorch ? 'torch' : 'quorum',
    state: finished ? 'finished' : isActive ? 'active' : 'stopped',
    step,
    steps: config?.order.request.steps ?? (typeof torch?.steps === 'number' ? torch.steps : null),
    best: bestOf(lines),
    changedAt: info.mtime.toISOString(),
    canResume: !finished && config !== null && (await isThere(CONFIG_FILE)),
    values: config?.values ?? torch,
    model: finished && (await isFile(join(model, 'model.json'))) ? model : null,
  };
}

/** What the PyTorch trainer was asked for; null where it did not write that. */
async function torchOptions(folder: string): Promise<TrainValues | null> {
  try {
    const options = JSON.parse(await readFile(join(folder, TORCH_OPTIONS_FILE), 'utf8')) as object;
    const given = Object.entries(options).filter(([, value]) => value !== null);
    return trainValuesSchema.parse(Object.fromEntries(given));
  } catch {
    return null;
  }
}

function isFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function bestOf(lines: readonly RunLine[]): RunSummary['best'] {
  let best: RunSummary['best'] = null;
  for (const line of lines)
    if (line.kind === 'validation' && line.score !== null && (!best || line.score > best.score))
      best = { step: line.step, score: line.score };
  return best;
}
