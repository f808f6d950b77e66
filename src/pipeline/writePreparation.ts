import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../files/wholeFile.js';
import type { Case } from '../prepare/case.js';
import type { PreparationStep } from '../prepare/preparation.js';
import { MODALITIES, type Modality } from '../terms.js';
import { writeNifti } from '../volume/niftiWriter.js';

/** Where the parts of a preparation lie in its folder: the window's own, and the one that `quorum prepare` writes. */
export interface PreparationLayout {
  readonly image: (modality: Modality) => string;
  readonly brain: string;
  /** The reference image before the brain was cut out; null: it is not written. */
  readonly head: string | null;
  /** @param n of the step, from 1. */
  readonly picture: (step: Pick<PreparationStep, 'step' | 'sequence'>, n: number) => string;
  /** Who may read the files, less what the user's umask takes away. */
  readonly mode?: number;
}

/**
 * Writes what a preparation made: images, brain mask, check pictures.
 *
 * @returns the names of what was written.
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE; then nothing is being written any more.
 */
export async function writePreparation(
  folder: string,
  { grid, form, images, preparation }: Case,
  layout: PreparationLayout,
): Promise<string[]> {
  const files: string[] = [];
  const at = (file: string) => {
    files.push(file);
    return join(folder, file);
  };
  const mode = layout.mode === undefined ? {} : { mode: layout.mode };
  const volumes = MODALITIES.flatMap((modality) => {
    const image = images[modality];
    return image
      ? [writeNifti(at(layout.image(modality)), { ...grid, data: image.data }, { form, ...mode })]
      : [];
  });
  if (preparation) {
    const { brainMask, heads, reference } = preparation;
    volumes.push(writeNifti(at(layout.brain), { ...grid, data: brainMask.data }, mode));
    const head = layout.head && heads?.[reference];
    if (layout.head && head)
      volumes.push(writeNifti(at(layout.head), { ...grid, data: forDisplay(head) }, mode));
  }
  // All end before one's failure is told: the folder is then removed, and nothing makes it again.
  const failed = (await Promise.allSettled(volumes)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  for (const [n, { picture, ...step }] of (preparation?.steps ?? []).entries()) {
    if (!picture) continue;
    const file = at(layout.picture(step, n + 1));
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomically(file, [picture], mode);
  }
  return files;
}

/** Whole numbers up to 4095: enough to look at, in a quarter of the bytes. */
function forDisplay(head: Float32Array): Int16Array {
  const top = head.reduce((most, value) => Math.max(most, value), 0);
  return Int16Array.from(head, (value) => Math.round((4095 * Math.max(0, value)) / (top || 1)));
}
