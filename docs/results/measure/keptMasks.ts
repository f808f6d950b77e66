/** What the network made of a subject, kept on disk: the checks can then be measured again without it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A mask before clean-up, and its voxels counted by the subsets that hold them. */
export interface NetworkMask {
  readonly labels: Uint8Array;
  readonly patterns: readonly Uint32Array[];
}

/** Counts that are not 0, per region. */
type Sparse = [pattern: number, voxels: number][][];

/**
 * The mask that `make` makes, or the one kept under this key; nothing is kept without a folder.
 *
 * @param key everything that the mask follows from.
 */
export async function keptMask(
  folder: string | undefined,
  key: readonly (string | number)[],
  make: () => Promise<NetworkMask>,
): Promise<NetworkMask> {
  if (!folder) return make();
  const file = join(
    folder,
    `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)}.gz`,
  );
  if (existsSync(file)) return unpacked(gunzipSync(readFileSync(file)));
  const made = await make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, gzipSync(packed(made), { level: 1 }));
  return made;
}

/** The length of the counts, as JSON, in four bytes; the counts; the labels. */
function packed({ labels, patterns }: NetworkMask): Buffer {
  const sparse: Sparse = patterns.map((counts) =>
    Array.from(counts.entries()).filter(([, voxels]) => voxels > 0),
  );
  const head = Buffer.from(JSON.stringify({ length: patterns[0].length, sparse }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return Buffer.concat([size, head, labels]);
}

function unpacked(bytes: Buffer): NetworkMask {
  const end = 4 + bytes.readUInt32LE();
  const { length, sparse } = JSON.parse(bytes.toString('utf8', 4, end)) as { length: number; sparse: Sparse };
  const patterns = sparse.map((own) => {
    const counts = new Uint32Array(length);
    for (const [pattern, voxels] of own) counts[pattern] = voxels;
    return counts;
  });
  return { labels: Uint8Array.from(bytes.subarray(end)), patterns };
}
