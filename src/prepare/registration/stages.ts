import type { ParameterMap } from './elastix.js';

/**
 * elastix's parameters for one stage (elastix manual 5.1): Mattes mutual information, which compares any two sequences, over
 * points drawn anew in every iteration, with a step size that the optimiser finds by itself. The seed is fixed, so that the same images give the same matrix.
 */
const COMMON: ParameterMap = {
  Registration: ['MultiResolutionRegistration'],
  FixedImagePyramid: ['FixedSmoothingImagePyramid'],
  MovingImagePyramid: ['MovingSmoothingImagePyramid'],
  Interpolator: ['LinearInterpolator'],
  Metric: ['AdvancedMattesMutualInformation'],
  NumberOfHistogramBins: ['32'],
  Optimizer: ['AdaptiveStochasticGradientDescent'],
  AutomaticParameterEstimation: ['true'],
  AutomaticScalesEstimation: ['true'],
  NumberOfSamplesForExactGradient: ['4096'],
  ImageSampler: ['RandomCoordinate'],
  NewSamplesEveryIteration: ['true'],
  CheckNumberOfSamples: ['true'],
  MaximumNumberOfSamplingAttempts: ['8'],
  RandomSeed: ['121212'],
  DefaultPixelValue: ['0'],
  ResampleInterpolator: ['FinalLinearInterpolator'],
  Resampler: ['DefaultResampler'],
  // Nobody looks at the image. Without it itk-wasm, which asks for it after the registration, does the whole registration once more.
  WriteResultImage: ['true'],
  ResultImageFormat: ['nii'],
};

interface StageOptions {
  readonly resolutions: number;
  readonly iterations: number;
  readonly samples: number;
  /** Begin with the middles of the images laid on each other, instead of trusting the headers' positions. */
  readonly centred?: boolean;
}

/** Six degrees of freedom: the same head, moved. */
export function rigidStage(options: StageOptions): ParameterMap {
  return { ...stage(options), Transform: ['EulerTransform'] };
}

/** Twelve degrees of freedom: another head. */
export function affineStage(options: StageOptions): ParameterMap {
  return { ...stage(options), Transform: ['AffineTransform'] };
}

/**
 * Twelve degrees of freedom to the end: the points are every other voxel along each axis, the same in every iteration, so that images of one
 * head come to one place wherever they began. Random points leave millimetres (docs/preparation.md).
 */
export function convergedAffineStage(iterations: number): ParameterMap {
  return {
    ...affineStage({ resolutions: 1, iterations, samples: 2048 }),
    ImageSampler: ['Grid'],
    SampleGridSpacing: ['2', '2', '2'],
    NewSamplesEveryIteration: ['false'],
    NumberOfSamplesForExactGradient: ['100000'],
  };
}

function stage({ resolutions, iterations, samples, centred = false }: StageOptions): ParameterMap {
  return {
    ...COMMON,
    NumberOfResolutions: [String(resolutions)],
    MaximumNumberOfIterations: [String(iterations)],
    NumberOfSpatialSamples: [String(samples)],
    AutomaticTransformInitialization: [String(centred)],
    AutomaticTransformInitializationMethod: ['GeometricalCenter'],
    HowToCombineTransforms: ['Compose'],
  };
}
