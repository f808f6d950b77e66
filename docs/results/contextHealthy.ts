/**
 * Healthy brain in all four sequences, which no whole case of the training data has: a copy of a case whose tumour is not
 * labelled by a human. Everything within 10 mm of the tumour that was fused from algorithms becomes unknown (no loss is taken
 * there), the rest counts as healthy.
 *
 *     npx tsx docs/results/contextHealthy.ts CASE OUT
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openStudy } from '../../src/intake/openStudy.js';
import { DATASET_FILE } from '../../src/training/dataset.js';
import { UNKNOWN } from '../../src/training/loadCase.js';
import { voxelSpacing } from '../../src/volume/affine.js';
import { distanceTransform } from '../../src/volume/distanceTransform.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readLabelMap } from '../../src/volume/read.js';

const MARGIN_MM = 10;

const [folder, out] = process.argv.slice(2);
const study = await openStudy([folder]);
const target = join(out, study.name);
await mkdir(target, { recursive: true });
for (const series of Object.values(study.images))
  await copyFile(series.file, join(target, basename(series.file)));
const tumour = await readLabelMap(study.masks[0].file);
const distance = distanceTransform(tumour, voxelSpacing(tumour.affine));
const data = Uint8Array.from(distance, (mm) => (mm <= MARGIN_MM ? UNKNOWN : 0));
await writeNifti(join(target, basename(study.masks[0].file)), { ...tumour, data });
await writeFile(join(out, DATASET_FILE), JSON.stringify({ name: 'healthy context', unknownLabel: UNKNOWN }));
process.stdout.write(`${target}: ${data.filter((label) => label === UNKNOWN).length} voxels unknown\n`);
