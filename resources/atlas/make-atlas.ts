/**
 * Makes the atlas of this folder anew: `tsx resources/atlas/make-atlas.ts HEAD BRAIN REFERENCE`.
 *
 * HEAD and BRAIN are `ch2.nii.gz` and `ch2bet.nii.gz` of MRIcron's templates (Debian package mricron-data); REFERENCE is a
 * stripped average brain on the BraTS grid (MNI152), which only tells where a brain lies on that grid: none of its voxels is kept.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ATLAS_MASK_CLOSING_MM, BRATS_GRID } from '../../src/prepare/atlas.js';
import { close, fillHoles, largestPart } from '../../src/prepare/morphology.js';
import { movedTo } from '../../src/prepare/placement.js';
import { isotropicGrid } from '../../src/prepare/placement.js';
import { register } from '../../src/prepare/registration/elastix.js';
import { affineStage, rigidStage } from '../../src/prepare/registration/stages.js';
import { affineRows, invertAffine } from '../../src/volume/affine.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import { resample } from '../../src/volume/resample.js';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const [headFile, brainFile, referenceFile] = process.argv.slice(2);
const head = await readVolume(headFile);
const brain = await readVolume(brainFile);
const reference = await readVolume(referenceFile);

const coarse = isotropicGrid(reference, 2);
const fixed = { ...coarse, data: resample(reference, coarse, { interpolation: 'linear' }) };
// Brain to brain, so that neither face nor neck has a say.
const [, toColin] = await register(fixed, brain, [
  rigidStage({ resolutions: 3, iterations: 256, samples: 2048, centred: true }),
  affineStage({ resolutions: 3, iterations: 500, samples: 4096 }),
]);
const toBrats = invertAffine(toColin)!;
const isBrain = { ...brain, data: brain.data.map((value) => (value > 0 ? 1 : 0)) };
const onGrid = (volume: typeof brain) =>
  resample(movedTo(volume, toBrats), BRATS_GRID, { interpolation: 'linear' });

const headBytes = Uint8Array.from(onGrid(head), (value) => Math.round(Math.min(255, Math.max(0, value))));
const cut = { ...BRATS_GRID, data: Uint8Array.from(onGrid(isBrain), (share) => (share > 0.5 ? 1 : 0)) };
// ch2bet is cut tight at the cortex: its sulci are filled.
const mask = fillHoles(close(largestPart(cut), ATLAS_MASK_CLOSING_MM));

await writeNifti(here('head.nii.gz'), { ...BRATS_GRID, data: headBytes });
await writeNifti(here('brain-mask.nii.gz'), mask);
const rows = affineRows(toBrats).map((row) => row.map((value) => Number(value.toFixed(6))));
writeFileSync(here('colin27-to-brats.json'), `${JSON.stringify({ rasMmOfColin27ToRasMmOfBrats: rows }, null, 2)}\n`);
