import type { Shape3, TrainingVolume } from '../../src/training/loadCase.js';

/** A case whose first and last modalities are given by functions of (d, h, w). */
export function volumeOf(
  shape: Shape3,
  value: (d: number, h: number, w: number) => number,
  rest: Partial<TrainingVolume> & { label?: (d: number, h: number, w: number) => number } = {},
): TrainingVolume {
  const { label = () => 0, ...others } = rest;
  const fill = (f: (d: number, h: number, w: number) => number) =>
    Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, v) =>
      f(Math.floor(v / (shape[1] * shape[2])), Math.floor(v / shape[2]) % shape[1], v % shape[2]),
    );
  const image = fill(value);
  return {
    name: 'case',
    patient: 'patient',
    shape,
    spacing: [1, 1, 1],
    images: [image, null, null, image.slice()],
    labels: Uint8Array.from(fill(label)),
    scheme: 'brats',
    known: null,
    ...others,
  };
}
