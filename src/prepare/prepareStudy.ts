import { QuorumError } from '../errors.js';
import type { Study } from '../intake/study.js';
import type { Modality } from '../terms.js';
import { traced } from '../trace.js';
import { multiplyAffines } from '../volume/affine.js';
import { IDENTITY, inverse, isotropicGrid, movedTo } from '../volume/placement.js';
import type { ImageFile } from '../volume/read.js';
import { resample } from '../volume/resample.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import { alignBrains, alignHeads } from './align.js';
import { BRATS_GRID } from './atlas.js';
import { registerToAtlas } from './atlasPlacement.js';
import { findBrain } from './brain.js';
import { type Case, caseAsRead, readStudyImages, type StudyImages } from './case.js';
import type { Preparation, PreparationStep, SeriesPlacement } from './preparation.js';
import { chooseReference } from './reference.js';
import { seenOnce } from './registrationChecks.js';
import { stepPictures } from './stepPictures.js';
import type { PrepareOptions, Workbench } from './workbench.js';

/**
 * Study → Case: images that are prepared (one grid, about 1 mm, stripped, whatever the order of their axes) become the Case as
 * they are, bit for bit as `prepareCase` gives them; so do all with `force`. Others are aligned rigidly to a reference series,
 * placed rigidly on the BraTS grid by the atlas, stripped, and resampled once (trilinear). A step whose check fails ends the
 * preparation; one whose check is doubtful is told in `preparation.steps`.
 *
 * @throws QuorumError what `readStudyImages` throws; REGISTRATION_FAILED, BRAIN_INCOMPLETE, BRAIN_NOT_FOUND,
 *   BRAIN_MASK_INVALID, CANCELLED.
 */
export async function prepareStudy(study: Study, options: PrepareOptions = {}): Promise<Case> {
  const progress = stagesFor(Object.keys(study.images).length, options.onProgress);
  progress.begin('reading');
  const read = await readStudyImages(study, options);
  if (read.problems.length === 0 || options.force) return caseAsRead(read, study);
  const stripped = new Set(read.use.filter((m) => !hasSkull(read, m)));
  const chosen = chooseReference(read, stripped, options.reference);
  const bench: Workbench = {
    ...{ ...read, stripped, options },
    seen: seenOnce(read.images),
    reference: chosen.reference,
  };
  const tell = (step: PreparationStep): PreparationStep => {
    checked([step]);
    options.onStep?.(step);
    return step;
  };
  const first = tell(chosen.step);

  progress.begin('aligning');
  const registered = new Map<Modality | 'atlas', number>();
  const registering = (what: Modality | 'atlas', share: number) => {
    // A registration that begins anew has not lost what was waited for.
    registered.set(what, Math.max(share, registered.get(what) ?? 0));
    progress.within(
      [...registered.values()].reduce((sum, one) => sum + one, 0),
      registrationsOf(bench),
    );
  };
  const [byHeads, atlas] = await together(options.signal, (signal) => [
    alignHeads(bench, signal, registering),
    registerToAtlas(bench, signal, (share) => registering('atlas', share)),
  ]);
  checked([atlas.step]);
  const grid = atlas.transforms.atlasToReference
    ? BRATS_GRID
    : isotropicGrid(read.images[bench.reference]!, 1);
  const heads = new HeadsOnGrid(bench, atlas.transforms.caseToReference, grid);
  const reference = heads.add(bench.reference, IDENTITY);
  const pictures = options.keepHeads ? await stepPictures(reference, grid, atlas.transforms) : null;
  const placed = tell({
    ...atlas.step,
    picture: pictures && !isSkipped(atlas.step) ? pictures.atlas() : null,
  });

  progress.begin('aligning the brains');
  let brains = 0;
  const aligned = await alignBrains(bench, byHeads, atlas.transforms.atlasToReference, (step, transform) => {
    const head = heads.add(step.sequence!, transform);
    progress.within(++brains, read.use.length - 1);
    return tell({ ...step, picture: pictures?.aligned(head) ?? null });
  });
  const transforms = { fromReference: aligned.fromReference, ...atlas.transforms };

  progress.begin('finding the brain');
  const brain = await traced('find brain', () => findBrain(bench, heads.images, grid, transforms));
  const stripping = tell({ ...brain.step, picture: pictures?.brain(brain.mask.data) ?? null });
  const prepared = traced('cut out', () =>
    finish(study, read, bench, heads.images, grid, brain.mask, transforms),
  );
  const cut = pictures?.cutOut(prepared.images[bench.reference]!.data) ?? null;
  const resampled = tell({ ...resampleStep(bench, heads.seconds), picture: cut });
  const preparation: Preparation = {
    steps: [first, ...aligned.steps, placed, stripping, resampled],
    reference: bench.reference,
    brainMask: brain.mask,
    transforms,
    ...(options.keepHeads ? { heads: heads.images } : {}),
  };
  return { ...prepared, preparation };
}

/** Seconds that the stages take for four series of 5 mm on two cores, about: what a share of the work is. */
const SECONDS = { reading: 0.2, aligning: 11, 'aligning the brains': 4.5, 'finding the brain': 2 } as const;
type Stage = keyof typeof SECONDS;

