import { join } from 'node:path';
import {
  DEFAULT_PREPARATION,
  type PreparationOptions,
  type PreparationState,
  type PreparedStep,
} from '../../contract/preparation.js';
import type { CorrectedBrain } from '../../kept/brainStore.js';
import { type PreparationSources, type Prepared, preparedImageName } from '../../kept/preparedStore.js';
import { MODALITIES, MODALITY_TITLES, type Modality } from '../../terms.js';
import { isAbout1mm, sameGrid, voxelSpacing } from '../../volume/affine.js';
import { affineOf } from '../../volume/tuples.js';
import type { Grid } from '../../volume/volume.js';
import type { OpenFile } from './openFile.js';

type Slots = Readonly<Record<Modality, OpenFile | null>>;

/** A preparation under way. */
export interface Making {
  readonly key: string;
  readonly steps: PreparedStep[];
  /** By name. */
  readonly pictures: Map<string, Uint8Array>;
}

/** A preparation that the worker holds and that is not on disk yet. */
export interface Unkept {
  readonly folder: string;
  /** Its check pictures, by name. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
  /** Under way once it is asked for. */
  keeping: Promise<void> | null;
}

/** What is done to the images of a case before they are segmented. */
export class CasePreparation {
  options: PreparationOptions = DEFAULT_PREPARATION;
  /** What a check of the voxels refused, in words. */
  refused: readonly string[] = [];
  brain: CorrectedBrain | null = null;
  making: Making | null = null;
  unkept: Unkept | null = null;
  private made: Prepared | null = null;

  /** The preparation of exactly these files, or null. */
  of(slots: Slots): Prepared | null {
    const sources = sourcesOf(slots);
    const { made } = this;
    const isSame = made && MODALITIES.every((m) => made.record.images[m]?.source === sources[m]);
    return isSame ? made : null;
  }

  take(made: Prepared): void {
    this.made = made;
    this.options = made.record.summary.options;
  }

  /** It was held by a worker that is gone. */
  lose(): void {
    this.made = null;
    this.unkept = null;
  }

  /** Why these images cannot be used as they are; empty when nothing is known against it. */
  needed(slots: Slots): string[] {
    const files = MODALITIES.flatMap((m) => (slots[m]?.header ? [{ m, file: slots[m] }] : []));
    const reasons: string[] = [];
    if (files.some(({ file }) => file.series?.about.isDicom))
      reasons.push('The images are as the scanner made them (DICOM).');
    const thick = files.filter(({ file }) => !isAbout1mm(file.header!));
    if (thick.length > 0) reasons.push(`Voxels are not about 1 mm: ${describeSpacings(thick)}.`);
    if (files.some(({ file }) => !sameGrid(files[0].file.header!, file.header!)))
      reasons.push('The sequences do not lie on one grid.');
    return [...new Set([...reasons, ...this.refused])];
  }

  summarise(slots: Slots): PreparationState {
    return {
      needed: this.needed(slots),
      options: this.options,
      corrected: this.brain !== null,
      making: this.making && { key: this.making.key, steps: [...this.making.steps] },
      made: this.of(slots)?.record.summary ?? null,
    };
  }
}

/** SHA-256 of each sequence's file. */
export function sourcesOf(slots: Slots): PreparationSources {
  return Object.fromEntries(
    MODALITIES.flatMap((m) => (slots[m]?.sha256 ? [[m, slots[m].sha256]] : [])),
  ) as PreparationSources;
}

/** The grid of prepared images. */
export function preparedGrid({ record }: Prepared): Grid {
  const { size, affine } = record.summary.grid;
  return { size, affine: affineOf(affine) };
}

/** A prepared image's file. */
export function preparedImage({ folder }: Prepared, modality: Modality): string {
  return join(folder, preparedImageName(modality));
}

/** `0.9 × 0.9 × 5.5 mm` where all are alike, else each sequence with its own. */
function describeSpacings(files: readonly { readonly m: Modality; readonly file: OpenFile }[]): string {
  const sides = files.map(({ file }) =>
    voxelSpacing(file.header!.affine)
      .map((side) => side.toFixed(1))
      .join(' × '),
  );
  if (new Set(sides).size === 1) return `${sides[0]} mm`;
  return files.map(({ m }, i) => `${MODALITY_TITLES[m]} ${sides[i]} mm`).join(', ');
}
