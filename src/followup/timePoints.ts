import type { Answers } from '../contract/cases.js';
import type { EditedMask } from '../pipeline/subject.js';
import type { Result } from '../segment/result.js';
import type { Modality } from '../terms.js';
import type { Volume } from '../volume/volume.js';

/** A segmented examination with its images, as they are read when its turn comes. */
export interface OpenedPoint {
  readonly result: Result;
  /** On the result's grid. */
  readonly image: (sequence: Modality) => Promise<Volume>;
}

/** An examination of a follow-up before anything of it is read. */
export interface PointSource {
  readonly id: string;
  readonly title: string;
  /** ISO 8601; null: not known. */
  readonly date: string | null;
  /** All that it was segmented from. */
  readonly sequences: readonly Modality[];
  readonly answers: Answers | null;
  readonly edited: EditedMask | null;
  readonly open: () => Promise<OpenedPoint>;
}

/** By their dates where all are known, equal ones in the order in which they were given; else as they were given. */
export function inOrder<P extends Pick<PointSource, 'date'>>(points: readonly P[]): P[] {
  if (points.some(({ date }) => date === null)) return [...points];
  return [...points].sort((a, b) => a.date!.localeCompare(b.date!));
}