/** Tells stages by their measured shares; the brains are aligned one by one, so that their share depends on the series. */
function stagesFor(series: number, report: PrepareOptions['onProgress'] = () => undefined) {
  const seconds: Record<Stage, number> = { ...SECONDS, 'aligning the brains': 1.5 * Math.max(0, series - 1) };
  const total = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  let stage: Stage = 'reading';
  let from = 0;
  let until = 0;
  return {
    begin(next: Stage): void {
      stage = next;
      from = until;
      until = from + seconds[next] / total;
      report(stage, from, until);
    },
    /** So many of equal parts of the present stage are done. */
    within(done: number, parts: number): void {
      report(stage, from + (done / parts) * (until - from), until);
    },
  };
}

function isSkipped({ verdict }: PreparationStep): boolean {
  return verdict === 'skipped';
}

/** How many registrations are waited for: what is kept from before or turned off takes no time. */
function registrationsOf({ use, reference, options: { keep, skip } }: Workbench): number {
  const heads = use.filter((m) => m !== reference && !keep?.fromReference[m]);
  const byAtlas = skip?.includes('atlas') || keep?.atlasToReference ? 0 : 1;
  return (skip?.includes('co-register') ? 0 : heads.length) + byAtlas;
}

/** Two pieces of work side by side; when one fails or is cancelled, the other is stopped too. */
async function together<A, B>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const stop = new AbortController();
  const both = start(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  try {
    return await Promise.all(both);
  } finally {
    stop.abort();
    await Promise.allSettled(both);
  }
}

function hasSkull({ images, problems }: StudyImages, modality: Modality): boolean {
  const { file } = images[modality]!;
  return problems.some((problem) => problem.code === 'NOT_SKULL_STRIPPED' && problem.file === file);
}

/** @throws QuorumError the problem of the first step that failed. */
function checked(steps: readonly PreparationStep[]): readonly PreparationStep[] {
  const failed = steps.find(({ verdict }) => verdict === 'failed');
  if (failed?.problem) throw new QuorumError(failed.problem);
  return steps;
}

/** RAS mm of the Case → RAS mm of a series. */
function caseToSeries(transforms: Preparation['transforms'], modality: Modality) {
  return multiplyAffines(transforms.fromReference[modality] ?? IDENTITY, transforms.caseToReference);
}

/** The images on the Case's grid, skull and all, each as soon as it is placed: the only interpolation that its values see. */
class HeadsOnGrid {
  readonly images: Partial<Record<Modality, Float32Array>> = {};
  seconds = 0;
  private readonly bench: Workbench;
  private readonly caseToReference: Affine;
  private readonly grid: Grid;

  constructor(bench: Workbench, caseToReference: Affine, grid: Grid) {
    this.bench = bench;
    this.caseToReference = caseToReference;
    this.grid = grid;
  }

  /** @param fromReference RAS mm of the reference → RAS mm of this series. */
  add(modality: Modality, fromReference: Affine): Float32Array {
    const started = performance.now();
    const toCase = inverse(multiplyAffines(fromReference, this.caseToReference));
    const image = movedTo(this.bench.images[modality]!, toCase);
    const head = traced('resample', () => resample(image, this.grid, { interpolation: 'linear' }), {
      about: modality,
    });
    this.images[modality] = head;
    this.seconds += (performance.now() - started) / 1000;
    return head;
  }
}

function resampleStep({ use }: Workbench, seconds: number): PreparationStep {
  return {
    step: 'resample',
    sequence: null,
    reason: `${use.length === 1 ? 'the image' : `${use.length} images`} resampled to 1 mm, once (trilinear)`,
    seconds,
    numbers: {},
    verdict: 'good',
    problem: null,
    picture: null,
  };
}

function finish(
  study: Study,
  { name, use, images, hashes, notes, moved }: StudyImages,
  { options }: Workbench,
  heads: Partial<Record<Modality, Float32Array>>,
  grid: Grid,
  brainMask: Volume<Uint8Array>,
  transforms: Preparation['transforms'],
): Case {
  const prepared: Partial<Record<Modality, ImageFile>> = {};
  const placements: Partial<Record<Modality, SeriesPlacement>> = {};
  for (const modality of use) {
    const head = heads[modality]!;
    const data = options.keepHeads ? head.slice() : head;
    cutOut(data, brainMask);
    const { niftiHeader: _, remarks: __, ...header } = images[modality]!;
    const series = study.images[modality]!;
    const toCase = inverse(caseToSeries(transforms, modality));
    prepared[modality] = { ...header, ...grid, datatype: 'float32', data };
    placements[modality] = {
      series,
      grid: { size: series.header.size, affine: series.header.affine },
      toCase: moved[modality] ? multiplyAffines(toCase, moved[modality]) : toCase,
    };
  }
  return {
    name,
    grid,
    form: undefined,
    images: prepared,
    hashes,
    overridden: [],
    notes,
    placements,
  };
}

function cutOut(data: Float32Array, { data: mask }: Volume<Uint8Array>): void {
  for (let i = 0; i < data.length; i++) if (mask[i] === 0) data[i] = 0;
}
