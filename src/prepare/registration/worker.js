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

// elastix says nothing of its iterations while it runs. It asks for the time twice in each of them.
const ASKED_PER_ITERATION = 2;
const WORD_EVERY = 0.02;
const iterations = stages.reduce(
  (sum, stage) => sum + Number(stage.NumberOfResolutions[0]) * Number(stage.MaximumNumberOfIterations[0]),
  0,
);
let asked = 0;
// The first time it asks it has been loaded, which is told too.
let said = -WORD_EVERY;
const now = Date.now.bind(Date);
Date.now = () => {
  const share = Math.min(1, ++asked / (ASKED_PER_ITERATION * iterations));
  if (share >= said + WORD_EVERY) {
    said = share;
    parentPort?.postMessage({ share });
  }
  return now();
};

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
