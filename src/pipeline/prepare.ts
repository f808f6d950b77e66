import { join } from 'node:path';
import type { PreparationOptions, PreparedStep, PreparedSummary } from '../contract/preparation.js';
import type { Warning } from '../contract/results.js';
import { throwIfCancelled } from '../errors.js';
import { problemForReport } from '../export/names.js';
import { sha256OfFile } from '../files/fileHash.js';
import { writePrivately } from '../files/privateFiles.js';
import type { Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import {
  BRAIN_FILE,
  HEAD_FILE,
  PREPARED_FILE,
  type PreparationSources,
  type PreparedRecord,
  pictureName,
  preparedImageName,
  writePrepared,
} from '../kept/preparedStore.js';
import type { Case } from '../prepare/case.js';
import { networkStripper } from '../prepare/mindgrab.js';
import type { Preparation, PreparationStep, PreparationTransforms } from '../prepare/preparation.js';
import { prepareStudy } from '../prepare/prepareStudy.js';
import { MODALITIES, type Modality, type OptionalStep } from '../terms.js';
import { writeNifti } from '../volume/niftiWriter.js';
import type { Grid } from '../volume/volume.js';
import { summariseGrid } from './inspect.js';

/** Share of the work that is done when the images are kept: all but 2.2 of 35 CPU seconds, four series of 5 mm. */
const KEEPING_FROM = 0.93;
const EXPECTED_SECONDS = 29;

/** For the user alone. */
const PRIVATE = { mode: 0o600 } as const;

export interface PrepareArguments {
  /** As it was opened: every sequence that it has is prepared. */
  readonly study: Study;
  /** SHA-256 of each sequence's file. */
  readonly hashes: PreparationSources;
  readonly options: PreparationOptions;
  /** A brain mask that the user corrected. */
  readonly brain: { readonly grid: Grid; readonly data: Uint8Array } | null;
  /** The file of the network for the skull strip. */
  readonly network: string | null;
  /** Transforms of an earlier preparation of the same series that are not sought again. */
  readonly keep: PreparationTransforms | null;
  /** Where the prepared images are kept. */
  readonly folder: string;
}

/**
 * Prepares raw images and keeps them, with the brain mask, the check pictures and where each series lies.
 *
 * @returns null when the images can be used as they are.
 * @throws QuorumError what preparing raises; DISK_FULL; CANCELLED. Nothing half-made is left.
 */
export async function prepareTask(
  request: PrepareArguments,
  { signal, report }: JobContext,
): Promise<PreparedRecord | null> {
  const { options, brain, network, keep } = request;
  const started = performance.now();
  let said: [stage: string, share: number] = ['reading', 0];
  const prepared = await prepareStudy(request.study, {
    skip: skippedBy(options),
    reference: options.reference ?? undefined,
    ...(keep ? { keep } : {}),
    ...(brain ? { brainMask: { ...brain.grid, data: brain.data } } : {}),
    ...(network === null || brain ? {} : { stripper: networkStripper(network) }),
    keepHeads: true,
    signal,
    onProgress: (stage, share, until) => {
      said = [stage, KEEPING_FROM * share];
      report(...said, { until: KEEPING_FROM * until, expected: EXPECTED_SECONDS });
    },
    onStep: ({ picture, ...step }) => report(...said, { step: { about: keptStep(step, picture), picture } }),
  });
  const { preparation } = prepared;
  if (!preparation) return null;
  throwIfCancelled(signal);
  report('saving', KEEPING_FROM, { until: 1 });
  return writePrepared(request.folder, (making) =>
    write(making, request, prepared, preparation, performance.now() - started),
  );
}

function skippedBy({ coRegister, atlas, skullStrip }: PreparationOptions): OptionalStep[] {
  return [
    ...(coRegister ? [] : (['co-register'] as const)),
    ...(atlas ? [] : (['atlas'] as const)),
    ...(skullStrip === 'off' ? (['skull-strip'] as const) : []),
  ];
}

async function write(
  folder: string,
  { hashes, options }: PrepareArguments,
  prepared: Case,
  preparation: Preparation,
  milliseconds: number,
): Promise<PreparedRecord> {
  const { brainMask, reference, heads, transforms } = preparation;
  const { grid } = prepared;
  const head = heads?.[reference];
  // All end before one's failure is told: the folder is then removed, and nothing makes it again.
  const images = await allSettled(
    MODALITIES.map((modality) => keepImage(folder, modality, hashes, prepared)),
  );
  const kept = images.filter((one) => one !== null);
  await allSettled([
    writeNifti(join(folder, BRAIN_FILE), { ...grid, data: brainMask.data }, PRIVATE),
    ...(head ? [writeNifti(join(folder, HEAD_FILE), { ...grid, data: forDisplay(head) }, PRIVATE)] : []),
  ]);
  const steps: PreparedStep[] = [];
  for (const { picture, ...step } of preparation.steps) {
    const about = keptStep(step, picture);
    if (picture) await writePrivately(join(folder, pictureName(about.picture!)), picture);
    steps.push(about);
  }
  const summary: PreparedSummary = {
    key: folder.split(/[\\/]/).at(-1)!.slice(0, 32),
    preparedAt: new Date().toISOString(),
    sequences: kept.map(({ modality }) => modality),
    reference,
    options,
    steps,
    brainMask: { source: brainMask.source, ml: brainMask.ml },
    grid: summariseGrid(grid),
    seconds: milliseconds / 1000,
  };
  const record: PreparedRecord = {
    format: 1,
    summary,
    images: Object.fromEntries(kept.map(({ modality, about }) => [modality, about])),
    notes: [...prepared.notes] as Warning[],
    transforms: plain(transforms),
  };
  await writePrivately(join(folder, PREPARED_FILE), JSON.stringify(record));
  return record;
}

/** A step as it is kept: its picture by name, its problem without names of files, because paths may name the patient. */
function keptStep(
  { problem, ...step }: Omit<PreparationStep, 'picture'>,
  picture: Uint8Array | null,
): PreparedStep {
  return {
    ...step,
    numbers: { ...step.numbers },
    problem: problem && problemForReport(problem, true),
    picture: picture && `${step.step}${step.sequence ? `-${step.sequence}` : ''}`,
  };
}

/** Waits for all; then the first failure is thrown. */
async function allSettled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return Promise.all(work);
}

