import { LABELS } from '../masks/labels.js';
import { axisNearest, type CoarseCase, countsAlong, shareOn, stridesOf } from '../prepare/coarse.js';
import { MODALITIES, type Modality } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import { type Component, connectedComponents } from '../volume/connectedComponents.js';
import type { Part } from '../volume/extent.js';
import type { Grid } from '../volume/volume.js';
import { fluidInTumour } from './fluid.js';
import { type UptakeMass, uptakeIn, uptakeMasses } from './masses.js';
import { medianAbove, type OverTissue, overTissue } from './overTissue.js';
import { type Place, placeOf } from './place.js';

/** What a mask looks like beside the images it was found in; plain numbers, decided upon in `checks/checkWarnings.ts`. */
export interface ResultQuality {
  /** Whole tumour by the brain, 0..1. */
  readonly share: number;
  /** Parts of the whole tumour of at least `PART_ML`. */
  readonly parts: number;
  /** ml of tumour in the uppermost and the lowest 4 mm of the brain that the images show. */
  readonly atTop: number;
  readonly atBottom: number;
  /** How bright the enhancing tumour is; null without one, or without T1ce. */
  readonly uptake: Uptake | null;
  /**
   * ml within the tumour that take up contrast agent (T1ce over T1, by `uptakeIn`) and lie neither in the enhancing tumour nor beside
   * it; null without T1 and T1ce.
   */
  readonly uncovered: number | null;
  /** Compact parts that take up contrast agent, whatever the mask; null without T1 and T1ce. */
  readonly masses: readonly UptakeMass[] | null;
  /** ml of fluid that the tumour surrounds (`fluidInTumour`); null where the sequences do not tell. */
  readonly fluid: number | null;
  /** Null without a tumour. */
  readonly place: Place | null;
}

export interface Uptake {
  /** Median of T1ce there less that of flat tissue outside the tumour, in standard deviations of the brain. */
  readonly overTissue: number;
  /** The same less what T1 shows; null without T1. */
  readonly overT1: number | null;
}

/** The brain's edge has vessels and meninges: voxels of 2 mm nearer to it are left out. */
const BELOW_EDGE = 3;

/** Each image over tissue. */
type Over = Readonly<Partial<Record<Modality, OverTissue>>>;

/** Smaller parts are not counted. */
export const PART_ML = 0.1;

/**
 * @param ill the share of each coarse voxel that is tumour.
 * @param marked the part of the mask on the case's `grid` that is not 0, BraTS labels; null: nothing is marked.
 */
export function resultQuality(
  coarse: CoarseCase,
  ill: Float32Array,
  grid: Grid,
  marked: Part | null,
  parts: readonly Component[] = tumourParts(marked, grid),
): ResultQuality {
  const ml = voxelVolume(grid.affine) / 1000;
  const coarseMl = voxelVolume(coarse.grid.affine) / 1000;
  const tumour = parts.reduce((sum, { voxels }) => sum + voxels.length * ml, 0);
  const over: Over = Object.fromEntries(
    MODALITIES.flatMap((m) => {
      const one = overTissue(coarse.images[m], ill);
      return one ? [[m, one]] : [];
    }),
  );
  let inside = 0;
  for (let v = 0; v < coarse.brain.length; v++) inside += coarse.brain[v];
  const brain = inside * coarseMl;
  return {
    share: brain === 0 ? 0 : tumour / brain,
    parts: parts.filter(({ voxels }) => voxels.length * ml >= PART_ML).length,
    ...atEnds(coarse, ill),
    ...enhancement(coarse, over, ill, marked),
    fluid: fluidInTumour(coarse, over, ill),
    place: placeOf(coarse, ill),
  };
}

/**
 * The connected parts of the whole tumour, largest first; indices into the whole mask.
 *
 * @param marked the part of the mask on `grid` that is not 0.
 */
