import { createHash } from 'node:crypto';
import type { Answers } from '../contract/cases.js';
import type { ExportOptions } from '../contract/exports.js';
import { FORMATS } from '../contract/formats.js';
import type { Fingerprint } from '../contract/report.js';
import type { DicomSeries } from '../dicom/series.js';
import { RESULT_FORMAT } from '../segment/logits.js';

/** What else than the export's options decides what is written. */
export interface Making {
  /** Images were taken as they are although a check failed. */
  readonly force: boolean;
  /** Raw images may be prepared. */
  readonly prepare: boolean;
  /** How they were prepared; null: as Quorum does it by itself. */
  readonly preparation: Readonly<Record<string, unknown>> | null;
  /** Of a case in a cohort: its warnings follow from them. Absent where nobody was asked. */
  readonly answers?: Answers;
}

/**
 * What makes two runs the same: with equal fingerprints nothing needs to be done again.
 *
 * @param inputs of every sequence that is prepared, used or not: together they decide the reference and the brain mask.
 */
export function fingerprintOf(
  inputs: Fingerprint['inputs'],
  modelHash: string,
  options: ExportOptions,
  making: Making,
  edited: { readonly labels: Uint8Array } | null,
): Fingerprint {
  const { combination, combinations, threshold, labels, keepSpecks, unsupported, neutralNames } = options;
  return {
    inputs,
    modelHash,
    options: {
      format: RESULT_FORMAT,
      combination,
      combinations: [...combinations].sort(),
      threshold,
      labels,
      keepSpecks,
      unsupported,
      neutralNames,
      formats: FORMATS.filter(({ id }) => options[id]).map(({ id }) => id),
      ...making,
      edited: edited && createHash('sha256').update(edited.labels).digest('hex'),
    },
  };
}

/** What an image is known by: of DICOM its voxels together with what results copy and refer to, wherever the files lie. */
export function contentHash(voxels: string, dicom: DicomSeries | undefined): string {
  if (!dicom) return voxels;
  const { frames, ...identity } = dicom;
  const places = frames.map(({ file: _, ...frame }) => frame);
  return createHash('sha256')
    .update(JSON.stringify([voxels, identity, places]))
    .digest('hex');
}
