import { type Size, voxelCount } from '../../src/volume/volume.js';
import type { Anatomy, Origin } from './anatomy.js';
import { blurred, smoothStep } from './filters.js';
import { grownVolume } from './growth.js';
import { smoothNoise, type Uniform } from './random.js';

/** The tumour's place and size: voxels of the BraTS grid, millilitres (1 voxel = 0.001 ml). */
export interface TumourPlan {
  readonly centre: readonly [number, number, number];
  /** Half axes of the ellipsoid that the core is drawn from; only their ratios matter, as volumes are given. */
  readonly axes: readonly [number, number, number];
  readonly wholeMl: number;
  readonly coreMl: number;
  readonly necrosisMl: number;
  /** How far the tissue at the core's edge was pushed away, mm. */
  readonly pushMm: number;
}

/** Labels of BraTS (0, 1, 2, 4) and, per part, the soft fraction with blurred edges (together at most 1). */
export interface Tumour {
  readonly labels: Uint8Array;
  readonly necrosis: Float32Array;
  readonly rim: Float32Array;
  readonly oedema: Float32Array;
}

/** Mass effect: tissue is pushed away from the core, less with distance, and not at all at the brain's surface. */
export function massEffect(plan: TumourPlan, mask: Float32Array, size: Size): Origin {
  const depth = blurred(mask, size, 8);
  return (i, j, k) => {
    const [x, y, z] = [i - plan.centre[0], j - plan.centre[1], k - plan.centre[2]];
    const radius = ellipsoidRadius(plan, x, y, z);
    const fall = radius < 1 ? radius : Math.exp(-(radius - 1) / 1.2);
    const inside = smoothStep(0.5, 0.95, depth[i + size[0] * (j + size[1] * k)]);
    const scale = (plan.pushMm * fall * inside) / Math.max(1, Math.hypot(x, y, z));
    return [i - scale * x, j - scale * y, k - scale * z];
  };
}

/** Draws the tumour: a noisy ellipsoid with a necrotic centre, and oedema that spreads from it along white matter. */
export function drawnTumour(plan: TumourPlan, tissue: Anatomy, size: Size, uniform: Uniform): Tumour {
  const radius = noisyRadius(plan, tissue, size, uniform);
  const core = lowest(radius, plan.coreMl);
  const necrosis = necrosisWithin(core, radius, plan, size, uniform);
  const whole = spread(core, plan, tissue, size, uniform);
  const labels = new Uint8Array(voxelCount(size));
  for (let v = 0; v < labels.length; v++) labels[v] = necrosis[v] ? 1 : core[v] ? 4 : whole[v] ? 2 : 0;
  return { labels, ...softParts(labels, tissue, size) };
}

/** A radius (in half axes) that no part of the core reaches. */
const FAR = 4;

function ellipsoidRadius({ axes }: TumourPlan, x: number, y: number, z: number): number {
  return Math.hypot(x / axes[0], y / axes[1], z / axes[2]);
}

function noisyRadius(plan: TumourPlan, tissue: Anatomy, size: Size, uniform: Uniform): Float32Array {
  const [coarse, fine] = [13, 5].map((spacing) => smoothNoise(size, spacing, uniform));
  const fluid = blurred(tissue.csf, size, 1.5);
  const radius = new Float32Array(voxelCount(size));
  for (let k = 0, v = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, v++) {
        const plain = ellipsoidRadius(plan, i - plan.centre[0], j - plan.centre[1], k - plan.centre[2]);
        const noisy = plain + 0.2 * coarse[v] + 0.05 * fine[v] + 0.6 * fluid[v];
        radius[v] = tissue.mask[v] ? Math.min(noisy, FAR) : FAR;
      }
    }
  }
  return blurred(radius, size, 1.2);
}

/** The `ml` of voxels with the lowest values, as 0 and 1. */
function lowest(field: Float32Array, ml: number): Float32Array {
  const level = field.filter((v) => v < FAR).sort()[Math.round(ml * 1000)];
  return field.map((v) => (v < level ? 1 : 0));
}

function necrosisWithin(
  core: Float32Array,
  radius: Float32Array,
  plan: TumourPlan,
  size: Size,
  uniform: Uniform,
): Float32Array {
  const noise = smoothNoise(size, 9, uniform);
  const edge = blurred(core, size, 2.5);
  const inner = radius.map((r, v) => (edge[v] > 0.72 ? r + 0.17 * noise[v] - 0.9 * edge[v] : FAR));
  return lowest(inner, plan.necrosisMl);
}

/** The core and the oedema about it: the tissue that the front reaches first, until the whole tumour has its volume. */
function spread(
  core: Float32Array,
  plan: TumourPlan,
  tissue: Anatomy,
  size: Size,
  uniform: Uniform,
): Float32Array {
  const [coarse, fine] = [25, 6].map((spacing) => smoothNoise(size, spacing, uniform));
  const [fluid, white] = [blurred(tissue.csf, size, 0.8), blurred(tissue.white, size, 0.8)];
  const cost = coarse.map((n, v) => {
    if (!tissue.mask[v]) return Infinity;
    return (1 + 5 * (1 - white[v]) + 16 * fluid[v]) * Math.exp(0.6 * n + 0.25 * fine[v]);
  });
  const grown = grownVolume(core, cost, size, Math.round(plan.wholeMl * 1000));
  const smooth = blurred(grown, size, 0.8);
  return smooth.map((s, v) => (core[v] || (tissue.mask[v] && s > 0.5) ? 1 : 0));
}

function softParts(labels: Uint8Array, tissue: Anatomy, size: Size): Omit<Tumour, 'labels'> {
  const part = (wanted: number[]) => {
    const is = Float32Array.from({ length: 5 }, (_, label) => (wanted.includes(label) ? 1 : 0));
    const out = new Float32Array(labels.length);
    for (let v = 0; v < labels.length; v++) out[v] = is[labels[v]];
    return out;
  };
  const [whole, core, inner] = [
    blurred(part([1, 2, 4]), size, 1.3),
    blurred(part([1, 4]), size, 0.9),
    blurred(part([1]), size, 1),
  ];
  const deep = blurred(part([1, 4]), size, 7);
  const necrosis = inner.map((v, n) => Math.min(v, core[n]));
  const rim = core.map((v, n) => v - necrosis[n]);
  const oedema = whole.map((v, n) => {
    const fading = 0.85 + 0.15 * smoothStep(0, 0.4, deep[n]);
    return Math.max(0, Math.max(v, core[n]) - core[n]) * fading * (1 - 0.85 * tissue.csf[n]);
  });
  return { necrosis, rim, oedema };
}
