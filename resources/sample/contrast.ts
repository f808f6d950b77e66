import type { Modality } from '../../src/terms.js';
import type { Size } from '../../src/volume/volume.js';
import type { Anatomy } from './anatomy.js';
import { blurred } from './filters.js';
import { gaussianNoise, smoothNoise, standardised, type Uniform } from './random.js';
import type { Tumour } from './tumour.js';

interface Signal {
  /** z-score of the pure class; partial volume makes the rest. */
  readonly mean: number;
  /** Spread of the class's texture, z. */
  readonly texture: number;
}

/** What one sequence shows: z-scores, and how they become the integers of a scanner. */
interface Contrast {
  /** The healthy classes, or 'own': Colin's own T1, whose detail no classes have. */
  readonly healthy: 'own' | { readonly csf: Signal; readonly grey: Signal; readonly white: Signal };
  readonly necrosis: Signal;
  readonly rim: Signal;
  readonly oedema: Signal;
  /** Intensity = offset + scale · z. */
  readonly offset: number;
  readonly scale: number;
  /** Standard deviation of the receiver noise, z. */
  readonly noise: number;
}

/** Chosen so that the finished images have the class statistics of the README beside this file. */
export const CONTRASTS: Record<Modality, Contrast> = {
  t1: {
    healthy: 'own',
    necrosis: { mean: -0.75, texture: 0.35 },
    rim: { mean: 0.15, texture: 0.35 },
    oedema: { mean: -0.35, texture: 0.2 },
    offset: 300,
    scale: 75,
    noise: 0.16,
  },
  t1ce: {
    healthy: {
      csf: { mean: -1.55, texture: 0.2 },
      grey: { mean: -0.18, texture: 0.12 },
      white: { mean: 0.55, texture: 0.1 },
    },
    necrosis: { mean: -0.75, texture: 0.35 },
    rim: { mean: 1.7, texture: 0.7 },
    oedema: { mean: -0.45, texture: 0.25 },
    offset: 300,
    scale: 78,
    noise: 0.16,
  },
  t2: {
    healthy: {
      csf: { mean: 2.4, texture: 0.25 },
      grey: { mean: 0.15, texture: 0.15 },
      white: { mean: -0.65, texture: 0.12 },
    },
    necrosis: { mean: 1.6, texture: 0.5 },
    rim: { mean: 0.7, texture: 0.45 },
    oedema: { mean: 1.3, texture: 0.4 },
    offset: 230,
    scale: 70,
    noise: 0.14,
  },
  flair: {
    healthy: {
      csf: { mean: -1.75, texture: 0.2 },
      grey: { mean: 0.25, texture: 0.1 },
      white: { mean: -0.08, texture: 0.08 },
    },
    necrosis: { mean: 1.05, texture: 0.45 },
    rim: { mean: 1.2, texture: 0.5 },
    oedema: { mean: 1.7, texture: 0.35 },
    offset: 220,
    scale: 65,
    noise: 0.17,
  },
};

/** Depth of the bias field (coil sensitivity): standard deviation of its logarithm. */
const BIAS = 0.045;

/** How much brighter a vessel is after contrast agent, z. */
const VESSEL_GAIN = 3.5;

/** One sequence of the patient on the grid of `tissue`: positive integers within the brain, 0 outside. */
export function sequenceImage(
  modality: Modality,
  tissue: Anatomy,
  tumour: Tumour,
  vessels: Float32Array,
  size: Size,
  uniform: Uniform,
): Int16Array {
  const contrast = CONTRASTS[modality];
  const texture = standardised(sum(smoothNoise(size, 2.5, uniform), smoothNoise(size, 6, uniform)));
  const bias = smoothNoise(size, 70, uniform);
  const noise = [0, 1].map(() => standardised(blurred(gaussianNoise(texture.length, uniform), size, 0.6)));
  const image = new Int16Array(texture.length);
  for (let v = 0; v < image.length; v++) {
    if (!tissue.mask[v]) continue;
    const ill = tumour.necrosis[v] + tumour.rim[v] + tumour.oedema[v];
    let z = (1 - ill) * healthySignal(contrast, tissue, texture, v) + illSignal(contrast, tumour, texture, v);
    if (modality === 't1ce') z += VESSEL_GAIN * vessels[v] * (1 - ill);
    const signal = (contrast.offset + contrast.scale * z) * Math.exp(BIAS * bias[v]);
    const sigma = contrast.noise * contrast.scale;
    const rician = Math.hypot(Math.max(0, signal) + sigma * noise[0][v], sigma * noise[1][v]);
    image[v] = Math.max(1, Math.round(rician));
  }
  return image;
}

function healthySignal({ healthy }: Contrast, tissue: Anatomy, texture: Float32Array, v: number): number {
  if (healthy === 'own') return tissue.t1[v];
  const parts = [
    [healthy.csf, tissue.csf[v]],
    [healthy.grey, tissue.grey[v]],
    [healthy.white, tissue.white[v]],
  ] as const;
  return mixed(parts, texture[v]);
}

function illSignal(contrast: Contrast, tumour: Tumour, texture: Float32Array, v: number): number {
  const parts = [
    [contrast.necrosis, tumour.necrosis[v]],
    [contrast.rim, tumour.rim[v]],
    [contrast.oedema, tumour.oedema[v]],
  ] as const;
  return mixed(parts, texture[v]);
}

function mixed(parts: readonly (readonly [Signal, number])[], texture: number): number {
  return parts.reduce((z, [signal, fraction]) => z + fraction * (signal.mean + signal.texture * texture), 0);
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((v, n) => v + b[n]);
}

/**
 * Vessels, 0..1: two smooth noise fields are both near 0 along thin winding tubes; kept in the fluid of sulci and
 * fissures, and thinner in tissue.
 */
export function vesselTree(tissue: Anatomy, size: Size, uniform: Uniform): Float32Array {
  const [a, b] = [10, 10].map((spacing) => smoothNoise(size, spacing, uniform));
  const fluid = blurred(tissue.csf, size, 1.5);
  return a.map((value, v) => {
    const share = Math.min(1, 2.5 * fluid[v]);
    const width = 0.05 + 0.14 * share;
    return tissue.mask[v] * (0.25 + 0.75 * share) * Math.exp(-(value ** 2 + b[v] ** 2) / width ** 2);
  });
}
