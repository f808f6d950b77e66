/** One pass of a U-Net of the same size on tfjs's WebAssembly backend (random weights, nearest upsampling). Arguments: package folder, shape, width, threads. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, shape, width, threads] = process.argv.slice(2);
const require = createRequire(join(folder, 'x.js'));
const tf = require('@tensorflow/tfjs-core');
const wasm = require('@tensorflow/tfjs-backend-wasm');
wasm.setThreadsCount(Number(threads));
wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
await tf.setBackend('wasm');
await tf.ready();
const before = process.memoryUsage().rss;
const c = [32, 64, 128, 256, 512].map((n) => n * Number(width));
const conv = (x, outputs) => {
  const weight = tf.randomNormal([3, 3, 3, x.shape[4], outputs], 0, 0.05);
  return normalised(tf.conv3d(x, weight, 1, 'same'));
};
const normalised = (x) => {
  const rows = tf.reshape(x, [-1, x.shape[4]]);
  const mean = tf.mean(rows, 0);
  const centred = tf.sub(rows, mean);
  const deviation = tf.sqrt(tf.add(tf.mean(tf.mul(centred, centred), 0), 1e-5));
  return tf.reshape(tf.relu(tf.div(centred, deviation)), x.shape);
};
const double = (x, middle, outputs) => conv(conv(x, middle), outputs);
/** Each voxel twice along each axis. */
const doubled = (x) => {
  const [, d, h, w, n] = x.shape;
  let out = tf.reshape(tf.tile(tf.reshape(x, [d * h, w, 1, n]), [1, 1, 2, 1]), [d, h, 1, 2 * w * n]);
  out = tf.reshape(tf.tile(out, [1, 1, 2, 1]), [d, 1, 2 * h * 2 * w * n]);
  return tf.reshape(tf.tile(out, [1, 2, 1]), [1, 2 * d, 2 * h, 2 * w, n]);
};
const pass = (input) =>
  tf.tidy(() => {
    const skips = [double(input, c[0], c[0])];
    const outs = [c[1], c[2], c[3], c[4] / 2];
    for (const [n, out] of outs.entries()) skips.push(double(tf.maxPool3d(skips[n], 2, 2, 'same'), out, out));
    let x = skips.pop();
    const ups = [c[3] / 2, c[2] / 2, c[1] / 2, c[0]];
    for (const [n, out] of ups.entries())
      x = double(tf.concat([skips.pop(), doubled(x)], 4), c[4 - n] / 2, out);
    return tf.conv3d(x, tf.randomNormal([1, 1, 1, c[0], 3]), 1, 'same');
  });
const input = tf.randomNormal([1, ...shape.split('x').map(Number), 1]);
const times = [];
for (let n = 0; n < 3; n++) {
  const started = performance.now();
  const out = pass(input);
  await out.data();
  out.dispose();
  times.push((performance.now() - started) / 1000);
}
const memoryMb = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
const { version } = JSON.parse(
  readFileSync(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/package.json'), 'utf8'),
);
console.log(JSON.stringify({ seconds: Math.min(...times.slice(1)), memoryMb, version }));
process.exit();
