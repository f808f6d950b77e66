import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SkullStripFile } from '../../src/kept/skullStripNetwork.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-skull-strip-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const network = (last: number) =>
  Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 8 : i === 63 ? last : 0));
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('SkullStripFile', () => {
  it('describes the file that is there now, also after another was put in its place', async () => {
    const store = new SkullStripFile(join(folder, 'profile'));
    expect(await store.status()).toEqual({ added: false, hash: null, known: false, bytes: 0 });
    for (const [name, bytes] of [
      ['first.onnx', network(1)],
      ['second.onnx', network(2)],
    ] as const) {
      await writeFile(join(folder, name), bytes);
      expect((await store.add(join(folder, name), false)).state).toBe('confirm');
      await store.add(join(folder, name), true);
      expect(await store.status()).toMatchObject({
        added: true,
        hash: hashOf(bytes),
        known: false,
        bytes: 64,
      });
    }
    expect(await store.remove()).toMatchObject({ added: false, hash: null });
  });

  it('reads the file once, not at every look', async () => {
    const store = new SkullStripFile(join(folder, 'profile'));
    await writeFile(join(folder, 'network.onnx'), network(1));
    await store.add(join(folder, 'network.onnx'), true);
    expect(await store.status()).toBe(await store.status());
  });

  it('refuses what is no ONNX file', async () => {
    await writeFile(join(folder, 'text.onnx'), 'not a network at all');
    await expect(new SkullStripFile(folder).add(join(folder, 'text.onnx'), true)).rejects.toMatchObject({
      problem: { code: 'FORMAT_UNKNOWN' },
    });
  });
});
