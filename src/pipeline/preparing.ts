import type { PreparationRequest } from '../contract/commands.js';
import { DEFAULT_PREPARATION, type PreparationOptions } from '../contract/preparation.js';
import { problemOf } from '../errors.js';
import { sha256OfFile } from '../files/fileHash.js';
import type { Study } from '../intake/study.js';
import { type Case, prepareCase } from '../prepare/case.js';
import { networkStripper } from '../prepare/mindgrab.js';
import type { PreparationChoices } from '../prepare/preparation.js';
import { prepareStudy } from '../prepare/prepareStudy.js';
import type { PrepareOptions } from '../prepare/workbench.js';
import { MODALITIES, type Modality } from '../terms.js';
import { readLabelMap } from '../volume/read.js';

/** What a command asks of a preparation, with the files that it names read. @throws QuorumError what reading them throws. */
export async function preparationChoices({
  reference,
  skip,
  brainMask,
  stripper,
}: PreparationRequest): Promise<PreparationChoices> {
  return {
    reference: reference ?? undefined,
    skip,
    brainMask: brainMask === null ? undefined : await readLabelMap(brainMask),
    stripper: stripper === null ? undefined : networkStripper(stripper),
  };
}

/** The same as fingerprints have it; null where Quorum does it by itself. */
export async function preparationMark(
  request: PreparationRequest,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { brainMask } = request;
  const options = preparationOptions(request);
  if (brainMask !== null) return { ...options, brainMask: await sha256OfFile(brainMask) };
  return isDefaultPreparation(options) ? null : options;
}

/** The same as a window has it. */
export function preparationOptions({ reference, skip, stripper }: PreparationRequest): PreparationOptions {
  const stripping = stripper === null ? 'atlas' : 'network';
  return {
    coRegister: !skip.includes('co-register'),
    atlas: !skip.includes('atlas'),
    skullStrip: skip.includes('skull-strip') ? 'off' : stripping,
    reference,
  };
}

export function isDefaultPreparation(options: PreparationOptions): boolean {
  return (Object.keys(DEFAULT_PREPARATION) as (keyof PreparationOptions)[]).every(
    (key) => options[key] === DEFAULT_PREPARATION[key],
  );
}

interface TogetherOptions extends PrepareOptions {
  /** Told of the Case of all sequences, where they could be prepared together. */
  readonly onTogether?: (all: Case) => Promise<void>;
}

/**
 * The Case of some of a study's sequences, prepared where they have to be. All sequences are prepared together: they decide the
 * reference and the brain mask, so that a mask of some is the combination of these within all. Where one that is not used keeps all
 * from being prepared, those that are used are prepared alone.
 *
 * @throws QuorumError what `prepareStudy` throws of those that are used.
 */
export async function prepareTogether(
  study: Study,
  use: readonly Modality[],
  { onTogether = async () => undefined, ...options }: TogetherOptions,
): Promise<Case> {
  const all = MODALITIES.filter((m) => study.images[m]);
  if (use.length === all.length) {
    const prepared = await prepareStudy(study, options);
    await onTogether(prepared);
    return prepared;
  }
  try {
    const together = await prepareStudy(study, { ...options, use: all });
    await onTogether(together);
    if (together.preparation) return onlySequences(together, use);
  } catch (error) {
    if (options.signal?.aborted || problemOf(error).code === 'CANCELLED') throw error;
    return prepareStudy(study, { ...options, use });
  }
  return prepareCase(study, { ...options, use });
}

/** A Case with some of its images. */
export function onlySequences(all: Case, use: readonly Modality[]): Case {
  const only = <T>(of: Readonly<Partial<Record<Modality, T>>>) =>
    Object.fromEntries(use.flatMap((m) => (of[m] === undefined ? [] : [[m, of[m]]])));
  return {
    ...all,
    images: only(all.images),
    hashes: only(all.hashes),
    notes: all.notes.filter(({ sequence }) => use.includes(sequence)),
    ...(all.placements ? { placements: only(all.placements) } : {}),
  };
}
