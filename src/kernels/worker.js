// @ts-check
/**
 * One thread of the kernels: sleeps until the pool announces a program, runs its part, and says so when it is
 * the last to finish. Plain JavaScript, because a worker is loaded by file name, from the sources in tests and
 * from the build otherwise.
 */
import { parentPort, workerData } from 'node:worker_threads';

/** @type {import('./pool.js').WorkerSetup} */
const { module, memory, threads, control: base } = workerData;
const control = new Int32Array(memory.buffer, base, 8);
const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
const run = /** @type {(program: number, count: number, barrier: number, threads: number) => void} */ (
  exports.run
);

for (let round = 0; ; round++) {
  Atomics.wait(control, 0, round);
  if (Atomics.load(control, 4)) break;
  try {
    run(control[1], control[2], base + 24, threads);
  } catch (error) {
    parentPort?.postMessage({ failure: String(error) });
    break;
  }
  if (Atomics.add(control, 3, 1) === threads - 1) parentPort?.postMessage({});
}
