/**
 * Checks that what was left out of a package is not needed: from its own folder of modules, elastix registers two small images, a small
 * DICOM series is converted, and the modules that write DICOM load. Usage: node packaging/loads.mjs PATH-OF-resources/app.asar.unpacked
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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
for (const path of ['intake/scan.js', 'export/dicom/loadDcmjs.js', 'session/services.js', 'server/server.js'])
  await from(path);
const converted = await convertedSize();
if (converted !== '6 × 8 × 6') throw new Error(`a DICOM series became ${converted} voxels`);
console.log(`registered (${found.toFixed(2)} of ${SHIFT_MM} mm), converted, and all modules load`);
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

/** The voxels of six slices of DICOM once they are converted. */
async function convertedSize() {
  const { scan } = await from('intake/scan.js');
  const { openSeries } = await from('intake/openCandidate.js');
  const workingFolder = mkdtempSync(join(tmpdir(), 'quorum-loads-'));
  try {
    for (let slice = 0; slice < 6; slice++) writeFileSync(join(workingFolder, `${slice}`), dicomSlice(slice));
    const { studies } = await scan([workingFolder], { workingFolder });
    const { header } = await openSeries(studies[0].series[0], { workingFolder });
    return header.size.join(' × ');
  } finally {
    rmSync(workingFolder, { recursive: true, force: true });
  }
}

/** One slice of 6 × 8 pixels: explicit VR little endian, no preamble (PS3.5). */
function dicomSlice(slice) {
  const element = (group, number, vr, value) => {
    const bytes = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.length % 2 ? `${value}\0` : value, 'latin1');
    const header = Buffer.alloc(vr === 'OW' ? 12 : 8);
    header.writeUInt16LE(group, 0);
    header.writeUInt16LE(number, 2);
    header.write(vr, 4, 'latin1');
    if (vr === 'OW') header.writeUInt32LE(bytes.length, 8);
    else header.writeUInt16LE(bytes.length, 6);
    return Buffer.concat([header, bytes]);
  };
  const short = (value) => Buffer.from([value & 255, value >> 8]);
  return Buffer.concat([
    element(8, 0x8, 'CS', 'ORIGINAL\\PRIMARY\\M '),
    element(8, 0x16, 'UI', '1.2.840.10008.5.1.4.1.1.4'),
    element(8, 0x18, 'UI', `1.2.3.4.${slice + 1}`),
    element(8, 0x60, 'CS', 'MR'),
    element(0x20, 0xd, 'UI', '1.2.3'),
    element(0x20, 0xe, 'UI', '1.2.3.4'),
    element(0x20, 0x13, 'IS', `${slice + 1}`.padEnd(2)),
    element(0x20, 0x32, 'DS', `-3\\-4\\${slice * 5}`.padEnd(10)),
    element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0 '),
    element(0x28, 0x2, 'US', short(1)),
    element(0x28, 0x4, 'CS', 'MONOCHROME2 '),
    element(0x28, 0x10, 'US', short(8)),
    element(0x28, 0x11, 'US', short(6)),
    element(0x28, 0x30, 'DS', '1\\1 '),
    element(0x28, 0x100, 'US', short(16)),
    element(0x28, 0x101, 'US', short(16)),
    element(0x28, 0x102, 'US', short(15)),
    element(0x28, 0x103, 'US', short(0)),
    element(0x7fe0, 0x10, 'OW', Buffer.from(Array.from({ length: 96 }, (_, at) => (at * 7 + slice) & 127))),
  ]);
}
