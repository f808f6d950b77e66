import { basename } from 'node:path';
import type { ImageSummary, ModelSummary } from '../contract/index.js';
import { HEADER_REMARKS } from '../intake/headerRemarks.js';
import type { Series } from '../intake/study.js';
import type { Model } from '../model/model.js';
import { recogniseSequence } from '../recognise/imageName.js';
import { axisCodes, voxelSpacing, voxelVolume } from '../volume/affine.js';
import { type ImageHeader, readVolume } from '../volume/read.js';
import { affineOf } from '../volume/tuples.js';
import type { Grid } from '../volume/volume.js';

/** An image file: geometry, recognised sequence, range of values, and its labels when it holds few whole numbers. */
export async function inspectImage(file: string): Promise<ImageSummary> {
  const image = await readVolume(file);
  let nonZero = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  const distinct = new Set<number>();
  for (const value of image.data) {
    if (value !== 0) nonZero++;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (distinct.size <= MOST_LABELS) distinct.add(value);
  }
  const isLabelMap = distinct.size <= MOST_LABELS && [...distinct].every((value) => Number.isInteger(value));
  return {
    ...summariseSeries({ file, header: image, about: {}, ...recogniseSequence(basename(file)) }),
    nonZeroMl: (nonZero * voxelVolume(image.affine)) / 1000,
    minimum,
    maximum,
    remarks: (image.remarks ?? []).map((remark) => HEADER_REMARKS[remark]),
    labels: isLabelMap ? [...distinct].sort((a, b) => a - b) : null,
  };
}

const MOST_LABELS = 12;

function summariseSeries({
  file,
  sequence,
  reason,
  header,
}: Series): Omit<ImageSummary, 'nonZeroMl' | 'remarks' | 'minimum' | 'maximum' | 'labels'> {
  return { file, sequence, reason, ...summariseHeader(header) };
}

/** Format, datatype and geometry of an image file as they travel. */
export function summariseHeader(header: ImageHeader) {
  return { format: header.format, datatype: header.datatype, grid: summariseGrid(header) };
}

/** A grid as it travels. */
export function summariseGrid({ size, affine }: Grid) {
  return {
    size: [...size] as const,
    spacing: voxelSpacing(affine),
    orientation: axisCodes(affine),
    affine: affineOf(affine),
  };
}

/** A model as it is listed. */
export function summariseModel({ folder, hash, parameters, description }: Model): ModelSummary {
  const count = [...parameters.values()].reduce((sum, values) => sum + values.length, 0);
  return { folder, hash, parameters: count, description };
}
