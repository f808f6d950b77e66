/** What goes wrong with inputs and results, made from sound cases at several strengths. */
import { MODALITIES } from '../../../../src/terms.js';
import type { Failure } from './failure.js';
import { child, eyes, lobe, oneSlab, scalp, slab, tilted } from './heads.js';
import { bias, flipped, ghosts, misnamedAlone, noise, stranger, swapped, thick } from './images.js';
import { cavity, dural, healthy, metastases, phantom, stroke } from './lesions.js';
import { atRarePlace, falseEnhancing, lostEnhancing, scattered, tooLarge } from './masks.js';

export type { Failure };
export const FAILURES: readonly Failure[] = [
  ...MODALITIES.map(stranger),
  ...MODALITIES.map(flipped),
  ...[0.3, 0.5, 0.7].map((share, n) => bias(n + 1, share)),
  ...[0.25, 0.5, 1].map((sigma, n) => noise(n + 1, sigma)),
  ...[3, 5, 7].map((mm, n) => thick(n + 1, mm)),
  ...[0.1, 0.25, 0.5].map((share, n) => ghosts(n + 1, share)),
  ...[0.1, 0.2, 0.3].flatMap((share, n) => [slab(n + 1, 'top', share), slab(n + 1, 'bottom', share)]),
  ...[0.15, 0.3].map((share, n) => oneSlab(n + 1, share)),
  ...[25, 35, 45].map((mm, n) => lobe(n + 1, mm)),
  ...[2, 4, 6].map((mm, n) => scalp(n + 1, mm)),
  eyes,
  ...[0.9, 0.8].map((scale, n) => child(n + 1, scale)),
  tooLarge,
  falseEnhancing,
  ...[6, 12].map((parts, n) => scattered(n + 1, parts)),
  lostEnhancing,
  ...[15, 30].map((degrees, n) => tilted(n + 1, degrees)),
  ...MODALITIES.flatMap((a, i) => MODALITIES.slice(i + 1).map((b) => swapped(a, b))),
  ...MODALITIES.flatMap((is) => MODALITIES.filter((m) => m !== is).map((named) => misnamedAlone(is, named))),
  healthy,
  ...[12, 18].map((mm, n) => cavity(n + 1, mm)),
  ...[2, 5].map((count, n) => metastases(n + 1, count)),
  ...[15, 22].map((mm, n) => dural(n + 1, mm)),
  ...[15, 25].map((degrees, n) => stroke(n + 1, degrees)),
  phantom,
  // New ones stand last: which brains a kind is made of follows from its number.
  ...(['cerebellum', 'thalamus'] as const).map(atRarePlace),
];
