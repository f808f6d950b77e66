import { problemOf } from '../errors.js';
import type { Study } from '../intake/study.js';
import { MODALITIES, type Modality } from '../terms.js';
import { type Case, prepareCase } from './case.js';
import { prepareStudy } from './prepareStudy.js';
import type { PrepareOptions } from './workbench.js';

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
