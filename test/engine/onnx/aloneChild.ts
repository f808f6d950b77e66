/** A process in which nothing but an engine waits: passes of two sizes, some side by side, and an engine that is never disposed. */
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { initialiseParameters } from '../../../src/network/initialise.js';
import { buildLayers } from '../../../src/network/layers.js';
import { parameterSpecs, unflattenParameters } from '../../../src/network/parameters.js';

const layers = buildLayers(0.25);
const flat = initialiseParameters(layers, 4, 3);
const parameters = unflattenParameters(flat, parameterSpecs(layers, 4));
const options = { parameters, layers, modalityCount: 4, threads: 4 };
const cube = (side: number) => ({
  data: new Float32Array(side ** 3).fill(1),
  shape: [side, side, side] as const,
});

const engine = await createOnnxEngine(options);
await engine.logits(0, cube(48));
await Promise.all([0, 1, 2, 3].map((m) => engine.logits(m, cube(16), 4)));
await engine.logits(0, cube(48));
await engine.dispose();
await (await createOnnxEngine(options)).logits(0, cube(16));
console.log('all passes done');
