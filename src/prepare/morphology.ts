import { voxelSpacing } from '../volume/affine.js';
import { connectedComponents } from '../volume/connectedComponents.js';
import { distanceTransform } from '../volume/distanceTransform.js';
import type { Grid, Volume } from '../volume/volume.js';

/** 1 where a voxel's value is as asked, else 0. */
export function where(
  values: Float32Array | Float64Array,
  isSet: (value: number, voxel: number) => boolean,
): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let voxel = 0; voxel < mask.length; voxel++) if (isSet(values[voxel], voxel)) mask[voxel] = 1;
  return mask;
}

/** Set voxels and all within `mm` of one. */
function dilate(mask: Volume<Uint8Array>, mm: number): Volume<Uint8Array> {
  const distance = distanceTransform(mask, voxelSpacing(mask.affine));
  return { ...mask, data: where(distance, (d) => d <= mm) };
}

/** Set voxels that are further than `mm` from every voxel that is not set; what lies outside the grid counts as set. */
function erode(mask: Volume<Uint8Array>, mm: number): Volume<Uint8Array> {
  return invert(dilate(invert(mask), mm));
}

/** Gaps narrower than twice `mm` are filled; nothing is lost. */
export function close(mask: Volume<Uint8Array>, mm: number): Volume<Uint8Array> {
  const closed = erode(dilate(mask, mm), mm).data;
  return { ...mask, data: closed.map((value, at) => value | mask.data[at]) };
}

/** The part of the mask that a ball of `mm` reaches inside its largest connected part. */
export function openLargest(mask: Volume<Uint8Array>, mm: number): Volume<Uint8Array> {
  const opened = dilate(largestPart(erode(mask, mm)), mm).data;
  return { ...mask, data: opened.map((value, at) => value & mask.data[at]) };
}

/** The largest connected part (by face) alone. */
export function largestPart(mask: Volume<Uint8Array>): Volume<Uint8Array> {
  const data = new Uint8Array(mask.data.length);
  const [largest] = connectedComponents(mask, (value) => value === 1, 6);
  for (const voxel of largest?.voxels ?? []) data[voxel] = 1;
  return { ...mask, data };
}

/** Holes that are not connected with the grid's border are filled: what is not set and not the largest unset part. */
export function fillHoles(mask: Volume<Uint8Array>): Volume<Uint8Array> {
  return invert(largestPart(invert(mask)));
}

/** Distance in mm to the mask's border: negative inside, positive outside. */
export function signedDistance(mask: Volume<Uint8Array>): Float32Array {
  const spacing = voxelSpacing(mask.affine);
  const outside = distanceTransform(mask, spacing);
  const inside = distanceTransform(invert(mask), spacing);
  const signed = new Float32Array(outside.length);
  for (let at = 0; at < signed.length; at++) signed[at] = outside[at] - inside[at];
  return signed;
}

/** Ml of the set voxels. */
export function maskMl({ data }: Pick<Volume<Uint8Array>, 'data'>, { affine }: Grid): number {
  const [x, y, z] = voxelSpacing(affine);
  let count = 0;
  for (const value of data) count += value;
  return (count * x * y * z) / 1000;
}

function invert(mask: Volume<Uint8Array>): Volume<Uint8Array> {
  return { ...mask, data: mask.data.map((value) => 1 - value) };
}
