// @ts-check
/**
 * Converts the files of one volume with dcm2niix and ends. Plain JavaScript, because a worker is loaded by file name, from the sources
 * in tests and from the build otherwise.
 */
import { parentPort, workerData } from 'node:worker_threads';

/** @type {import('./convert.js').ThreadData} */
const { glue, wasm, files, options } = workerData;
const { default: createModule } = await import(glue);
/** @type {string[]} */
const messages = [];
const note = (/** @type {string} */ line) => {
  if (messages.length < 50) messages.push(line.slice(0, 200));
};
// A name is asked for even where the bytes are given, and a data: URL has no folder to look in.
const locateFile = (/** @type {string} */ name) => name;
const instantiateWasm = (
  /** @type {WebAssembly.Imports} */ imports,
  /** @type {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} */ ready,
) => {
  const instance = new WebAssembly.Instance(wasm, imports);
  ready(instance, wasm);
  return instance.exports;
};
const module = await createModule({ instantiateWasm, locateFile, print: note, printErr: note });
module.FS.mkdir('/in');
module.FS.mkdir('/out');
files.forEach((bytes, i) => {
  module.FS.createDataFile('/in', `${i}.dcm`, bytes, true, true, true);
});
let status = -1;
try {
  status = module.callMain([...options, '-f', 'image', '-o', '/out', '/in']);
} catch (error) {
  note(String(error));
}
const images = module.FS.readdir('/out')
  .filter((/** @type {string} */ name) => name.endsWith('.nii'))
  .map((/** @type {string} */ name) => module.FS.readFile(`/out/${name}`));
parentPort?.postMessage(
  { status, messages, images },
  images.map((/** @type {Uint8Array} */ i) => i.buffer),
);
