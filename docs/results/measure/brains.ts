/** The whole brains that checks are measured on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODALITIES, type Modality } from '../../../src/terms.js';
import { readLabelMap, readVolume } from '../../../src/volume/read.js';
import type { Subject } from './changes.js';

export interface Brain {
  /** Folder of the data, e.g. `brains3`. */
  readonly set: string;
  readonly name: string;
  readonly folder: string;
}

/** Those of one folder of the data, by name. */
export function brainsOf(data: string, set: string): Brain[] {
  if (set === 'raw') {
    const folder = join(data, 'raw/TCGA-FG-6692/stripped');
    return existsSync(folder) ? [{ set, name: 'TCGA-FG-6692', folder }] : [];
  }
  if (set === 'atlas') return ATLASES.map((name) => ({ set, name, folder: join(data, set) }));
  const root = join(data, set);
  const names = existsSync(root) ? readdirSync(root).filter((name) => !name.includes('.')) : [];
  return names.sort().map((name) => ({ set, name, folder: join(root, name) }));
}

/** Heads without a tumour, T1 alone. */
const ATLASES = ['mni152_brain_in_brats_space', 'sri24_t1_brain'];

const SIDES = ['train', 'validation', 'test'] as const;

/** Says which side of a split a brain is on; `none` where the split does not know it. */
export function sidesBy(splitFile: string): (brain: Brain) => (typeof SIDES)[number] | 'none' {
  const split = JSON.parse(readFileSync(splitFile, 'utf8')) as Record<string, string[]>;
  return ({ name, folder }) => {
    const file = join(folder, 'patient.txt');
    const patient = existsSync(file) ? readFileSync(file, 'utf8').trim() : name;
    return SIDES.find((side) => split[side].includes(patient)) ?? 'none';
  };
}

/** z-scored images become positive, as raw ones are: the checks do not see scale or shift, a bias field does. */
export async function readBrain({ set, name, folder }: Brain): Promise<Subject> {
  if (set === 'atlas') {
    const { size, affine, data } = await readVolume(join(folder, `${name}.nii.gz`));
    return { grid: { size, affine }, images: { t1: data }, truth: new Uint8Array(data.length) };
  }
  const files = readdirSync(folder);
  const find = (end: string) => files.find((name) => new RegExp(`_${end}\\.nii(\\.gz)?$`, 'i').test(name));
  const images: Partial<Record<Modality, Float32Array>> = {};
  let grid: Subject['grid'] | null = null;
  for (const m of MODALITIES) {
    const file = find(m);
    if (!file) continue;
    const image = await readVolume(join(folder, file));
    grid ??= { size: image.size, affine: image.affine };
    const scored = set.startsWith('brains');
    images[m] = scored ? image.data.map((z) => (z === 0 ? 0 : Math.max(10, 1000 + 250 * z))) : image.data;
  }
  const truth = await readLabelMap(join(folder, find('seg')!));
  return { grid: grid!, images, truth: truth.data };
}
