import { QuorumError } from '../errors.js';
import type { Study } from '../intake/study.js';
import type { Modality } from '../terms.js';
import { multiplyAffines } from '../volume/affine.js';
import type { ImageFile } from '../volume/read.js';
import { resample } from '../volume/resample.js';
import type { Grid, Volume } from '../volume/volume.js';
import { alignBrains, alignHeads } from './align.js';
import { BRATS_GRID } from './atlas.js';
import { registerToAtlas } from './atlasPlacement.js';
import { findBrain } from './brain.js';
import { type Case, caseAsRead, readStudyImages, type StudyImages } from './case.js';
import { IDENTITY, inverse, isotropicGrid, movedTo } from './placement.js';
import type { Preparation, PreparationStep, SeriesPlacement } from './preparation.js';
import { chooseReference } from './reference.js';
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
  options.onProgress?.('reading', 0);
  const read = await readStudyImages(study, options);
  if (read.problems.length === 0 || options.force) return caseAsRead(read, study);
  const stripped = new Set(read.use.filter((m) => !hasSkull(read, m)));
  const chosen = chooseReference(read, stripped, options.reference);
  const bench: Workbench = { ...read, reference: chosen.reference, stripped, options };
  const steps: PreparationStep[] = [chosen.step];

  const placed = options.onProgress ?? (() => undefined);
  placed('aligning, and registering to the atlas', 0.1);
  const [byHeads, atlas] = await together(options.signal, (signal) => [
    alignHeads(bench, signal),
    registerToAtlas(bench, signal),
  ]);
  checked([atlas.step]);
  placed('aligning the brains', 0.45);
  const aligned = await alignBrains(bench, byHeads, atlas.transforms.atlasToReference);
  steps.push(...checked(aligned.steps), atlas.step);
  const transforms = { fromReference: aligned.fromReference, ...atlas.transforms };

  placed('resampling', 0.7);
  const grid = atlas.transforms.atlasToReference
    ? BRATS_GRID
    : isotropicGrid(read.images[bench.reference]!, 1);
  const started = performance.now();
  const heads = headsOnGrid(bench, transforms, grid);
  const resampleSeconds = (performance.now() - started) / 1000;
  placed('finding the brain', 0.8);
  const brain = await findBrain(bench, heads, grid, transforms);
  steps.push(...checked([brain.step]));
  const preparation: Preparation = {
    steps: [...steps, resampleStep(bench, resampleSeconds)],
    reference: bench.reference,
    brainMask: brain.mask,
    transforms,
    ...(options.keepHeads ? { heads } : {}),
  };
  return finish(study, read, bench, heads, grid, preparation);
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

/** Every image on the Case's grid, skull and all: the only interpolation that its values see. */
function headsOnGrid(
  { images, use }: Workbench,
  transforms: Preparation['transforms'],
  grid: Grid,
): Partial<Record<Modality, Float32Array>> {
  return Object.fromEntries(
    use.map((modality) => {
      const toCase = inverse(caseToSeries(transforms, modality));
      return [modality, resample(movedTo(images[modality]!, toCase), grid, { interpolation: 'linear' })];
    }),
  );
}

function resampleStep({ use }: Workbench, seconds: number): PreparationStep {
  return {
    step: 'resample',
    sequence: null,
    reason: `${use.length === 1 ? 'the image' : `${use.length} images`} brought to 1 mm in one interpolation (trilinear)`,
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
  preparation: Preparation,
): Case {
  const prepared: Partial<Record<Modality, ImageFile>> = {};
  const placements: Partial<Record<Modality, SeriesPlacement>> = {};
  for (const modality of use) {
    const head = heads[modality]!;
    const data = options.keepHeads ? head.slice() : head;
    cutOut(data, preparation.brainMask);
    const { niftiHeader: _, remarks: __, ...header } = images[modality]!;
    const series = study.images[modality]!;
    const toCase = inverse(caseToSeries(preparation.transforms, modality));
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
    preparation,
  };
}

function cutOut(data: Float32Array, { data: mask }: Volume<Uint8Array>): void {
  for (let i = 0; i < data.length; i++) if (mask[i] === 0) data[i] = 0;
}
