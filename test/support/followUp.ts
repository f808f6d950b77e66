import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dicomBytes } from '../dicom/dicomBytes.js';

export const ANNA = {
  patient: 'P-4711',
  person: { name: 'Muster^Anna', sex: 'F ', birth: '19691105' },
};
export const BERT = {
  patient: 'P-0815',
  person: { name: 'Beispiel^Bert', sex: 'M ', birth: '19400101' },
};

/** A FLAIR of each of three examinations of two patients, as DICOM: Anna's of March and September, and Bert's of the same day in March. */
export async function writeFollowUp(folder: string): Promise<void> {
  for (const [place, who, date, study] of [
    ['A', ANNA, '20240312', '1.2.1'],
    ['B', ANNA, '20240905', '1.2.2'],
    ['C', BERT, '20240312', '1.2.3'],
  ] as const) {
    await mkdir(join(folder, place), { recursive: true });
    for (let slice = 0; slice < 8; slice++) {
      const pixels = Buffer.alloc(2 * 32 * 32);
      for (let at = 0; at < 32 * 32; at++) {
        const [x, y] = [at % 32, Math.floor(at / 32)];
        if (Math.hypot(x - 16, y - 16, 4 * slice - 14) < 13) pixels.writeUInt16LE(100 + x + slice, 2 * at);
      }
      const about = { slice, rows: 32, columns: 32, study, date, description: 'FLAIR AX', pixels, ...who };
      await writeFile(join(folder, place, `${slice}`), dicomBytes(about));
    }
  }
}