export function tumourParts(marked: Part | null, { size: [nx, ny] }: Pick<Grid, 'size'>): Component[] {
  if (!marked) return [];
  const { first, size } = marked;
  const start = first[0] + nx * (first[1] + ny * first[2]);
  return connectedComponents(marked, (label) => label !== 0, 26).map((part) => {
    const voxels = part.voxels;
    for (let n = 0; n < voxels.length; n++) {
      const i = voxels[n] % size[0];
      const row = (voxels[n] - i) / size[0];
      const j = row % size[1];
      voxels[n] = start + i + nx * (j + (ny * (row - j)) / size[1]);
    }
    const [x, y, z] = part.centroid;
    return { ...part, centroid: [x + first[0], y + first[1], z + first[2]] };
  });
}

/** ml of tumour within 4 mm of the first and the last cross-section that shows brain. */
function atEnds({ grid, brain }: CoarseCase, ill: Float32Array): { atTop: number; atBottom: number } {
  const axis = axisNearest(grid, 2);
  const stride = stridesOf(grid.size)[axis];
  const length = grid.size[axis];
  const areas = countsAlong(brain, grid.size, axis);
  const tumour = new Float64Array(length);
  for (let v = 0; v < ill.length; v++) if (ill[v] > 0) tumour[Math.floor(v / stride) % length] += ill[v];
  const first = areas.findIndex((area) => area > 0);
  const last = areas.findLastIndex((area) => area > 0);
  const ml = voxelVolume(grid.affine) / 1000;
  const sum = (from: number) => (tumour[from] + (tumour[from + 1] ?? 0)) * ml;
  const [low, high] = first < 0 ? [0, 0] : [sum(first), sum(Math.max(first, last - 1))];
  return grid.affine[4 * axis + 2] > 0 ? { atTop: high, atBottom: low } : { atTop: low, atBottom: high };
}

/** How bright the enhancing tumour is, and what is as bright and no part of it: both over tissue, by one scale and one share. */
function enhancement(
  coarse: CoarseCase,
  { t1ce, t1 }: Over,
  ill: Float32Array,
  marked: Part | null,
): Pick<ResultQuality, 'uptake' | 'uncovered' | 'masses'> {
  if (!t1ce) return { uptake: null, uncovered: null, masses: null };
  const uptake = t1 ? uptakeIn(t1ce, t1, coarse.brain) : null;
  const enhancing = shareOn(coarse, marked, LABELS.enhancing);
  return {
    uptake: uptakeOf(t1ce, t1, enhancing),
    uncovered: t1 && uptake ? uncoveredOf(coarse, ill, t1ce, t1, enhancing, uptake) : null,
    masses: uptake ? uptakeMasses(coarse, uptake, enhancing) : null,
  };
}

function uptakeOf(t1ce: OverTissue, t1: OverTissue | undefined, enhancing: Float32Array): Uptake | null {
  const voxels: number[] = [];
  for (let v = 0; v < enhancing.length; v++) if (enhancing[v] >= 0.5) voxels.push(v);
  if (voxels.length === 0) return null;
  const over = medianAbove(t1ce, voxels);
  return { overTissue: over, overT1: t1 ? over - medianAbove(t1, voxels) : null };
}

function uncoveredOf(
  { grid }: CoarseCase,
  ill: Float32Array,
  t1ce: OverTissue,
  t1: OverTissue,
  enhancing: Float32Array,
  uptake: Uint8Array,
): number | null {
  if (t1.deviation === 0 || t1ce.deviation === 0) return null;
  const strides = stridesOf(grid.size);
  let voxels = 0;
  for (let v = 0; v < ill.length; v++) {
    if (ill[v] <= 0.5 || t1.image.depth[v] < BELOW_EDGE || t1ce.image.depth[v] < BELOW_EDGE) continue;
    if (uptake[v] === 0) continue;
    const beside = strides.some((stride) => enhancing[v - stride] > 0.1 || enhancing[v + stride] > 0.1);
    if (enhancing[v] <= 0.1 && !beside) voxels += 1;
  }
  return (voxels * voxelVolume(grid.affine)) / 1000;
}