/** Whole numbers up to 4095: enough to look at, in a quarter of the bytes. */
function forDisplay(head: Float32Array): Int16Array {
  const top = head.reduce((most, value) => Math.max(most, value), 0);
  return Int16Array.from(head, (value) => Math.round((4095 * Math.max(0, value)) / (top || 1)));
}

async function keepImage(
  folder: string,
  modality: Modality,
  hashes: PreparationSources,
  { grid, images, placements }: Case,
): Promise<{ modality: Modality; about: NonNullable<PreparedRecord['images'][Modality]> } | null> {
  const image = images[modality];
  const source = hashes[modality];
  const placement = placements?.[modality];
  if (!image || !source || !placement) return null;
  const file = join(folder, preparedImageName(modality));
  await writeNifti(file, { ...grid, data: image.data }, PRIVATE);
  const about = {
    sha256: await sha256OfFile(file),
    source,
    grid: { size: [...placement.grid.size] as [number, number, number], affine: [...placement.grid.affine] },
    toCase: [...placement.toCase],
  };
  return { modality, about };
}

function plain(transforms: PreparationTransforms): PreparedRecord['transforms'] {
  const { fromReference, caseToReference, atlasToReference } = transforms;
  return {
    fromReference: Object.fromEntries(Object.entries(fromReference).map(([m, matrix]) => [m, [...matrix]])),
    caseToReference: [...caseToReference],
    atlasToReference: atlasToReference && [...atlasToReference],
  };
}
