import { LABELS } from '../../../../src/masks/labels.js';
import { voxelVolume } from '../../../../src/volume/affine.js';
import { mirrored } from '../changes.js';
import { extentOf, type Failure, placesOf } from './failure.js';
export const tooLarge: Failure = {
  kind: 'mask far too large',
  only: 'result',
  strength: 1,
  what: 'a third and more of the brain called tumour',
  make: (subject) => {
    const { side } = extentOf(subject);
    const places = placesOf(subject);
    const [first] = Object.values(subject.images);
    const truth = Uint8Array.from(first, (value, v) => (value !== 0 && places(v)[0] > 0.15 * side ? 2 : 0));
    return { ...subject, truth };
  },
};

export const falseEnhancing: Failure = {
  kind: 'enhancing tumour in healthy tissue',
  only: 'result',
  strength: 1,
  what: 'the true enhancing tumour mirrored to the other side',
  make: (subject) => {
    if (!subject.images.t1ce || !subject.truth.includes(4)) return null;
    const otherSide = mirrored(Float32Array.from(subject.truth), subject.grid.size);
    const truth = Uint8Array.from(otherSide, (label, v) =>
      subject.images.t1ce![v] !== 0 && subject.truth[v] === 0 ? label : 0,
    );
    return truth.includes(4) ? { ...subject, truth } : null;
  },
};

export const scattered = (strength: number, parts: number): Failure => ({
  kind: 'many small parts',
  only: 'result',
  strength,
  what: `${parts} balls of 5 mm all over the brain`,
  make: (subject, random) => {
    const [first] = Object.values(subject.images);
    const places = placesOf(subject);
    const inside: number[] = [];
    for (let v = 0; v < first.length; v++) if (first[v] !== 0) inside.push(v);
    const balls = Array.from({ length: parts }, () => [
      ...places(inside[random.integer(0, inside.length - 1)]),
    ]);
    const truth = Uint8Array.from(first, (value, v) => {
      if (value === 0) return 0;
      const [x, y, z] = places(v);
      return balls.some(([a, b, c]) => Math.hypot(x - a, y - b, z - c) < 5) ? 2 : 0;
    });
    return { ...subject, truth };
  },
});

/** The enhancing tumour is there and called core or oedema. */
export const lostEnhancing: Failure = {
  kind: 'enhancing tumour missed',
  only: 'result',
  strength: 1,
  what: 'the true enhancing tumour labelled as oedema',
  make: (subject) => {
    const lost = subject.truth.filter((label) => label === LABELS.enhancing).length;
    if (!subject.images.t1 || !subject.images.t1ce || lost * voxelVolume(subject.grid.affine) < 1000)
      return null;
    const truth = subject.truth.map((label) => (label === LABELS.enhancing ? LABELS.oedema : label));
    return { ...subject, truth };
  },
};

/** A tumour where gliomas of adults are rare. */
export const atRarePlace = (place: 'cerebellum' | 'thalamus'): Failure => ({
  kind: 'tumour at a rare place',
  only: 'result',
  strength: 1,
  what: `a ball of 15 mm radius in the ${place}`,
  make: (subject) => {
    const { down, front, side } = extentOf(subject);
    const [x, y, z] =
      place === 'cerebellum' ? [0.4 * side, -0.6 * front, 0.65 * down] : [0.15 * side, -0.1 * front, 0];
    const places = placesOf(subject);
    const [first] = Object.values(subject.images);
    const truth = Uint8Array.from(first, (value, v) => {
      if (value === 0) return 0;
      const [a, b, c] = places(v);
      return Math.hypot(a - x, b - y, c - z) < 15 ? LABELS.oedema : 0;
    });
    return { ...subject, truth };
  },
});
