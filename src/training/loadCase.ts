import { QuorumError } from '../errors.js';
import type { ModelDescription } from '../model/schema.js';
import { measureImage } from '../prepare/measure.js';
import { normalise } from '../prepare/normalise.js';
import { gridOfBox, latticeBoxOf, layLattice } from '../segment/lattice.js';
import { onLattice } from '../segment/logits.js';
import type { LabelScheme } from '../terms.js';
import { voxelSpacing } from '../volume/affine.js';
import { reorient } from '../volume/orientation.js';
import { readLabelMap, readVolume } from '../volume/read.js';
import { resample } from '../volume/resample.js';
import { affineOf, mapAxes } from '../volume/tuples.js';
import type { Size, Volume, VoxelArray } from '../volume/volume.js';
import type { DatasetCase, DatasetDescription } from './dataset.js';
import type { VerifiedDataset } from './verify.js';

/** What of a model decides how images come to its network. */
export type InputRules = Pick<ModelDescription, 'modalities' | 'grid' | 'normalisation'>;

export type Shape3 = readonly [depth: number, height: number, width: number];

/** A box of voxels in tensor order: first voxel, and the one after the last. */
export interface TensorBox {
  readonly start: Shape3;
  readonly end: Shape3;
}

/** A case as the network sees it: on the model's grid and in tensor order (D, H, W = x, y, z; z fastest). */
export interface TrainingVolume {
  readonly name: string;
  readonly patient: string;
  readonly shape: Shape3;
  /** mm along D, H, W. */
  readonly spacing: Shape3;
  /** Per modality of the model the normalised image, air exactly 0, or null where the case lacks it. */
  readonly images: readonly (Float32Array | null)[];
  /** `UNKNOWN` where nobody knows, `TUMOUR` where nobody knows which part of the tumour. */
  readonly labels: Uint8Array;
  readonly scheme: LabelScheme;
  /** Where a cut-out is known; null for a whole case, outside of which is air. */
  readonly known: TensorBox | null;
}

/** The value in `labels` of a voxel whose truth is not known, whatever the data set's own is. */
export const UNKNOWN = 255;

/** The value in `labels` of a voxel of the tumour of which nobody told the parts, whatever the data set's own is. */
export const TUMOUR = 254;

/** Whether the tumour's parts are known nowhere in a case: TC and ET cannot be told from its mask. */
export const isPartial = (labels: Uint8Array): boolean => labels.includes(TUMOUR);

/** Fractional difference in spacing up to which a cut-out counts as being on the model's grid. */
const SPACING_TOLERANCE = 0.005;

/**
 * Reads a case of a verified data set. A cut-out (`known: nonzero-box`) is reoriented, never resampled; a whole case
 * is brought to the model's lattice (images trilinear, labels nearest) inside the box of its brain.
 *
 * @throws QuorumError DATASET_INVALID when a cut-out is not on the model's spacing; what reading throws.
 */
export async function loadCase(
  { description, labels }: Pick<VerifiedDataset, 'description' | 'labels'>,
  datasetCase: DatasetCase,
  rules: InputRules,
): Promise<TrainingVolume> {
  const files = rules.modalities.map((modality) => datasetCase.images[modality] ?? null);
  const images = await Promise.all(files.map((file) => (file === null ? null : readVolume(file))));
  const truth = withMarks(await readLabelMap(datasetCase.truth), description);
  const placed = images.map((image) => image && withSpacing(image, description));
  const mask = withSpacing(truth, description);
  const onGrid =
    description.known === 'nonzero-box'
      ? cutOut(placed, mask, description, rules, datasetCase.folder)
      : wholeCase(placed, mask, description, rules);
  const [nx, ny, nz] = onGrid.size;
  return {
    name: datasetCase.name,
    patient: datasetCase.patient,
    shape: [nx, ny, nz],
    spacing: rules.grid.spacing,
    images: onGrid.images.map((data) => data && toTensorOrder(data, onGrid.size)),
    labels: toTensorOrder(onGrid.labels, onGrid.size),
    scheme: labels,
    known: description.known === 'nonzero-box' ? knownBox(onGrid.images, onGrid.size) : null,
  };
}

