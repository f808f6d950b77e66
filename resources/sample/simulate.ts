import { MODALITIES, type Modality } from '../../src/terms.js';
import type { Volume } from '../../src/volume/volume.js';
import { anatomy, BRATS_GRID, brainMask } from './anatomy.js';
import { sequenceImage, vesselTree } from './contrast.js';
import { seededUniform } from './random.js';
import { drawnTumour, massEffect, type TumourPlan } from './tumour.js';

export const SEED = 20260727;

export const TUMOUR: TumourPlan = {
  centre: [86, 128, 92],
  axes: [17, 21, 17],
  wholeMl: 80,
  coreMl: 29,
  necrosisMl: 16,
  pushMm: 8,
};

/** The simulated patient on the BraTS grid: four sequences (0 outside the brain) and the truth (labels 0, 1, 2, 4). */
export interface SimulatedPatient {
  readonly images: Record<Modality, Int16Array>;
  readonly truth: Uint8Array;
}

/** Makes the patient from Colin 27's head and stripped brain (`ch2`, `ch2bet`); the same for the same seed. */
export function simulatedPatient(head: Volume, brain: Volume, seed = SEED): SimulatedPatient {
  const { size } = BRATS_GRID;
  const uniform = seededUniform(seed);
  const mask = brainMask(brain);
  const tissue = anatomy(head, mask, massEffect(TUMOUR, mask, size));
  const tumour = drawnTumour(TUMOUR, tissue, size, uniform);
  const vessels = vesselTree(tissue, size, uniform);
  const images = {} as Record<Modality, Int16Array>;
  for (const modality of MODALITIES) {
    images[modality] = sequenceImage(modality, tissue, tumour, vessels, size, uniform);
  }
  return { images, truth: tumour.labels };
}
