import { type CoarseCase, stridesOf } from '../prepare/coarse.js';
import { MODALITIES, type Modality } from '../terms.js';
import { voxelVolume } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { above, type OverTissue } from './overTissue.js';

/**
 * What free fluid shows, over tissue in its standard deviations: dark in T1 and T1ce, suppressed in FLAIR, bright in T2. Most necrosis and
 * most cysts are not as dark in FLAIR. Without T2 cysts look alike (6 of 35 brains): nothing is said then.
 */
const FLUID: Readonly<Record<Modality, (value: number) => boolean>> = {
  t1: (value) => value < -1.4,
  t1ce: (value) => value < -1.2,
  t2: (value) => value > 3.5,
  flair: (value) => value < -1.2,
};
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
  const present = MODALITIES.filter((m) => over[m]);
  const isFluid = (v: number) => present.every((m) => FLUID[m](above(over[m]!, v)));
  let fluid = new Uint8Array(brain.length);
  for (let v = 0; v < brain.length; v++) if (brain[v] === 1 && isFluid(v)) fluid[v] = 1;
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

/** Without the voxels that have a face in common with what is not set. */
function eroded(mask: Uint8Array, strides: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(mask.length);
  for (let v = 0; v < mask.length; v++)
    if (mask[v] === 1 && strides.every((stride) => mask[v - stride] === 1 && mask[v + stride] === 1))
      out[v] = 1;
  return out;
}

/** Voxels within `most` steps by faces inside the brain, with their number of steps. */
function stepsFrom(
  core: Uint32Array,
  brain: Uint8Array,
  strides: readonly number[],
  most: number,
): Map<number, number> {
  const reached = new Map<number, number>(Array.from(core, (v) => [v, 0]));
  let edge: readonly number[] = Array.from(core);
  for (let steps = 1; steps <= most; steps++) {
    const next: number[] = [];
    for (const v of edge)
      for (const stride of strides)
        for (const to of [v - stride, v + stride]) {
          if (brain[to] !== 1 || reached.has(to)) continue;
          reached.set(to, steps);
          next.push(to);
        }
    edge = next;
  }
  return reached;
}
