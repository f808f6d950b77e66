/** One pass of Quorum's network in onnxruntime-web (WebAssembly, SIMD and threads) in Node. Arguments: package folder, onnx, input, shape, threads. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, model, input, shape, threads] = process.argv.slice(2);
const require = createRequire(join(folder, 'x.js'));
const ort = await import(pathToFileURL(require.resolve('onnxruntime-web')).href);
const { env, InferenceSession, Tensor } = ort.default ?? ort;
env.wasm.numThreads = Number(threads);
const before = process.memoryUsage().rss;
const session = await InferenceSession.create(readFileSync(model));
const sides = shape.split('x').map(Number);
const bytes = readFileSync(input);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const times = [];
let logits;
for (let pass = 0; pass < 4; pass++) {
  const started = performance.now();
  const feeds = {
    input: new Tensor('float32', data, [1, 1, ...sides]),
    modality: new Tensor('int64', BigInt64Array.from([0n]), [1]),
  };
  const found = await session.run(feeds);
  logits = found.logits ?? found[session.outputNames[0]];
  times.push((performance.now() - started) / 1000);
}
const memoryMb = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
const { version } = JSON.parse(
  readFileSync(join(folder, 'node_modules/onnxruntime-web/package.json'), 'utf8'),
);
console.log(
  JSON.stringify({
    seconds: Math.min(...times.slice(1)),
    memoryMb,
    version,
    first: Array.from(logits.data.slice(0, 5)),
  }),
);
process.exit();
