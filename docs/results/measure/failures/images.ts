/** Images of poor quality, or of the wrong sequence or patient. */
import { MODALITY_TITLES, type Modality } from '../../../../src/terms.js';
import { voxelSpacing } from '../../../../src/volume/affine.js';
import type { Grid } from '../../../../src/volume/volume.js';
import { brainDeviation, mirrored } from '../changes.js';
import { everywhere, extentOf, type Failure, replaced } from './failure.js';
export const bias = (strength: number, share: number): Failure => ({
  kind: 'bias field',
  only: 'input',
  strength,
  what: `${100 * share} % darker at the back left than in front right`,
  make: (subject) => {
    const { front, side } = extentOf(subject);
    return everywhere(subject, (value, [x, y]) => {
      const along = Math.min(1, Math.max(0, 0.5 + 0.25 * (x / side + y / front)));
      return value * (1 - share * (1 - along));
    });
  },
});

export const noise = (strength: number, sigma: number): Failure => ({
  kind: 'noise',
  only: 'input',
  strength,
  what: `noise of ${sigma} of the brain's standard deviation`,
  make: (subject, random) => ({
    ...subject,
    images: Object.fromEntries(
      Object.entries(subject.images).map(([m, data]) => {
        const scale = sigma * brainDeviation(data);
        return [m, data.map((value) => (value === 0 ? 0 : value + scale * random.normal()))];
      }),
    ),
  }),
});

/** Slices of `mm`: means along the voxel axis nearest to up, then linear between their middles, as preparation leaves them. */
export const thick = (strength: number, mm: number): Failure => ({
  kind: 'thick slices',
  strength,
  what: `slices of ${mm} mm`,
  make: (subject) => ({
    ...subject,
    images: Object.fromEntries(
      Object.entries(subject.images).map(([m, data]) => [m, blurredAlong(data, subject.grid, mm)]),
    ),
  }),
});

function blurredAlong(data: Float32Array, { size, affine }: Grid, mm: number): Float32Array {
  const area = size[0] * size[1];
  const thickness = mm / voxelSpacing(affine)[2];
  const slices = Math.ceil(size[2] / thickness);
  const out = new Float32Array(data.length);
  const means = new Float32Array(slices);
  const known = new Uint8Array(slices);
  for (let at = 0; at < area; at++) {
    means.fill(0);
    known.fill(0);
    for (let s = 0; s < slices; s++) {
      let [sum, count] = [0, 0];
      for (let k = Math.round(s * thickness); k < Math.min(size[2], Math.round((s + 1) * thickness)); k++) {
        const value = data[at + area * k];
        if (value === 0) continue;
        sum += value;
        count += 1;
      }
      if (count === 0) continue;
      means[s] = sum / count;
      known[s] = 1;
    }
    for (let k = 0; k < size[2]; k++) {
      if (data[at + area * k] === 0) continue;
      const place = (k + 0.5) / thickness - 0.5;
      const low = Math.max(0, Math.floor(place));
      const high = Math.min(slices - 1, low + 1);
      const share = Math.min(1, Math.max(0, place - low));
      const a = known[low] ? means[low] : means[high];
      const b = known[high] ? means[high] : means[low];
      out[at + area * k] = (1 - share) * a + share * b;
    }
  }
  return out;
}

/** Copies of the head, shifted front to back and fainter, as a movement between two excitations leaves them. */
export const ghosts = (strength: number, share: number): Failure => ({
  kind: 'motion ghosts',
  only: 'input',
  strength,
  what: `two ghosts of ${100 * share} %`,
  make: (subject) => {
    const [nx, ny] = subject.grid.size;
    const step = Math.round(25 / voxelSpacing(subject.grid.affine)[1]);
    const images = Object.entries(subject.images).map(([m, data]) => {
      const out = data.slice();
      for (let v = 0; v < out.length; v++) {
        if (data[v] === 0) continue;
        const j = Math.floor(v / nx) % ny;
        const before = j - step >= 0 ? data[v - step * nx] : 0;
        const behind = j + step < ny ? data[v + step * nx] : 0;
        out[v] = data[v] + share * (before + behind);
      }
      return [m, out];
    });
    return { ...subject, images: Object.fromEntries(images) };
  },
});

export const stranger = (modality: Modality): Failure => ({
  kind: 'another patient',
  only: 'edges',
  strength: 1,
  what: `${MODALITY_TITLES[modality]} of another patient on the same grid`,
  make: (subject, _, other) => {
    const data = other?.images[modality];
    const fits = data?.length === subject.truth.length;
    if (!data || !fits || !subject.images[modality] || Object.keys(subject.images).length < 2) return null;
    return replaced(subject, modality, data);
  },
});

export const flipped = (modality: Modality): Failure => ({
  kind: 'mirrored',
  only: 'edges',
  strength: 1,
  what: `${MODALITY_TITLES[modality]} mirrored left to right`,
  make: (subject) => {
    const data = subject.images[modality];
    if (!data || Object.keys(subject.images).length < 2) return null;
    return replaced(subject, modality, mirrored(data, subject.grid.size));
  },
});

export const swapped = (a: Modality, b: Modality): Failure => ({
  kind: 'sequences swapped',
  strength: 1,
  what: `${MODALITY_TITLES[a]} and ${MODALITY_TITLES[b]} under each other's name`,
  make: (subject) => {
    const { [a]: one, [b]: other } = subject.images;
    return one && other ? { ...subject, images: { ...subject.images, [a]: other, [b]: one } } : null;
  },
});

/** One sequence and no other, under another's name. */
export const misnamedAlone = (is: Modality, named: Modality): Failure => ({
  kind: 'one sequence, misnamed',
  strength: 1,
  what: `${MODALITY_TITLES[is]} called ${MODALITY_TITLES[named]}`,
  make: (subject) => {
    const data = subject.images[is];
    return data ? { ...subject, images: { [named]: data } } : null;
  },
});
