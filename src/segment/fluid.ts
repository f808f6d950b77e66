import { type CoarseCase, stridesOf } from '../prepare/coarse.js';
import { MODALITIES, type Modality } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { eroded, stepsFrom } from './morphology.js';
import { above, type OverTissue } from './overTissue.js';

/**
 * What free fluid shows, over tissue in its standard deviations: dark in T1 and T1ce, suppressed in FLAIR, bright in T2. Most necrosis and
 * most cysts are not as dark in FLAIR. Without T2 cysts look alike (6 of 35 brains): nothing is said then.
 */
const DARKER: Readonly<Partial<Record<Modality, number>>> = { t1: -1.4, t1ce: -1.2, flair: -1.2 };
const BRIGHTER: Readonly<Partial<Record<Modality, number>>> = { t2: 3.5 };
/** Steps of 2 mm by which fluid is eroded: sulci and rims vanish, what has 10 mm and more across stays. */
const COMPACT = 2;
/** The shell around a fluid that tells whether it lies in the tumour, in steps from its eroded core. */
const SHELL = { from: COMPACT + 2, to: COMPACT + 4 };
/** A fluid lies in the tumour when this share of the brain around it is marked: a ventricle beside a tumour has less. */
const LINED = 0.4;

/**
 * ml of fluid in compact parts that the marked tumour surrounds: a resection cavity, or a cyst with clear fluid. Null where the sequences do
 * not tell: T2, FLAIR and one of T1 and T1ce are needed.
 *
 * @param over each image over tissue.
 * @param ill the share of each coarse voxel that is tumour.
 */
export function fluidInTumour(
  { grid, brain }: Pick<CoarseCase, 'grid' | 'brain'>,
  over: Readonly<Partial<Record<Modality, OverTissue>>>,
  ill: Float32Array,
): number | null {
  if (!over.t2 || !over.flair || !(over.t1 || over.t1ce)) return null;
  let fluid = new Uint8Array(brain);
  for (const m of MODALITIES) {
    const one = over[m];
    if (!one) continue;
    const [least, most] = [BRIGHTER[m] ?? Number.NEGATIVE_INFINITY, DARKER[m] ?? Number.POSITIVE_INFINITY];
    for (let v = 0; v < fluid.length; v++) {
      if (fluid[v] === 0) continue;
      const value = above(one, v);
      if (!(value > least && value < most)) fluid[v] = 0;
    }
  }
  const strides = stridesOf(grid.size);
  for (let step = 0; step < COMPACT; step++) fluid = eroded(fluid, strides);
  const ml = voxelVolume(grid.affine) / 1000;
  return connectedComponents({ ...grid, data: fluid }, (one) => one === 1, 6).reduce((sum, { voxels }) => {
    const reached = stepsFrom(voxels, brain, strides, SHELL.to);
    let [own, shell, marked] = [0, 0, 0];
    for (const [v, steps] of reached) {
      if (steps <= COMPACT) own += 1;
      if (steps < SHELL.from) continue;
      shell += 1;
      if (ill[v] > 0.5) marked += 1;
    }
    return shell > 0 && marked / shell >= LINED ? sum + own * ml : sum;
  }, 0);
}
