/**
 * Label maps as they travel: most of a head is 0, and what is not lies in runs, so that a hundredth of the bytes cross.
 * Packed: triples of uint32 (first voxel, number of voxels, label).
 */

/** Methods whose answer is one byte a voxel and mostly 0. */
export const PACKED_METHODS: ReadonlySet<string> = new Set([
  'masks.labels',
  'masks.onSeries',
  'maps.explore',
  'maps.difference',
  'maps.disagreement',
  'maps.decidedBy',
]);

/** @returns null where runs would be no smaller than the bytes. */
export function packed(bytes: ArrayBuffer): ArrayBuffer | null {
  const most = Math.floor(bytes.byteLength / 12);
  const labels = new Uint8Array(bytes);
  const words = new Uint32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
  const triples: number[] = [];
  for (let at = 0; at < labels.length; ) {
    if (labels[at] === 0) {
      // Four voxels at a time while nothing is there.
      if ((at & 3) === 0 && words[at >> 2] === 0) at += 4;
      else at++;
      continue;
    }
    const from = at;
    while (at < labels.length && labels[at] === labels[from]) at++;
    triples.push(from, at - from, labels[from]);
    if (triples.length >= 3 * most) return null;
  }
  return Uint32Array.from(triples).buffer;
}

/** The bytes of `packed`. */
export function unpacked(runs: ArrayBuffer, voxels: number): ArrayBuffer {
  const labels = new Uint8Array(voxels);
  const triples = new Uint32Array(runs);
  for (let at = 0; at < triples.length; at += 3)
    labels.fill(triples[at + 2], triples[at], triples[at] + triples[at + 1]);
  return labels.buffer;
}
