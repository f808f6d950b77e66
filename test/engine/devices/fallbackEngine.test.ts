import { describe, expect, it } from 'vitest';
import { createFallbackEngine } from '../../../src/engine/devices/fallbackEngine.js';
import type { InferenceEngine } from '../../../src/engine/engine.js';
import { QuorumError } from '../../../src/errors.js';

const input = { data: new Float32Array(16 ** 3), shape: [16, 16, 16] as const };

/** An engine whose logits are its own number; from the `failing`-th pass on it is lost. */
function engineOf(device: string, value: number, failing = Number.POSITIVE_INFINITY) {
  const log = { passes: 0, disposed: 0 };
  const engine: InferenceEngine = {
    name: 'onnx',
    device,
    logits: async () => {
      if (++log.passes >= failing) {
        throw new QuorumError({ code: 'ENGINE_FAILED', field: device, found: 'device lost' });
      }
      return Float32Array.of(value);
    },
    pass: async () => {
      throw new Error('not used here');
    },
    dispose: async () => {
      log.disposed++;
      if (log.passes >= failing) throw new Error('lost devices cannot be closed');
    },
  };
  return { engine, log };
}

const fourPasses = async (engine: InferenceEngine): Promise<number[]> => {
  const results: number[] = [];
  for (let m = 0; m < 4; m++) results.push((await engine.logits(m, input))[0]);
  return results;
};

describe('the fallback to the CPU', () => {
  it('repeats all passes of the job, so that no result mixes devices, and stays on the CPU', async () => {
    const gpu = engineOf('gpu', 1, 3);
    const cpu = engineOf('cpu', 2);
    const runner = createFallbackEngine(gpu.engine, async () => cpu.engine);
    expect(runner.device).toBe('gpu');
    expect(await runner.run(fourPasses)).toEqual([2, 2, 2, 2]);
    const { events } = runner;
    expect(await runner.run(fourPasses)).toEqual([2, 2, 2, 2]);
    expect([runner.device, gpu.log, cpu.log.passes]).toEqual(['cpu', { passes: 3, disposed: 1 }, 8]);
    expect(events).toEqual([
      {
        kind: 'repeated-on-cpu',
        device: 'gpu',
        problem: { code: 'ENGINE_FAILED', field: 'gpu', found: 'device lost' },
      },
    ]);
    // The next job, of the next case, has no failure to tell of.
    expect(runner.events).toEqual([]);
    await runner.dispose();
    expect(cpu.log.disposed).toBe(1);
  });

  it('leaves a working device and its results alone', async () => {
    const gpu = engineOf('gpu', 1);
    const runner = createFallbackEngine(gpu.engine, () => Promise.reject(new Error('not wanted')));
    expect(await runner.run(fourPasses)).toEqual([1, 1, 1, 1]);
    expect(runner.events).toEqual([]);
  });

  it('passes on the failure of the CPU, and errors that are the job’s own', async () => {
    const failing = createFallbackEngine(engineOf('cpu', 1, 1).engine, null);
    await expect(failing.run(fourPasses)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    const gpu = engineOf('gpu', 1);
    const runner = createFallbackEngine(gpu.engine, async () => engineOf('cpu', 2).engine);
    const cancelled = new QuorumError({ code: 'CANCELLED' });
    await expect(runner.run(() => Promise.reject(cancelled))).rejects.toBe(cancelled);
    expect(runner.device).toBe('gpu');
  });
});
