import { regionTable } from '../masks/labels.js';
import type { Region } from '../terms.js';
import type { MemberBits } from './fusion.js';

/**
 * Per voxel the size of the minority among the masks: 0 where all agree about the region, at most half of their number.
 *
 * @param masks BraTS label maps of one size.
 */
export function disagreementMap(masks: readonly Uint8Array[], region: Region): Uint8Array {
  const inRegion = regionTable(region);
  const votes = new Uint8Array(masks[0].length);
  for (const mask of masks) for (let at = 0; at < mask.length; at++) votes[at] += inRegion[mask[at]];
  for (let at = 0; at < votes.length; at++) votes[at] = Math.min(votes[at], masks.length - votes[at]);
  return votes;
}

/**
 * Per voxel bit i is set when leaving out member i of a combination changes whether the voxel belongs to the region.
 *
 * @param whole the combination's mask.
 * @param without per bit number the mask without that member.
 */
export function decidedByMap(
  whole: Uint8Array,
  without: ReadonlyMap<number, Uint8Array>,
  region: Region,
): Uint8Array {
  const inRegion = regionTable(region);
  const bits = new Uint8Array(whole.length);
  for (const [bit, mask] of without) {
    for (let at = 0; at < whole.length; at++)
      if (inRegion[whole[at]] !== inRegion[mask[at]]) bits[at] |= 1 << bit;
  }
  return bits;
}

/** Per voxel: 0 in neither mask's region, 1 in both, 2 only in a, 3 only in b; and how many voxels of each. */
export function differenceMap(
  a: Uint8Array,
  b: Uint8Array,
  region: Region,
): { map: Uint8Array; both: number; onlyA: number; onlyB: number } {
  const inRegion = regionTable(region);
  const map = new Uint8Array(a.length);
  const counts = [0, 0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const inA = inRegion[a[at]];
    const inB = inRegion[b[at]];
    const value = inA && inB ? 1 : inA ? 2 : inB ? 3 : 0;
    map[at] = value;
    counts[value]++;
  }
  return { map, both: counts[1], onlyA: counts[2], onlyB: counts[3] };
}

/** The subsets of a combination with one member left out: bit number of the member → the rest (never empty). */
export function leaveOneOut(bits: MemberBits): Map<number, MemberBits> {
  const rest = new Map<number, MemberBits>();
  for (let bit = 0; bit < 4; bit++) {
    const others = bits & ~(1 << bit);
    if (others !== bits && others !== 0) rest.set(bit, others);
  }
  return rest;
}
