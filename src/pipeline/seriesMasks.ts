import { labelsOnSeries } from '../segment/onSeries.js';
import type { Modality } from '../terms.js';
import { IDENTITY } from '../volume/placement.js';
import { type ImageHeader, readHeader } from '../volume/read.js';
import type { Volume } from '../volume/volume.js';
import type { SourceImage } from './caseSource.js';

/** A mask on the own grid of one series. */
export interface SeriesMask {
  readonly modality: Modality;
  readonly header: ImageHeader;
  /** BraTS labels on the header's grid. */
  readonly labels: Uint8Array;
}

/**
 * A mask of the Case's grid on a series' own grid.
 *
 * @throws QuorumError FILE_NOT_FOUND and what reading a header throws.
 */
export async function maskOnSeries(
  mask: Volume<Uint8Array>,
  { modality, file, toCase }: SourceImage,
): Promise<SeriesMask> {
  const header = await readHeader(file);
  return { modality, header, labels: labelsOnSeries(mask, { grid: header, toCase: toCase ?? IDENTITY }) };
}
