import { join } from 'node:path';
import type { PreparationOptions, PreparedStep, PreparedSummary } from '../contract/preparation.js';
import type { Warning } from '../contract/results.js';
import { throwIfCancelled } from '../errors.js';
import { problemForReport } from '../export/names.js';
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
import { MODALITIES, type OptionalStep } from '../terms.js';
import { sha256OfVolume } from '../volume/imageHash.js';
import type { Grid } from '../volume/volume.js';
import { summariseGrid } from './inspect.js';
import type { UnkeptPreparations } from './unkept.js';
import { type PreparationLayout, writePreparation } from './writePreparation.js';

const EXPECTED_SECONDS = 27;

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
  /** Where the prepared images will be kept. */
  readonly folder: string;
}

/**
 * Prepares raw images: the brain mask, the check pictures and where each series lies. They can be shown and segmented at once; on
 * disk they are when `keepPreparedTask` was asked.
 *
 * @returns null when the images can be used as they are.
 * @throws QuorumError what preparing raises; CANCELLED.
 */
export async function prepareTask(
  request: PrepareArguments,
  unkept: UnkeptPreparations,
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
      said = [stage, share];
      report(...said, { until, expected: EXPECTED_SECONDS });
    },
    onStep: ({ picture, ...step }) => report(...said, { step: { about: keptStep(step, picture), picture } }),
  });
  const { preparation } = prepared;
  if (!preparation) return null;
  throwIfCancelled(signal);
  const record = recordOf(request, prepared, preparation, performance.now() - started);
  unkept.hold(request.folder, prepared, (making) => write(making, record, prepared));
  return record;
}

/**
 * Writes a preparation that was made; its folder appears complete.
 *
 * @throws QuorumError RESULT_MISSING when this process did not make it; DISK_FULL, OUTPUT_NOT_WRITABLE: it is then still held.
 */
export async function keepPreparedTask(
  { folder }: { folder: string },
  unkept: UnkeptPreparations,
): Promise<null> {
  await writePrepared(folder, unkept.writerOf(folder));
  unkept.release(folder);
  return null;
}

/**
 * Writes a preparation at once, as a window that opens the case finds it.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeKept(
  about: Pick<PrepareArguments, 'hashes' | 'options' | 'folder'>,
  prepared: Case & { readonly preparation: Preparation },
  milliseconds: number,
): Promise<PreparedRecord> {
  const record = recordOf(about, prepared, prepared.preparation, milliseconds);
  await writePrepared(about.folder, (making) => write(making, record, prepared));
  return record;
}

function skippedBy({ coRegister, atlas, skullStrip }: PreparationOptions): OptionalStep[] {
  return [
    ...(coRegister ? [] : (['co-register'] as const)),
    ...(atlas ? [] : (['atlas'] as const)),
    ...(skullStrip === 'off' ? (['skull-strip'] as const) : []),
  ];
}

function recordOf(
  { hashes, options, folder }: Pick<PrepareArguments, 'hashes' | 'options' | 'folder'>,
  { grid, images, placements, notes }: Case,
  { brainMask, reference, steps, transforms }: Preparation,
  milliseconds: number,
): PreparedRecord {
  const kept = MODALITIES.flatMap((modality) => {
    const image = images[modality];
    const source = hashes[modality];
    const placement = placements?.[modality];
    if (!image || !source || !placement) return [];
    const about = {
      sha256: sha256OfVolume({ ...grid, data: image.data }),
      source,
      grid: {
        size: [...placement.grid.size] as [number, number, number],
        affine: [...placement.grid.affine],
      },
      toCase: [...placement.toCase],
    };
    return [{ modality, about }];
  });
  const summary: PreparedSummary = {
    key: folder.split(/[\\/]/).at(-1)!.slice(0, 32),
    preparedAt: new Date().toISOString(),
    sequences: kept.map(({ modality }) => modality),
    reference,
    options,
    steps: steps.map(({ picture, ...step }) => keptStep(step, picture)),
    brainMask: { source: brainMask.source, ml: brainMask.ml },
    grid: summariseGrid(grid),
    seconds: milliseconds / 1000,
  };
  return {
    format: 1,
    summary,
    images: Object.fromEntries(kept.map(({ modality, about }) => [modality, about])),
    notes: [...notes] as Warning[],
    transforms: plain(transforms),
  };
}

const LAYOUT: PreparationLayout = {
  image: preparedImageName,
  brain: BRAIN_FILE,
  head: HEAD_FILE,
  picture: (step) => pictureName(pictureOf(step)),
  // For the user alone.
  mode: 0o600,
};

async function write(folder: string, record: PreparedRecord, prepared: Case): Promise<void> {
  await writePreparation(folder, { ...prepared, form: undefined }, LAYOUT);
  await writePrivately(join(folder, PREPARED_FILE), JSON.stringify(record));
}

const pictureOf = ({ step, sequence }: Pick<PreparationStep, 'step' | 'sequence'>) =>
  `${step}${sequence ? `-${sequence}` : ''}`;

/** A step as it is kept: its picture by name, its problem without names of files, because paths may name the patient. */
function keptStep(
  { problem, ...step }: Omit<PreparationStep, 'picture'>,
  picture: Uint8Array | null,
): PreparedStep {
  return {
    ...step,
    numbers: { ...step.numbers },
    problem: problem && problemForReport(problem, true),
    picture: picture && pictureOf(step),
  };
}

function plain(transforms: PreparationTransforms): PreparedRecord['transforms'] {
  const { fromReference, caseToReference, atlasToReference } = transforms;
  return {
    fromReference: Object.fromEntries(Object.entries(fromReference).map(([m, matrix]) => [m, [...matrix]])),
    caseToReference: [...caseToReference],
    atlasToReference: atlasToReference && [...atlasToReference],
  };
}
