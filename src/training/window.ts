import { mapAxes } from '../volume/tuples.js';
import { type Shape3, type TrainingVolume, UNKNOWN } from './loadCase.js';
import type { Random } from './random.js';

/** Where a sample is cut from a case. */
export interface WindowRules {
  /** Side in voxels of the crop from a whole case; a multiple of 16. */
  readonly side: number;
  /** Largest shift in voxels of a cut-out, so that its tumour is not always in the middle; at most a quarter of it. */
  readonly shift: number;
  /** Share of crops from whole cases that are centred on a tumour voxel; the others on any brain voxel. */
  readonly tumourShare: number;
  /**
   * Up to so many planes of air are added at each face of a whole case, at random, so that a network that pools does not learn where
   * a box begins; 0 or absent: none.
   */
  readonly margin?: number;
}

/** A box of the case's grid that may reach beyond it; every side is a multiple of 16. */
export interface Window {
  /** First voxel; may be negative. */
  readonly start: Shape3;
  readonly shape: Shape3;
}

/** A random window: a cut-out whole but shifted, a whole case cropped. */
export function drawWindow(volume: TrainingVolume, rules: WindowRules, random: Random): Window {
  if (volume.known) {
    const start = mapAxes(volume.shape, (side) => {
      const most = Math.min(rules.shift, Math.floor(side / 4));
      return random.integer(-most, most);
    });
    return { start, shape: paddedShape(volume.shape) };
  }
  const margin = () => (rules.margin ? random.integer(0, rules.margin) : 0);
  const before = volume.shape.map(margin);
  const after = volume.shape.map(margin);
  const padded = paddedShape(mapAxes(volume.shape, (side, axis) => before[axis] + side + after[axis]));
  const shape = mapAxes(padded, (side) => Math.min(side, rules.side));
  const centre = random.chance(rules.tumourShare)
    ? (pick(volume, (v) => volume.labels[v] !== 0 && volume.labels[v] !== UNKNOWN, random) ??
      brainVoxel(volume, random))
    : brainVoxel(volume, random);
  const start = mapAxes(shape, (side, axis) => {
    const first = -before[axis];
    const last = volume.shape[axis] + after[axis] - side;
    const wanted = centre[axis] - Math.floor(side / 2);
    return Math.min(Math.max(wanted, Math.min(first, last)), Math.max(first, last));
  });
  return { start, shape };
}

/** The whole case, with zeros at the far ends up to multiples of 16. */
export function wholeWindow(volume: Pick<TrainingVolume, 'shape'>): Window {
  return { start: [0, 0, 0], shape: paddedShape(volume.shape) };
}

function paddedShape(shape: Shape3): Shape3 {
  return mapAxes(shape, (side) => Math.ceil(side / 16) * 16);
}

function brainVoxel(volume: TrainingVolume, random: Random): Shape3 {
  const images = volume.images.flatMap((image) => (image ? [image] : []));
  return pick(volume, (v) => images.some((image) => image[v] !== 0), random)!;
}

/** A voxel drawn uniformly from those that qualify, or null. */
function pick(
  { shape, labels }: TrainingVolume,
  qualifies: (v: number) => boolean,
  random: Random,
): Shape3 | null {
  let count = 0;
  for (let v = 0; v < labels.length; v++) if (qualifies(v)) count += 1;
  if (count === 0) return null;
  let left = random.integer(0, count - 1);
  for (let v = 0; ; v++) {
    if (!qualifies(v) || left-- > 0) continue;
    return [Math.floor(v / (shape[1] * shape[2])), Math.floor(v / shape[2]) % shape[1], v % shape[2]];
  }
}
