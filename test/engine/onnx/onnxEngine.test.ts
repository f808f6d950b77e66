import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceEngine, Tensor3 } from '../../../src/engine/engine.js';
import { createOnnxEngine, type OnnxEngineOptions } from '../../../src/engine/onnx/onnxEngine.js';
import { passBytes, passesSideBySide } from '../../../src/engine/onnx/passesSideBySide.js';
import { QuorumError } from '../../../src/errors.js';
import { initialiseParameters } from '../../../src/network/initialise.js';
import { buildLayers } from '../../../src/network/layers.js';
import { parameterSpecs, unflattenParameters } from '../../../src/network/parameters.js';

const layers = buildLayers(0.25);
const specs = parameterSpecs(layers, 4);
const flat = initialiseParameters(layers, 4, 3);
const options: OnnxEngineOptions = {
  parameters: unflattenParameters(flat, specs),
  layers,
  modalityCount: 4,
};
const shape = [32, 48, 16] as const;
const volume: Tensor3 = {
  data: Float32Array.from({ length: 32 * 48 * 16 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011)),
  shape,
};
const bytes = (a: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

async function withEngine<T>(
  extra: Partial<OnnxEngineOptions>,
  use: (engine: InferenceEngine) => Promise<T>,
) {
  const engine = await createOnnxEngine({ ...options, ...extra });
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

describe('the onnx engine', () => {
  let engine: InferenceEngine;
  /** The same network with more threads. */
  const others: [number, InferenceEngine][] = [];
  beforeAll(async () => {
    engine = await createOnnxEngine({ ...options, threads: 1 });
    for (const threads of [2, 3, 4, 8])
      others.push([threads, await createOnnxEngine({ ...options, threads })]);
  });
  afterAll(async () => {
    await engine.dispose();
    for (const [, other] of others) await other.dispose();
  });

  it('gives three finite logits a voxel for a volume whose sides differ', async () => {
    const logits = await engine.logits(0, volume);
    expect(logits.length).toBe(3 * volume.data.length);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect([engine.name, engine.device]).toEqual(['onnx', 'cpu']);
  });

  it.each([
    [16, 16, 16],
    [32, 48, 16],
    [32, 32, 64],
    [64, 48, 48],
    [48, 64, 80],
  ])('gives the same bits with 1, 2, 3, 4 and 8 threads for %i × %i × %i', async (D, H, W) => {
    const input: Tensor3 = {
      data: Float32Array.from({ length: D * H * W }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011)),
      shape: [D, H, W],
    };
    const one = bytes(await engine.logits(2, input));
    for (const [threads, other] of others) {
      const many = await other.logits(2, input);
      expect(bytes(many).equals(one), `${threads} threads`).toBe(true);
    }
  });

  it('gives the same bits again after another size and another modality, and leaves earlier results alone', async () => {
    const first = await engine.logits(1, volume);
    const kept = Buffer.from(bytes(first));
    await engine.logits(3, { data: volume.data.subarray(0, 16 ** 3), shape: [16, 16, 16] });
    expect(bytes(await engine.logits(1, volume)).equals(kept)).toBe(true);
    expect(bytes(first).equals(kept)).toBe(true);
  });

  it('gives the same logits when passes of two sizes are asked for at once, with two threads', async () => {
    const small: Tensor3 = { data: volume.data.subarray(0, 16 ** 3), shape: [16, 16, 16] };
    const alone = [
      await engine.logits(0, volume),
      await engine.logits(1, small),
      await engine.logits(2, volume),
    ];
    const together = await withEngine({ threads: 2 }, (e) =>
      Promise.all([e.logits(0, volume), e.logits(1, small), e.logits(2, volume)]),
    );
    together.forEach((logits, i) => {
      expect(bytes(logits).equals(bytes(alone[i]))).toBe(true);
    });
  });

  it('gives the same bits when passes run side by side, each with its share of the threads, and when one is left alone', async () => {
    const one: Buffer[] = [];
    for (const m of [0, 1, 2, 3]) one.push(bytes(await engine.logits(m, volume)));
    for (const [threads, beside] of [
      [2, 2],
      [4, 2],
      [8, 4],
    ]) {
      await withEngine({ threads }, async (e) => {
        const together = await Promise.all([0, 1, 2, 3].map((m) => e.logits(m, volume, beside)));
        together.forEach((logits, m) => {
          expect(bytes(logits).equals(one[m]), `${threads} threads, ${beside} passes`).toBe(true);
        });
        expect(bytes(await e.logits(1, volume)).equals(one[1])).toBe(true);
      });
    }
  });

  it('leaves the thread that asked free while passes run', async () => {
    const big: Tensor3 = { data: new Float32Array(64 * 64 * 64).fill(1), shape: [64, 64, 64] };
    await withEngine({ threads: 2 }, async (e) => {
      let turns = 0;
      const spans = listenToTicks(() => turns++);
      await Promise.all([0, 1].map((m) => e.logits(m, big, 2)));
      spans.stop();
      expect(turns).toBeGreaterThan(2);
    });
  });

  it.runIf(process.platform === 'linux')(
    'ends its threads when it is disposed, also while passes run',
    async () => {
      const before = threadCount();
      const e = await createOnnxEngine({ ...options, threads: 2 });
      const passes = [0, 1, 2].map((m) => e.logits(m, volume, 2));
      expect(threadCount()).toBeGreaterThan(before);
      await e.dispose();
      for (const logits of await Promise.all(passes)) expect(logits.every(Number.isFinite)).toBe(true);
      await expect.poll(threadCount).toBeLessThanOrEqual(before);
    },
  );

  it('keeps a process alive until its passes and its end are done, and no longer', () => {
    const child = fileURLToPath(new URL('./aloneChild.ts', import.meta.url));
    const said = execFileSync(process.execPath, ['--import', 'tsx', child], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(said.trim()).toBe('all passes done');
  }, 70_000);

  it('uses each modality’s own scale and shift and nobody else’s', async () => {
    const changed = new Map(options.parameters);
    for (const { name, modality, length } of specs) {
      if (modality === 2 && name.endsWith('.bias')) changed.set(name, new Float32Array(length).fill(0.5));
    }
    await withEngine({ parameters: changed }, async (other) => {
      for (let m = 0; m < 4; m++) {
        const same = bytes(await other.logits(m, volume)).equals(bytes(await engine.logits(m, volume)));
        expect(same).toBe(m !== 2);
      }
    });
  });

  it('refuses a modality, a shape or a number of voxels that cannot be', async () => {
    await expect(engine.logits(4, volume)).rejects.toThrow(RangeError);
    await expect(engine.logits(0, { data: new Float32Array(17 * 256), shape: [17, 16, 16] })).rejects.toThrow(
      /multiples of 16/,
    );
    await expect(engine.logits(0, { data: new Float32Array(5), shape: [16, 16, 16] })).rejects.toThrow(
      /5 voxels/,
    );
  });

  it('reports a logit that is not finite as a failure of the engine', async () => {
    const poisoned = new Map(options.parameters);
    poisoned.set('module.outc.conv.module.bias', new Float32Array([0, Number.NaN, 0]));
    const error = await withEngine({ parameters: poisoned }, (e) => e.logits(0, volume)).catch((e) => e);
    expect(error).toBeInstanceOf(QuorumError);
    expect((error as QuorumError).problem).toMatchObject({
      code: 'ENGINE_FAILED',
      field: `cpu: logits[${volume.data.length}]`,
      found: 'NaN',
    });
  });

  it('says so when this build of onnxruntime has no such device', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    const error = await createOnnxEngine({ ...options, device: absent }).catch((e) => e);
    expect(error).toBeInstanceOf(QuorumError);
    expect((error as QuorumError).problem).toMatchObject({
      code: 'DEVICE_NOT_AVAILABLE',
      field: `onnx ${absent}`,
    });
  });
});

describe('the passes of one case', () => {
  const bytesAPass = passBytes(layers, [80, 96, 112]);
  const beside = (passes: number, threads: number, freeBytes = 32e9) =>
    passesSideBySide({ passes, threads, freeBytes, bytesAPass });

  it('run side by side as threads allow, none left over for a part of the cores', () => {
    expect([1, 2, 3, 4, 8].map((threads) => beside(4, threads))).toEqual([1, 2, 2, 4, 4]);
    expect([1, 2, 3, 8].map((threads) => beside(3, threads))).toEqual([1, 1, 3, 3]);
    expect(beside(1, 8)).toBe(1);
  });

  it('follow one another where memory is short', () => {
    expect(beside(4, 8, 2e9 + 2.5 * bytesAPass)).toBe(2);
    expect(beside(4, 8, 1e9)).toBe(1);
  });

  it('are taken to need about what was measured: 0.19 GB for 80×96×112', () => {
    expect(bytesAPass / 1e9).toBeGreaterThan(0.17);
    expect(bytesAPass / 1e9).toBeLessThan(0.24);
  });
});

/** Counts turns of this thread's event loop. */
function listenToTicks(onTurn: () => void): { stop(): void } {
  const timer = setInterval(onTurn, 1);
  return { stop: () => clearInterval(timer) };
}

const threadCount = () => readdirSync('/proc/self/task').length;
