import { allCombinations, combinationName, MODALITIES, type Modality, type Region } from '../terms.js';
import type { ModelDescription, NetworkSize } from './schema.js';

/** The logit of every region where a sequence sees nothing, in models that are made here. */
export const OUTSIDE_LOGIT = -10;

/** Fusion weights or biases: one number per modality and region. */
export type FusionTable = Record<Modality, Record<Region, number>>;

/** The same number for every modality and region. */
export function constantFusion(value: number): FusionTable {
  return Object.fromEntries(MODALITIES.map((m) => [m, { WT: value, TC: value, ET: value }])) as FusionTable;
}

/**
 * The description that completes bare weights: the 128-grid of the data that the weights were trained on
 * (240×240×155 at 1 mm with its corner voxels kept, so 239/127 and 154/127 mm), LPS, z-scores over the non-zero voxels,
 * one pass over the box of the modality's own non-zero voxels. Nothing is known about its accuracy: no region is supported until
 * somebody measures it.
 */
export function descriptionTemplate(
  about: { name: string; version: string; description: string; trainingData: string },
  size: NetworkSize,
  weights: FusionTable = constantFusion(1),
): Omit<ModelDescription, 'weightsSha256'> {
  const combinations = Object.fromEntries(
    allCombinations().map((members) => {
      const unmeasured = { supported: false, dice: null };
      return [combinationName(members), { WT: unmeasured, TC: unmeasured, ET: unmeasured }];
    }),
  );
  return {
    format: 1,
    name: about.name,
    version: about.version,
    description: about.description,
    modalities: [...MODALITIES],
    regions: ['WT', 'TC', 'ET'],
    ...(typeof size === 'number' ? { width: size } : { channels: size }),
    grid: {
      spacing: [239 / 127, 239 / 127, 154 / 127],
      orientation: 'LPS',
      tensorAxes: 'xyz',
      anchor: [0, 239, 0],
      resampling: 'linear, air by majority',
    },
    patch: { kind: 'non-zero-box', multipleOf: 16, outsideLogit: OUTSIDE_LOGIT },
    normalisation: { kind: 'z-score', voxels: 'non-zero', clip: null },
    fusion: { weights, biases: constantFusion(0) },
    threshold: 0.5,
    cleanUp: { connectivity: 26, minimumMl: { WT: 0, TC: 0, ET: 0.13 } },
    knowledge: {
      trainingData: about.trainingData,
      combinations,
      volumeRanges: null,
      gains: null,
      inputChecks: null,
    },
  };
}
