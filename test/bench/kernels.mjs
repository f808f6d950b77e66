/**
 * Speed of the wasm kernels and engine, as ratios within this run: `npm run build && node test/bench/kernels.mjs`.
 * Peaks and kernels are timed alternately and the best of many short rounds counts, so that other load on the
 * machine touches both alike.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WasmEngine } from '../../dist/engine/wasm/engine.js';
import { planStorage } from '../../dist/engine/wasm/storage.js';
import * as kernels from '../../dist/kernels/index.js';
import { buildLayers } from '../../dist/network/layers.js';
import { parameterSpecs } from '../../dist/network/parameters.js';

const { KernelPool, Program, createPyramid, kernelModule } = kernels;
const WIDTH = 0.25;
const ROUNDS = 40;

/** Multiply-add peak of one thread in WebAssembly, GFLOP/s. */
function measurePeak(instance, rounds = 300_000) {
  let best = 0;
  for (let n = 0; n < 10; n++) {
    const start = performance.now();
    instance.exports.peak(rounds, 1e-3);
    best = Math.max(best, (rounds * 96) / (performance.now() - start) / 1e6);
  }
  return best;
}

async function bestSeconds(action, rounds = ROUNDS) {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < rounds; n++) {
    const start = performance.now();
    await action();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** The 3×3×3 convolutions of the network for a cube of that side: one entry per shape. */
function shapes(side) {
  const layers = buildLayers(WIDTH);
  const { places } = planStorage(layers);
  const found = new Map();
  for (const { kind, kernel, inChannels, outChannels, output } of layers) {
    if (kind !== 'convolution' || kernel !== 3) continue;
    const shape = { side: side >> places.get(output).level, inChannels, outChannels };
    found.set(Object.values(shape).join(), shape);
  }
  return [...found.values()];
}

/** The three directions of one convolution as functions that repeat it often enough to be timed. */
function convolution(pool, { side, inChannels, outChannels }) {
  const { memory } = pool;
  const grid = createPyramid(memory, [side, side, side], 1).grids[0];
  const volume = (channels) => {
    const bytes = channels === 1 ? grid.block / 8 : (channels / 8) * grid.block;
    const { pointer } = memory.allocate(bytes);
    memory.view(pointer, bytes / 4).fill(0.01);
    return { pointer, blocks: channels / 8, grid };
  };
  const size = inChannels * outChannels * 27;
  const floats = (length) => memory.allocate(length * 4).pointer;
  const filters = {
    inChannels,
    outChannels,
    weights: floats(size),
    bias: floats(outChannels),
    forward: floats(size),
    backward: inChannels > 1 ? floats(size) : 0,
  };
  memory.view(filters.weights, size).fill(1e-3);
  memory.view(filters.bias, outChannels).fill(0);
  const [input, output, gradient] = [volume(inChannels), volume(outChannels), floats(size)];
  memory.view(gradient, size).fill(0);
  const operations = side ** 3 * size * 2;
  const repeats = Math.max(1, Math.round(1e8 / operations));
  const timed = (build) => async () => {
    const seconds = await bestSeconds(() => {
      const program = new Program(pool);
      for (let n = 0; n < repeats; n++) build(program);
      return program.run();
    });
    return (repeats * operations) / seconds / 1e9;
  };
  return {
    prepare: () => pool.run([kernels.packFilters(filters)]),
    forward: timed((p) => p.add(kernels.convolve(filters, input, output))),
    input: timed((p) => p.add(kernels.inputGradient(filters, output, input))),
    filter: timed((p) => kernels.addFilterGradient(p, filters, input, output, gradient)),
  };
}

async function benchConvolutions(instance, strict) {
  const pools = [1, 2].map((threads) => new KernelPool({ threads, strict }));
  console.log(
    `\n3×3×3 convolutions, width ${WIDTH}, 64³, ${pools[0].fused ? 'fused' : 'unfused'} multiply-add`,
  );
  console.log('side   in  out | GFLOP/s a thread (of the peak) | two threads');
  for (const shape of shapes(64)) {
    const peak = measurePeak(instance);
    const [one, two] = pools.map((pool) => convolution(pool, shape));
    const cells = [];
    for (const direction of ['forward', 'input', 'filter']) {
      if (direction === 'input' && shape.inChannels === 1) continue;
      await one.prepare();
      await two.prepare();
      const [speed, both] = [await one[direction](), await two[direction]()];
      cells.push(
        `${direction} ${speed.toFixed(1)} (${(speed / peak).toFixed(2)}) ×${(both / speed).toFixed(2)}`,
      );
    }
    const { side, inChannels, outChannels } = shape;
    const label = [side, inChannels, outChannels].map((n) => String(n).padStart(4)).join(' ');
    console.log(`${label} | ${cells.join(' | ')} | peak ${peak.toFixed(1)}`);
  }
  await Promise.all(pools.map((pool) => pool.dispose()));
}

/** Forward and backward of four modalities: the work of a mean-loss step. */
async function benchStep(side, threads) {
  const layers = buildLayers(WIDTH);
  const engine = new WasmEngine({ layers, modalityCount: 4, threads });
  const specs = parameterSpecs(layers, 4);
  const { offset, length } = specs[specs.length - 1];
  const parameters = Float32Array.from({ length: offset + length }, (_, n) => 0.05 * Math.sin(n));
  await engine.setParameters(parameters);
  const input = {
    data: Float32Array.from({ length: side ** 3 }, (_, n) => Math.sin(n)),
    shape: [side, side, side],
  };
  const cotangent = new Float32Array(3 * side ** 3).fill(1e-3);
  const gradient = new Float32Array(offset + length);
  let forward = 0;
  const seconds = await bestSeconds(async () => {
    const start = performance.now();
    const branches = [];
    for (let m = 0; m < 4; m++) branches.push(await engine.forward(m, input));
    forward = (performance.now() - start) / 1000;
    for (const branch of branches) await branch.backward(cotangent, gradient);
    for (const branch of branches) branch.release();
  }, 5);
  const bytes = engine.pool.memory.size;
  await engine.dispose();
  return { seconds, forward, bytes };
}

/** Seconds of PyTorch's step, or undefined where no Python has it (`PYTHON` may name one). */
function torchStep(side) {
  const script = fileURLToPath(new URL('./torchStep.py', import.meta.url));
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3']) {
    if (!python) continue;
    const { status, stdout } = spawnSync(python, [script, String(side), String(WIDTH)], { encoding: 'utf8' });
    if (status === 0) return Number(stdout);
  }
  return undefined;
}

async function benchSteps() {
  console.log(`\nmean-loss step, 4 modalities, width ${WIDTH}`);
  for (const side of [32, 64]) {
    const one = await benchStep(side, 1);
    const two = await benchStep(side, 2);
    const torch = torchStep(side);
    const ratio = torch
      ? `${(two.seconds / torch).toFixed(2)} of PyTorch's ${torch.toFixed(2)} s`
      : 'PyTorch absent, skipped';
    console.log(
      `${side}³: ${two.seconds.toFixed(2)} s (forward ${two.forward.toFixed(2)}) on two threads, ` +
        `×${(one.seconds / two.seconds).toFixed(2)} of one; ${ratio}; ${(two.bytes / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
for (const strict of [false, true]) {
  const { fused } = strict ? { fused: false } : await fusedPool();
  const instance = await WebAssembly.instantiate(kernelModule(fused), { env: { memory } });
  await benchConvolutions(instance, strict);
}
await benchSteps();

async function fusedPool() {
  const pool = new KernelPool({ threads: 1 });
  await pool.dispose();
  return pool;
}
