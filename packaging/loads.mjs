/**
 * Checks that what was left out of a package is not needed: from its own folder of modules, elastix registers two small images and
 * the modules that read and write DICOM load. Usage: node packaging/loads.mjs PATH-OF-resources/app.asar.unpacked
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const from = (path) => import(pathToFileURL(resolve(process.argv[2], 'dist', path)));
const SIDE = 32;
const SHIFT_MM = 2;

const { register } = await from('prepare/registration/elastix.js');
const [transform] = await register(blob(0), blob(SHIFT_MM), [
  {
    Registration: ['MultiResolutionRegistration'],
    Metric: ['AdvancedMeanSquares'],
    Transform: ['EulerTransform'],
    Optimizer: ['AdaptiveStochasticGradientDescent'],
    Interpolator: ['LinearInterpolator'],
    ResampleInterpolator: ['FinalLinearInterpolator'],
    Resampler: ['DefaultResampler'],
    ImageSampler: ['Full'],
    FixedImagePyramid: ['FixedSmoothingImagePyramid'],
    MovingImagePyramid: ['MovingSmoothingImagePyramid'],
    NumberOfResolutions: ['2'],
    MaximumNumberOfIterations: ['60'],
    FixedInternalImagePixelType: ['float'],
    MovingInternalImagePixelType: ['float'],
    NewSamplesEveryIteration: ['false'],
    WriteResultImage: ['false'],
  },
]);
// Where the blob's middle, (16, 15, 17), is in the other image.
const found = 16 * transform[0] + 15 * transform[4] + 17 * transform[8] + transform[12] - 16;
if (Math.abs(found - SHIFT_MM) > 0.2) {
  throw new Error(`elastix found a shift of ${found} mm, expected ${SHIFT_MM}`);
}
for (const path of [
  'intake/scan.js',
  'export/dicom/loadDcmjs.js',
  'services/services.js',
  'server/server.js',
])
  await from(path);
console.log(`registered (${found.toFixed(2)} of ${SHIFT_MM} mm), and all modules load`);
process.exit(0);

/** A smooth blob in a cube of 1 mm voxels, `dx` mm off along x. */
function blob(dx) {
  const data = new Float32Array(SIDE ** 3);
  for (let z = 0, voxel = 0; z < SIDE; z++)
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        data[voxel++] = 1000 * Math.exp(-((x - 16 - dx) ** 2 / 40 + (y - 15) ** 2 / 60 + (z - 17) ** 2 / 30));
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  return { size: [SIDE, SIDE, SIDE], affine, data };
}
