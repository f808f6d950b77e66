import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dicomBytes } from '../dicom/dicomBytes.js';

/** A ball of "brain", as small as one may be, with a brighter "tumour" in it, in slices of 4 mm. */
export const SIDE = 120;
export const SLICES = 30;
export const SPACING = 4;
export const RADIUS_MM = 54;
const MIDDLE = SIDE / 2;
const TUMOUR = { x: MIDDLE + 20, y: MIDDLE + 10, z: MIDDLE, radius: 16 };

export interface PhantomSeries {
  readonly series: number;
  readonly description: string;
  readonly brightness: number;
  readonly slices?: number;
  readonly study?: string;
  readonly patient?: string | null;
}

/** Writes one series of the phantom as DICOM files into a folder. */
export async function writePhantomSeries(into: string, one: PhantomSeries): Promise<void> {
  await mkdir(into, { recursive: true });
  for (let slice = 0; slice < (one.slices ?? SLICES); slice++) {
    const pixels = Buffer.alloc(2 * SIDE * SIDE);
    const z = slice * SPACING;
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        if (Math.hypot(x - MIDDLE, y - MIDDLE, z - MIDDLE) > RADIUS_MM) continue;
        const tumour = Math.hypot(x - TUMOUR.x, y - TUMOUR.y, z - TUMOUR.z) < TUMOUR.radius;
        const value = 100 + 10 * Math.sin(x * 0.5 + z * 0.2) + (tumour ? one.brightness : 0);
        pixels.writeUInt16LE(Math.round(value), 2 * (x + SIDE * y));
      }
    const { series, description, study = '1.2.3', patient = 'Doe4711' } = one;
    const position = [-MIDDLE, -MIDDLE, z - MIDDLE] as const;
    const about = { slice, rows: SIDE, columns: SIDE, study, description, patient, position, pixels };
    await writeFile(join(into, `${series}-${slice}`), dicomBytes({ ...about, series: `${series}` }));
  }
}
