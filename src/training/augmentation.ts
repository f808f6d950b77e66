import { REGION_LABELS } from '../masks/schemes.js';
import { REGIONS } from '../terms.js';
import { changeIntensities, type IntensityRules } from './intensity.js';
import { type TrainingVolume, TUMOUR, UNKNOWN } from './loadCase.js';
import { ALL_KNOWN, type Target } from './losses.js';
import type { Random } from './random.js';
import { cutPatch, drawMatrix, type Patch, type SpatialRules } from './spatial.js';
import type { StepSample } from './step.js';
import { drawWindow, type WindowRules, wholeWindow } from './window.js';

/** How a case becomes a training sample. */
export interface AugmentationRules {
  readonly window: WindowRules;
  /** Null: no flips, rotations or scalings. */
  readonly spatial: SpatialRules | null;
  /** Null: values stay as they are. */
  readonly intensity: IntensityRules | null;
}

/** Mild changes, in the range of nnU-Net's (Isensee et al., Nature Methods 2021). */
export const DEFAULT_AUGMENTATION: AugmentationRules = {
  window: { side: 64, shift: 8, tumourShare: 2 / 3 },
  spatial: { flip: [0.5, 0.5, 0.5], rotationChance: 0.3, rotationDegrees: 20, scaleChance: 0.3, scale: 0.2 },
  intensity: {
    contrast: { chance: 0.5, gain: 0.2, offset: 0.2 },
    gamma: { chance: 0.3, strength: 0.4 },
    noise: { chance: 0.2, deviation: 0.2 },
    blur: { chance: 0.1, deviation: 1 },
    bias: { chance: 0.3, strength: 0.2 },
    missingSlices: { chance: 0.05, slices: 2 },
  },
};

/** The spatial changes that move whole voxels. */
export const FLIPS: SpatialRules = {
  flip: [0.5, 0.5, 0.5],
  rotationChance: 0,
  rotationDegrees: 0,
  scaleChance: 0,
  scale: 0,
};

/** Only the first region, WT, is known. */
const WHOLE_TUMOUR_KNOWN = 1;

/** A random sample of a case: one spatial change for all modalities, values changed for each on its own. */
export function augmentedSample(
  volume: TrainingVolume,
  rules: AugmentationRules,
  random: Random,
): StepSample {
  const window = drawWindow(volume, rules.window, random);
  const spatial = rules.spatial && (volume.known ? rules.spatial : upright(rules.spatial));
  const matrix = spatial ? drawMatrix(spatial, volume.spacing, random) : undefined;
  const patch = cutPatch(volume, window, matrix);
  for (const image of patch.images) {
    if (image && rules.intensity) changeIntensities(image, patch.shape, rules.intensity, random);
  }
  return sampleOf(patch, volume);
}

/** A whole brain is mirrored left to right alone (the model's first axis): none lies on its face or stands on its head. */
function upright(spatial: SpatialRules): SpatialRules {
  return { ...spatial, flip: [spatial.flip[0], 0, 0] };
}

/** The whole case as it is. */
export function plainSample(volume: TrainingVolume): StepSample {
  return sampleOf(cutPatch(volume, wholeWindow(volume)), volume);
}

function sampleOf({ shape, images, labels, known: inside }: Patch, volume: TrainingVolume): StepSample {
  // No loss in air: in use nothing is found there whatever the network says.
  const shown = images.filter((image) => image !== null);
  const known = Uint8Array.from(labels, (label, v) => {
    if (label === UNKNOWN || inside?.[v] === 0 || !shown.some((image) => image[v] !== 0)) return 0;
    return label === TUMOUR ? WHOLE_TUMOUR_KNOWN : ALL_KNOWN;
  });
  const regions = new Uint8Array(REGIONS.length * labels.length);
  REGIONS.forEach((region, r) => {
    const members = REGION_LABELS[volume.scheme][region];
    labels.forEach((label, v) => {
      if (members.includes(label) || (label === TUMOUR && region === 'WT'))
        regions[r * labels.length + v] = 1;
    });
  });
  const target: Target = { regions, known };
  // An image that the window shows nothing of tells the network nothing: the sample lacks it.
  const inputs = images.map((data) => (data?.some((value) => value !== 0) ? { data, shape } : null));
  return { inputs, target };
}