/** The mask with the data set's own labels of what is not known replaced by `UNKNOWN` and `TUMOUR`. */
export function withMarks<M extends Volume<Uint8Array>>(
  mask: M,
  { unknownLabel, tumourLabel }: Pick<DatasetDescription, 'unknownLabel' | 'tumourLabel'>,
): M {
  if (unknownLabel === undefined && tumourLabel === undefined) return mask;
  const marked = (value: number) =>
    value === unknownLabel ? UNKNOWN : value === tumourLabel ? TUMOUR : value;
  return { ...mask, data: mask.data.map(marked) };
}

/** Images and labels on one grid in the model's orientation, x fastest. */
interface GridData {
  readonly size: Size;
  readonly images: readonly (Float32Array | null)[];
  readonly labels: Uint8Array;
}

function cutOut(
  images: readonly (Volume | null)[],
  mask: Volume<Uint8Array>,
  description: DatasetDescription,
  rules: InputRules,
  folder: string,
): GridData {
  const labels = reorient(mask, rules.grid.orientation).volume;
  const spacing = voxelSpacing(labels.affine);
  if (spacing.some((mm, axis) => Math.abs(mm / rules.grid.spacing[axis] - 1) > SPACING_TOLERANCE)) {
    throw new QuorumError({
      code: 'DATASET_INVALID',
      field: 'spacing',
      expected: `the model's, ${rules.grid.spacing.map((mm) => mm.toFixed(4)).join(' × ')} mm`,
      found: `${spacing.map((mm) => mm.toFixed(4)).join(' × ')} mm (cut-outs are not resampled)`,
      file: folder,
    });
  }
  return {
    size: labels.size,
    labels: labels.data,
    images: images.map(
      (image) => image && intensities(reorient(image, rules.grid.orientation).volume, description, rules),
    ),
  };
}

function wholeCase(
  images: readonly (Volume | null)[],
  mask: Volume<Uint8Array>,
  description: DatasetDescription,
  rules: InputRules,
): GridData {
  const lattice = layLattice(mask, rules.grid);
  const boxes = images.flatMap((image) => (image ? [measureImage(image).box] : []));
  const extreme = (pick: (...values: number[]) => number, end: 'first' | 'last') =>
    mapAxes([0, 1, 2], (axis) => pick(...boxes.map((box) => box[end][axis])));
  const grid = gridOfBox(
    lattice,
    latticeBoxOf(lattice, extreme(Math.min, 'first'), extreme(Math.max, 'last')),
  );
  const labels = new Uint8Array(grid.size[0] * grid.size[1] * grid.size[2]);
  resample(mask, grid, { interpolation: 'nearest', into: labels });
  return {
    size: grid.size,
    labels,
    images: images.map((image) => image && onLattice(image, intensities(image, description, rules), grid)),
  };
}

function intensities(image: Volume, description: DatasetDescription, rules: InputRules): Float32Array {
  return description.intensities === 'z-score' ? image.data : normalise(image, rules.normalisation);
}

/** The volume with the true spacing along its axes, where dataset.json states one. */
export function withSpacing<D extends VoxelArray>(
  volume: Volume<D>,
  { spacing }: DatasetDescription,
): Volume<D> {
  const { data, size, affine } = volume;
  if (!spacing) return { data, size, affine };
  const before = voxelSpacing(affine);
  const scaled = Array.from(affine, (value, i) =>
    i < 12 ? (value * spacing[i >> 2]) / before[i >> 2] : value,
  );
  return { data, size, affine: affineOf(scaled) };
}

/** The box of voxels that are non-zero in any image, in tensor order. */
function knownBox(images: readonly (Float32Array | null)[], size: Size): TensorBox {
  const present = images.flatMap((image) => image ?? []);
  const union = present[0].map((_, v) => (present.some((image) => image[v] !== 0) ? 1 : 0));
  const { first, last } = measureImage({ data: union, size }).box;
  return { start: first, end: [last[0] + 1, last[1] + 1, last[2] + 1] };
}

/** x fastest → z fastest. */
function toTensorOrder<D extends Float32Array | Uint8Array>(data: D, [nx, ny, nz]: Size): D {
  const out = new (data.constructor as new (length: number) => D)(data.length);
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) out[k + nz * (j + ny * i)] = data[at];
    }
  }
  return out;
}
