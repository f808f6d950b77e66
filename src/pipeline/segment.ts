import { dirname } from 'node:path';
import { lookAtImages } from '../checks/checkWarnings.js';
import { imageWarnings } from '../checks/imageWarnings.js';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import type { EngineEvent } from '../engine/devices/fallbackEngine.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { selectEngine } from '../engine/devices/selectEngine.js';
import { problemOf, QuorumError } from '../errors.js';
import type { Series, Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { CachedLogits, LogitsCache } from '../kept/logitsCache.js';
import { populationOf } from '../model/knowledgeSchema.js';
import { type Model, openModel } from '../model/model.js';
import { type Case, caseAsRead, prepareCase, readStudyImages } from '../prepare/case.js';
import { onlySequences } from '../prepare/prepareTogether.js';
import { layLattice } from '../segment/lattice.js';
import { computeLogits, type LogitMap, type ModalityLogits } from '../segment/logits.js';
import { passesPerModality } from '../segment/mirroredPass.js';
import { makeResult } from '../segment/result.js';
import { combinationName, MODALITY_TITLES, type Modality } from '../terms.js';
import { readHeader } from '../volume/read.js';
import type { CaseSource, Segmented } from './caseSource.js';
import { caseWarnings } from './findings.js';
import { summariseGrid } from './inspect.js';
import { describeCombinations } from './questions/thresholds.js';
import { type HeldResult, logitsKey, type ResultStore } from './resultStore.js';
import { stopwatch } from './stopwatch.js';
import type { TaskArguments } from './tasks.js';
import type { UnkeptPreparations } from './unkept.js';

/** Of the processor, for four sequences: what two cores that have nothing else to do need at most. */
const EXPECTED_SECONDS = 20;

interface SegmentTools {
  readonly store: ResultStore;
  readonly cache: LogitsCache;
  readonly unkept: UnkeptPreparations;
  readonly launch: SelfTestLauncher;
}

/**
 * Segments a case: one pass per modality that the cache does not have, then all combinations at once.
 *
 * @throws QuorumError what prepare and the engine raise; CANCELLED.
 */
export async function segmentTask(
  { source, threads, cacheLimitBytes, verdictFolder }: TaskArguments<'segment'>,
  { store, cache, unkept, launch }: SegmentTools,
  context: JobContext,
): Promise<Segmented> {
  const started = performance.now();
  const lap = stopwatch();
  context.report('reading', 0, { until: 0.1, expected: EXPECTED_SECONDS });
  const model = await openModel(source.model.folder);
  if (model.hash !== source.model.hash)
    throw new QuorumError({ code: 'MODEL_HASH_MISMATCH', expected: source.model.hash, found: model.hash });
  const use = source.images.map(({ modality }) => modality);
  const prepared = await readCase(source, unkept, context.signal);
  const actual = source.origins ? source : withHashes(source, prepared);
  lap.mark('reading');
  const looking = lookAtImages(prepared, model.description.normalisation);
  // What it throws is told where it is awaited.
  looking.catch(() => undefined);
  const passes = await runPasses(actual, prepared, model, { threads, verdictFolder, launch, cache }, context);
  let cached = true;
  for (const map of passes.fresh) {
    const entry = { map, grid: prepared.grid, form: prepared.form, engine: passes.engine };
    const key = logitsKey(actual, map.modality);
    cached = (await cache.put(key, entry, cacheLimitBytes).catch(notWritten)) && cached;
  }
  lap.mark('network');
  const made = await makeResult(model, prepared.grid, prepared.form, passes.logits, {
    signal: context.signal,
    onProgress: (share) => context.report('masks', 0.75 + 0.2 * share, { until: 0.95 }),
  });
  const held = { ...made, source: actual };
  store.put(held, { cached });
  const combinations = describeCombinations(held);
  lap.mark('masks');
  const passesEach = passesPerModality(model.description);
  const run = passes.fresh.length * passesEach;
  return {
    source: actual,
    overridden: prepared.overridden,
    warnings: caseWarnings({
      lost: source.about.lost,
      steps: source.about.prepared?.steps ?? null,
      overridden: prepared.overridden,
      images: [
        ...prepared.notes,
        ...imageWarnings(prepared, await looking, allLabels(held), model.description),
      ],
      failedDevices: passes.events.map(({ device }) => device),
    }),
    population: populationOf(model.description.knowledge),
    events: passes.events,
    passes: { needed: use.length * passesEach, run },
    laps: lap.seconds(),
    result: {
      finishedAt: new Date().toISOString(),
      used: use,
      all: combinationName(use),
      grid: summariseGrid(prepared.grid),
      model: {
        id: model.hash,
        name: model.description.name,
        version: model.description.version,
        hash: model.hash,
      },
      engine: passes.engine,
      threshold: model.description.threshold,
      combinations,
      networkPasses: run,
      seconds: (performance.now() - started) / 1000,
    },
  };
}

/** A cache that cannot be written costs time later, never the result. */
function notWritten(error: unknown): false {
  const { code } = problemOf(error);
  if (code === 'DISK_FULL' || code === 'OUTPUT_NOT_WRITABLE') return false;
  throw error;
}

/** The files may have changed since they were opened: what was read counts. */
function withHashes(source: CaseSource, { hashes }: Case): CaseSource {
  return { ...source, images: source.images.map((image) => ({ ...image, sha256: hashes[image.modality]! })) };
}

/** Images as they were given are checked; those that Quorum prepared were, when it did, and may still be in memory alone. */
async function readCase(source: CaseSource, unkept: UnkeptPreparations, signal: AbortSignal): Promise<Case> {
  const use = source.images.map(({ modality }) => modality);
  const held = source.origins && unkept.get(dirname(source.images[0].file));
  if (held) {
    const { preparation: _, ...prepared } = onlySequences(held, use);
    return { ...prepared, overridden: [] };
  }
  const study = await studyToSegment(source);
  if (!source.origins) return prepareCase(study, { use, force: source.force, signal });
  const read = await readStudyImages(study, { use, signal });
  const notes = source.notes.filter(({ sequence }) => use.includes(sequence));
  return { ...caseAsRead(read, study), overridden: [], notes };
}

/** The study with the images that are segmented: the prepared ones where there are any. */
async function studyToSegment({ study, images }: CaseSource): Promise<Study> {
  const used: Partial<Record<Modality, Series>> = {};
  for (const { modality, file } of images) {
    const series = study.images[modality]!;
    used[modality] = file === series.file ? series : { ...series, file, header: await readHeader(file) };
  }
  return { ...study, images: used, series: Object.values(used) };
}

interface Passes {
  readonly logits: ModalityLogits;
  readonly fresh: readonly LogitMap[];
  readonly engine: { readonly name: string; readonly device: string };
  readonly events: readonly EngineEvent[];
}

interface PassTools {
  readonly threads: number;
  readonly verdictFolder: string;
  readonly launch: SelfTestLauncher;
  readonly cache: LogitsCache;
}

/** Logits of every modality: cached ones as they are, the others from the network; never of two devices. */
async function runPasses(
  source: CaseSource,
  prepared: Case,
  model: Model,
  { cache, ...tools }: PassTools,
  context: JobContext,
): Promise<Passes> {
  const use = source.images.map(({ modality }) => modality);
  const cached = new Map<Modality, CachedLogits>();
  for (const modality of use) {
    const entry = await cache.get(logitsKey(source, modality));
    if (entry) cached.set(modality, entry);
  }
  const lattice = layLattice(prepared.grid, model.description.grid);
  const outsideLogit = model.description.patch.outsideLogit;
  const missing = use.filter((m) => !cached.has(m));
  if (missing.length === 0) {
    const maps = use.map((m) => cached.get(m)!.map);
    const { engine } = cached.get(use[0])!;
    return { logits: { lattice, outsideLogit, maps, passSeconds: [] }, fresh: [], engine, events: [] };
  }
  const run = await runNetwork(source, prepared, model, missing, tools, context);
  const mixed = [...cached.values()].some(({ engine }) => engine.device !== run.engine.device);
  if (mixed) {
    const again = await runNetwork(source, prepared, model, use, tools, context);
    return { ...again, fresh: again.logits.maps };
  }
  const fresh = new Map(run.logits.maps.map((map) => [map.modality, map]));
  const maps = use.map((m) => fresh.get(m) ?? cached.get(m)!.map);
  return { ...run, logits: { ...run.logits, maps }, fresh: run.logits.maps };
}

async function runNetwork(
  { device }: CaseSource,
  prepared: Case,
  model: Model,
  missing: readonly Modality[],
  options: Omit<PassTools, 'cache'>,
  context: JobContext,
): Promise<Omit<Passes, 'fresh'>> {
  context.report('starting', 0.1, { until: 0.15 });
  const images = Object.fromEntries(missing.map((m) => [m, prepared.images[m]!]));
  const { engine } = await selectEngine(networkOf(model), device, options);
  try {
    const onPass = (modality: Modality, done: number, total: number) =>
      context.report(
        `marking ${MODALITY_TITLES[modality]} (${done + 1} of ${total})`,
        0.15 + (0.6 * done) / total,
        {
          until: 0.15 + (0.6 * (done + 1)) / total,
        },
      );
    const logits = await engine.run((e) =>
      computeLogits({ ...prepared, images }, model, e, { signal: context.signal, onPass }),
    );
    return {
      logits,
      engine: { name: engine.name, device: engine.device },
      events: engine.events,
    };
  } finally {
    await engine.dispose();
  }
}

/** The mask of all sequences. */
function allLabels({ present, masks }: HeldResult): Uint8Array {
  return masks.get((1 << present.length) - 1)!.labels;
}
