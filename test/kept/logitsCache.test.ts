import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CachedLogits, LogitsCache, type LogitsKey } from '../../src/kept/logitsCache.js';
import { AFFINE } from '../session/harness.js';

let folder: string;
let cache: LogitsCache;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-cache-'));
  cache = new LogitsCache(folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const keyOf = (image: string): LogitsKey => ({
  modality: 't1',
  image: image.repeat(64),
  reference: 'f'.repeat(64),
  modelHash: '0'.repeat(64),
  device: 'auto',
  force: false,
});

const entry: CachedLogits = {
  map: {
    modality: 't1',
    box: { origin: [-3, 4, 5], size: [2, 3, 4] },
    data: Float32Array.from({ length: 72 }, (_, i) => (i - 30) / 4),
    seen: Uint8Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? 0 : 1)),
    tissue: Uint8Array.from({ length: 90 }, (_, i) => i),
  },
  grid: { size: [8, 9, 10], affine: AFFINE },
  form: undefined,
  engine: { name: 'onnx', device: 'cpu' },
};
const PLENTY = 1e9;

describe('the cache of logits', () => {
  it('gives back what was put, values of fp16 exactly', async () => {
    await cache.put(keyOf('a'), entry, PLENTY);
    const found = await cache.get(keyOf('a'));
    expect(found?.map).toEqual(entry.map);
    expect(found?.grid.size).toEqual([8, 9, 10]);
    expect(found?.engine).toEqual(entry.engine);
  });

  it.each([
    ['image', { image: 'b'.repeat(64) }],
    ['reference image', { reference: 'b'.repeat(64) }],
    ['model', { modelHash: 'b'.repeat(64) }],
    ['sequence', { modality: 't2' as const }],
    ['device', { device: 'cpu' }],
    ['force', { force: true }],
  ])('has nothing for another %s', async (_, change) => {
    await cache.put(keyOf('a'), entry, PLENTY);
    expect(await cache.get({ ...keyOf('a'), ...change })).toBeNull();
  });

  it('lets the oldest go at its limit', async () => {
    for (const [n, image] of ['a', 'b', 'c'].entries()) {
      await cache.put(keyOf(image), entry, PLENTY);
      const [name] = (await readdir(folder)).filter((file) => file.startsWith(image));
      await utimes(join(folder, name), new Date(), new Date(Date.now() - (10 - n) * 1000));
    }
    const { bytes } = await cache.size();
    await cache.shrink((2 * bytes) / 3);
    expect((await readdir(folder)).map((name) => name[0]).toSorted()).toEqual(['b', 'c']);
  });

  it('keeps nothing when the limit is smaller than an entry', async () => {
    await cache.put(keyOf('a'), entry, 10);
    expect(await cache.size()).toEqual({ bytes: 0, entries: 0 });
  });

  it('uses and keeps nothing after 30 days', async () => {
    await cache.put(keyOf('a'), entry, PLENTY);
    const [name] = await readdir(folder);
    const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    await utimes(join(folder, name), old, old);
    expect(await cache.get(keyOf('a'))).toBeNull();
    await cache.shrink(PLENTY);
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes a damaged file for none, and removes it', async () => {
    await cache.put(keyOf('a'), entry, PLENTY);
    const [name] = await readdir(folder);
    await writeFile(join(folder, name), 'damaged');
    expect(await cache.get(keyOf('a'))).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });

  it('forgets one image’s entries and no other’s', async () => {
    await cache.put(keyOf('a'), entry, PLENTY);
    await cache.put(keyOf('b'), entry, PLENTY);
    await cache.forget(['a'.repeat(64)]);
    expect(await cache.get(keyOf('a'))).toBeNull();
    expect(await cache.get(keyOf('b'))).not.toBeNull();
  });
});
