import { diceOfMasks } from '../masks/dice.js';
import type { Modality } from '../terms.js';
import {
  axisCodes,
  invertAffine,
  multiplyAffines,
  sameGrid,
  voxelSpacing,
  voxelToWorld,
} from '../volume/affine.js';
import { applyReorientation, reorientationTo } from '../volume/orientation.js';
import type { ImageFile } from '../volume/read.js';
import { resample } from '../volume/resample.js';
import type { Affine, Grid, Volume } from '../volume/volume.js';
import type { InputNote } from './notes.js';

type Images = Readonly<Partial<Record<Modality, ImageFile>>>;

/** Images on one grid, without a voxel changed. */
export interface OnOneGrid {
  readonly images: Images;
  readonly notes: readonly InputNote[];
  /** RAS mm by an image's own header → RAS mm here, of those whose header was not believed. */
  readonly moved: Readonly<Partial<Record<Modality, Affine>>>;
}

/** Two stripped images of one head, voxel on voxel, have nearly the same brain. */
const SAME_BRAIN = 0.95;
/** A stripped brain in its box fills this much of the volume; outside, zeros tell nothing. */
const BRAIN_SHARE: readonly [number, number] = [0.02, 0.75];
const SAME_SPACING = 0.005;
/** A header that is further off is that of another examination, which is not taken for this one's: the registration judges it. */
const MOST_MM = 50;
const MOST_DEGREES = 15;

/**
 * Brings images onto one grid whose grids differ by the order of their axes alone, or by what their headers say of it while their voxels
 * lie on each other: then the brains (non-zero voxels) cover each other better voxel by voxel than by the headers. The grid is that of most
 * images, of equally many the first's.
 *
 * @param use the sequences, in order.
 * @returns null when some image lies on another grid, however it is turned.
 */
export function onOneGrid(read: Images, use: readonly Modality[]): OnOneGrid | null {
  const base = read[baseOf(read, use)]!;
  const images: Partial<Record<Modality, ImageFile>> = {};
  const moved: Partial<Record<Modality, Affine>> = {};
  const notes: InputNote[] = [];
  for (const modality of use) {
    const image = read[modality]!;
    const turned = turnedLike(image, base);
    if (!turned) return null;
    images[modality] = image === base ? base : laidLike(turned, base);
    if (sameGrid(turned, base)) continue;
    const shift = multiplyAffines(base.affine, invertAffine(turned.affine)!);
    const { mm, degrees } = describeShift(turned, base, shift);
    if (Math.hypot(...mm) > MOST_MM || degrees > MOST_DEGREES || !voxelsContradict(turned, base)) return null;
    moved[modality] = shift;
    notes.push({
      code: 'HEADER_CONTRADICTED',
      sequence: modality,
      onto: baseOf(read, use),
      mm,
      degrees,
    });
  }
  return { images, notes, moved };
}

/** The image with the very grid and NIfTI form of another. */
function laidLike({ niftiHeader: _, ...image }: ImageFile, base: ImageFile): ImageFile {
  const { size, affine, niftiHeader } = base;
  return { ...image, size, affine, ...(niftiHeader ? { niftiHeader } : {}) };
}

/** The first of the sequences that share their grid with most others. */
function baseOf(read: Images, use: readonly Modality[]): Modality {
  const shared = (m: Modality) =>
    use.filter((other) => {
      const turned = turnedLike(read[other]!, read[m]!);
      return turned !== null && sameGrid(turned, read[m]!);
    }).length;
  const counts = use.map(shared);
  return use[counts.indexOf(Math.max(...counts))];
}

/** The image with its axes in the order and direction of another's; null where size or spacing is another then. */
function turnedLike(image: ImageFile, like: Grid): ImageFile | null {
  if (sameGrid(image, like)) return image;
  const by = reorientationTo(image, axisCodes(like.affine));
  const spacing = voxelSpacing(by.target.affine);
  const isAlike =
    by.target.size.every((n, axis) => n === like.size[axis]) &&
    voxelSpacing(like.affine).every((mm, axis) => Math.abs(mm / spacing[axis] - 1) < SAME_SPACING);
  if (!isAlike) return null;
  const isInOrder = by.axes.every((axis, target) => axis === target) && !by.reversed.some(Boolean);
  return isInOrder ? image : { ...image, ...applyReorientation(image, by) };
}

/** Whether two brains cover each other voxel by voxel, and better so than where their headers place them. */
function voxelsContradict(image: Volume, base: Volume): boolean {
  const [own, other] = [brainOf(image), brainOf(base)];
  const isBrain = [own, other].every(({ data }) => {
    const share = data.reduce((sum, one) => sum + one, 0) / data.length;
    return share > BRAIN_SHARE[0] && share < BRAIN_SHARE[1];
  });
  if (!isBrain) return false;
  const byVoxels = diceOfMasks(own.data, other.data);
  if (byVoxels < SAME_BRAIN) return false;
  const placed = resample(own, other, { interpolation: 'nearest', into: new Uint8Array(other.data.length) });
  return byVoxels > diceOfMasks(placed, other.data);
}

function brainOf({ size, affine, data }: Volume): Volume<Uint8Array> {
  return { size, affine, data: Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)) };
}

/** How far the middle of the image was moved (RAS mm), and by how many degrees it was turned. */
function describeShift(from: Grid, to: Grid, shift: Affine) {
  const middle = from.size.map((n) => (n - 1) / 2) as [number, number, number];
  const [before, after] = [from, to].map(({ affine }) => voxelToWorld(affine, ...middle));
  const mm = after.map((value, axis) => value - before[axis]) as [number, number, number];
  const cosine = (shift[0] + shift[5] + shift[10] - 1) / 2;
  return { mm, degrees: (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI };
}
