// @ts-check
/**
 * One registration in a thread of its own: elastix blocks its thread until it is done, and ending the thread is the only
 * way to cancel it. Plain JavaScript, because a worker is loaded by file name, from the sources in tests and from the
 * build otherwise.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { elastixNode } from '@itk-wasm/elastix';

/** @type {import('./elastix.js').RegistrationInput} */
const { fixed, moving, stages } = workerData;
// elastix writes its log to the console; nothing of a patient's image belongs there.
console.log = () => undefined;

try {
  const { transformParameterObject } = await elastixNode(/** @type {never} */ (stages), {
    fixed: /** @type {never} */ (fixed),
    moving: /** @type {never} */ (moving),
  });
  parentPort?.postMessage({ transforms: transformParameterObject });
} catch (error) {
  parentPort?.postMessage({
    failure: error instanceof Error ? error.message : 'no alignment that elastix could begin with',
  });
}
