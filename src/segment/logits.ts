import type { InferenceEngine, Tensor3 } from '../engine/engine.js';
import { QuorumError } from '../errors.js';
import { roundToHalf } from '../halfPrecision.js';
import type { Model } from '../model/model.js';
import type { Case } from '../prepare/case.js';
import { type ImageMeasurements, measureImage } from '../prepare/measure.js';
import { normalise } from '../prepare/normalise.js';
import { sideBySide } from '../sideBySide.js';
import { MODALITIES, type Modality } from '../terms.js';
import { traced } from '../trace.js';
import { resample } from '../volume/resample.js';
import { mapAxes } from '../volume/tuples.js';
import type { Grid, Size } from '../volume/volume.js';
import { gridOfBox, type Lattice, type LatticeBox, latticeBoxOf, layLattice } from './lattice.js';
import { modalityLogits } from './mirroredPass.js';
import { type Bits, tissueOf } from './tissue.js';

/**
 * Raised whenever the same images and the same model give other logits or other masks than before: what was kept of earlier
 * results is then made anew.
 */
export const RESULT_FORMAT = 2;

/** The logits of one modality's pass on the box of its own non-zero lattice points. */
export interface LogitMap {
  readonly modality: Modality;
  readonly box: LatticeBox;
  /**
   * (region, z, y, x): x fastest, regions WT, TC, ET one after the other; rounded to fp16; `outsideLogit` where the input is 0.
   */
  readonly data: Float32Array;
  /** (z, y, x): 1 where the input is not 0. Elsewhere, and outside the box, the modality sees nothing. */
  readonly seen: Uint8Array;
  /** Where the image shows the patient, on the Case's grid. */
  readonly tissue: Bits;
}

/** What the network says about a case, once: every combination is arithmetic on these. */
export interface ModalityLogits {
  readonly lattice: Lattice;
  readonly outsideLogit: number;
  /** At most four, in MODALITIES order. */
  readonly maps: readonly LogitMap[];
  /** Seconds of each modality's pass or passes, the network alone, in the order of `maps`. */
  readonly passSeconds: readonly number[];
}

export interface LogitsOptions {
  readonly signal?: AbortSignal;
  /** Called at the beginning, and whenever a modality is done and others are not: the first that is not, and how many are. */
  readonly onPass?: (modality: Modality, done: number, total: number) => void;
  /** The images are normalised already and are taken as they are. */
  readonly normalised?: boolean;
}

/**
 * Runs the network exactly once per available modality, or once more where the model wants it mirrored; passes run side by side where the
 * engine has room for it, and the next image is made ready meanwhile. What a pass sees depends on that modality's volume alone: the box of
 * its own non-zero voxels on the model's lattice, zeros added at the far ends up to multiples of 16.
 *
 * @throws QuorumError CANCELLED before a pass begins, ENGINE_FAILED from the engine; nothing runs any more then.
 */
export async function computeLogits(
  { grid, images }: Case,
  { description }: Model,
  engine: InferenceEngine,
  options: LogitsOptions = {},
): Promise<ModalityLogits> {
  const lattice = layLattice(grid, description.grid);
  const present = MODALITIES.filter((m) => images[m]);
  const unknown = present.find((m) => !description.modalities.includes(m));
  if (unknown !== undefined) {
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `one of the model's: ${description.modalities.join(', ')}`,
      found: unknown,
    });
  }
  const progress = passProgress(present, options);
  const turns = new Turns();
  const done = await sideBySide(present, present.length, async (modality) => {
    // So that the pass before begins, and a cancellation is heard.
    await new Promise((resolve) => setImmediate(resolve));
    const image = images[modality]!;
    const place = { about: modality };
    progress.check();
    const { measured, box, data, input } = traced(
      'normalise',
      () => {
        const measured = measureImage(image).box;
        const { box, data } = networkInput(image, measured, lattice, description, options.normalised);
        return { measured, box, data, input: toTensor(data, box.size, description.patch.multipleOf) };
      },
      place,
    );
    const beside = turns.open(() => engine.sideBySide?.(present.length, input.shape) ?? 1);
    const { result: logits, seconds } = await turns.take(async (lane) => {
      progress.check();
      const started = performance.now();
      const index = description.modalities.indexOf(modality);
      const mirrored = description.patch.mirrored === true;
      const result = await traced(
        'network',
        () => modalityLogits(engine, index, input, mirrored, options.signal, beside),
        { about: modality, lane: beside === 1 ? engine.name : `${engine.name} ${lane + 1}` },
      );
      return { result, seconds: (performance.now() - started) / 1000 };
    });
    progress.done(modality);
    const seen = new Uint8Array(data.length);
    for (let at = 0; at < seen.length; at++) if (data[at] !== 0) seen[at] = 1;
    const boxed = traced('round logits', () => fromTensor(logits, input.shape, box.size), place);
    silence(boxed, seen, description.patch.outsideLogit);
    const tissue = traced('tissue', () => tissueOf(image, measured), place);
    return { map: { modality, box, data: boxed, seen, tissue }, seconds };
  });
  return {
    lattice,
    outsideLogit: description.patch.outsideLogit,
    maps: done.map(({ map }) => map),
    passSeconds: done.map(({ seconds }) => seconds),
  };
}

