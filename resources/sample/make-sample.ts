import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODALITIES } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readVolume } from '../../src/volume/read.js';
import { BRATS_GRID } from './anatomy.js';
import { SEED, simulatedPatient } from './simulate.js';

const CASE = 'simulated-patient';

async function main([head, brain, out]: string[]): Promise<void> {
  if (!head || !brain)
    throw new Error('usage: npx tsx resources/sample/make-sample.ts ch2.nii.gz ch2bet.nii.gz [OUT]');
  const folder = join(out ?? fileURLToPath(new URL('.', import.meta.url)), CASE);
  await mkdir(folder, { recursive: true });
  const patient = simulatedPatient(await readVolume(head), await readVolume(brain), SEED);
  for (const modality of MODALITIES) {
    await writeNifti(join(folder, `${CASE}_${modality}.nii.gz`), {
      ...BRATS_GRID,
      data: patient.images[modality],
    });
  }
  await writeNifti(join(folder, `${CASE}_seg.nii.gz`), { ...BRATS_GRID, data: patient.truth });
}

await main(process.argv.slice(2));
