import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readHeader } from './read.js';
import type { Volume } from './volume.js';

/** Formats whose voxels may lie in a file of their own. */
const DETACHED = /\.(mhd|nhdr|hdr)$/i;

/**
 * SHA-256 of an image, lower-case hexadecimal: of its file's bytes, and where its voxels lie in another file of those behind them. The
 * header of such a pair says nothing of the voxels: two patients may have the same.
 */
export async function sha256OfImage(file: string): Promise<string> {
  const detached = DETACHED.test(file) ? await readHeader(file).catch(() => null) : null;
  const hash = createHash('sha256');
  for (const part of [file, detached?.dataFile])
    if (part) for await (const piece of createReadStream(part)) hash.update(piece);
  return hash.digest('hex');
}

/** SHA-256 of an image in memory, lower-case hexadecimal: of its size, its affine and its voxels' bytes. */
export function sha256OfVolume({ size, affine, data }: Volume<Float32Array>): string {
  const hash = createHash('sha256').update(JSON.stringify([size, [...affine]]));
  return hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest('hex');
}