/** Tells of the first modality that is not done, and how many are. */
function passProgress(present: readonly Modality[], { signal, onPass }: LogitsOptions) {
  const left = [...present];
  const tell = () => {
    if (left.length > 0) onPass?.(left[0], present.length - left.length, present.length);
  };
  tell();
  return {
    check: () => {
      if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
    },
    done: (modality: Modality) => {
      left.splice(left.indexOf(modality), 1);
      tell();
    },
  };
}

/** So many at a time, in the order in which they come. */
class Turns {
  private readonly free: number[] = [];
  private readonly queue: ((lane: number) => void)[] = [];
  private most = 0;

  /** @param most asked once. */
  open(most: () => number): number {
    if (this.most === 0) {
      this.most = most();
      for (let lane = 0; lane < this.most; lane++) this.free.push(lane);
    }
    return this.most;
  }

  async take<T>(work: (lane: number) => Promise<T>): Promise<T> {
    const lane = this.free.shift() ?? (await new Promise<number>((resolve) => this.queue.push(resolve)));
    try {
      return await work(lane);
    } finally {
      const next = this.queue.shift();
      if (next) next(lane);
      else this.free.push(lane);
    }
  }
}

/** Puts `outsideLogit` where the input is 0: in air the network's answer counts for nothing. Changes `logits` in place. */
export function silence(logits: Float32Array, seen: Uint8Array, outsideLogit: number): void {
  for (let from = 0; from < logits.length; from += seen.length)
    for (let at = 0; at < seen.length; at++) if (seen[at] === 0) logits[from + at] = outsideLogit;
}

/** The normalised image on the lattice (`onLattice`), cut to the box of its own non-zero lattice points. */
function networkInput(
  image: NonNullable<Case['images'][Modality]>,
  { first, last }: ImageMeasurements['box'],
  lattice: Lattice,
  description: Model['description'],
  isNormalised = false,
): { box: LatticeBox; data: Float32Array } {
  const reach = latticeBoxOf(lattice, first, last);
  const normalised = isNormalised ? image.data : normalise(image, description.normalisation);
  return cutToNonZero(onLattice(image, normalised, gridOfBox(lattice, reach)), reach);
}

/**
 * A normalised image on a box of lattice points: trilinear; a point with at most half of its interpolation weight on
 * non-zero voxels is air, exactly 0.
 *
 * @param image where the values lie.
 * @param normalised as long as the image's data; left alone.
 */
export function onLattice(image: Grid, normalised: Float32Array, grid: Grid): Float32Array {
  const values = resample({ ...image, data: normalised }, grid, { interpolation: 'linear' });
  const present = new Uint8Array(normalised.length);
  for (let i = 0; i < present.length; i++) if (normalised[i] !== 0) present[i] = 1;
  const tissue = resample({ ...image, data: present }, grid, { interpolation: 'linear' });
  for (let i = 0; i < values.length; i++) if (tissue[i] <= 0.5) values[i] = 0;
  return values;
}

function cutToNonZero(values: Float32Array, reach: LatticeBox): { box: LatticeBox; data: Float32Array } {
  const { first, last } = measureImage({ data: values, size: reach.size }).box;
  const size: Size = [last[0] - first[0] + 1, last[1] - first[1] + 1, last[2] - first[2] + 1];
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++, at += size[0]) {
      const from = first[0] + reach.size[0] * (first[1] + j + reach.size[1] * (first[2] + k));
      data.set(values.subarray(from, from + size[0]), at);
    }
  }
  const origin = mapAxes([0, 1, 2], (a) => reach.origin[a] + first[a]);
  return { box: { origin, size }, data };
}

/** x-fastest box → tensor with D, H, W = x, y, z, zeros at the far ends up to the multiple. */
function toTensor(data: Float32Array, [nx, ny, nz]: Size, multiple: number): Tensor3 {
  const pad = (n: number) => Math.ceil(n / multiple) * multiple;
  const shape = [pad(nx), pad(ny), pad(nz)] as const;
  const tensor = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) tensor[k + shape[2] * (j + shape[1] * i)] = data[at];
    }
  }
  return { data: tensor, shape };
}

/** Tensor (region, x, y, z) → (region, z, y, x) of the box, rounded to fp16: the only rounding, directly after the network. */
function fromTensor(logits: Float32Array, shape: Tensor3['shape'], [nx, ny, nz]: Size): Float32Array {
  const plane = shape[0] * shape[1] * shape[2];
  const regions = logits.length / plane;
  const data = new Float32Array(regions * nx * ny * nz);
  let at = 0;
  for (let r = 0; r < regions; r++) {
    for (let k = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++)
          data[at++] = roundToHalf(logits[r * plane + k + shape[2] * (j + shape[1] * i)]);
      }
    }
  }
  return data;
}
