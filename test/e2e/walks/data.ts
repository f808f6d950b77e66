import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rawSeriesSpecs } from '../../export/dicom/rawSeries.js';
import { makeSeries } from '../../export/dicom/tools.js';
import { REAL_DATA } from '../../support/data.js';

const WHOLE = ['BraTS19_CBICA_ABM_1', 'TCGA-DU-7294'] as const;

/** Some of a case's sequences in a folder of their own. */
export function someSequences(into: string, name: string, sequences: readonly string[]): string {
  const folder = join(REAL_DATA, 'whole', name);
  mkdirSync(into, { recursive: true });
  for (const file of readdirSync(folder))
    if (sequences.some((sequence) => file.includes(`_${sequence}.`)))
      cpSync(join(folder, file), join(into, file));
  return into;
}

/** Two patients' prepared images in two folders. */
export function cohort(into: string): string {
  for (const name of WHOLE) someSequences(join(into, name), name, ['t1', 't1ce', 't2', 'flair']);
  return into;
}

/** One examination of four DICOM series with the skull, as a scanner sends it. */
export async function scannerStudy(into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  const specs = await rawSeriesSpecs(join(REAL_DATA, 'raw/TCGA-FG-6692'), into);
  makeSeries(
    specs.map((spec, n) => ({
      ...spec,
      studyInstanceUid: '1.2.826.0.1.3680043.8.498.1',
      seriesNumber: n + 1,
    })),
  );
  return into;
}
