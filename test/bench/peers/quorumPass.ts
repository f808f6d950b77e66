/** One pass of Quorum's network on one of its own engines. Arguments: onnx or wasm, input file, shape. */
import { readFileSync } from 'node:fs';
import { networkOf } from '../../../src/engine/devices/deviceCandidate.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { createWasmEngine } from '../../../src/engine/wasm/engine.js';
import { openModel } from '../../../src/model/model.js';

const [engineName, file, shape] = process.argv.slice(2);
const network = networkOf(await openModel());
const bytes = readFileSync(file);
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const [depth, height, width] = shape.split('x').map(Number);
const before = process.memoryUsage().rss;
const engine = await (engineName === 'onnx' ? createOnnxEngine(network) : createWasmEngine(network));
const times: number[] = [];
for (let pass = 0; pass < 4; pass++) {
  const started = performance.now();
  await engine.logits(3, { data, shape: [depth, height, width] });
  times.push((performance.now() - started) / 1000);
}
const memoryMb = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
console.log(JSON.stringify({ seconds: Math.min(...times.slice(1)), memoryMb }));
process.exit();
