/**
 * What the checks of images and mask cost a case, each and together, beside one pass of the network in the
 * same run. Run by `npm run bench`; the case is the simulated sample patient (240×240×155, four sequences), or the folder given.
 */
import { cpus } from 'node:os';
import { lookAtImages } from '../../src/checks/checkWarnings.js';
import { imageFacts } from '../../src/checks/imageWarnings.js';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { openModel } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { likenesses } from '../../src/prepare/belonging.js';
import { prepareCase } from '../../src/prepare/case.js';
import { coarseCase, shareOn, shownIn } from '../../src/prepare/coarse.js';
import { inputQuality, shapesOf } from '../../src/prepare/inputChecks.js';
import { sequenceByVoxels } from '../../src/recognise/sequenceByVoxels.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { normalisedBy, surfaceShare } from '../../src/segment/imageChecks.js';
import { computeLogits } from '../../src/segment/logits.js';
import { resultQuality, tumourParts } from '../../src/segment/resultChecks.js';
import { MODALITIES } from '../../src/terms.js';
import { shownPart } from '../../src/volume/extent.js';

const ROUNDS = 5;
const model = await openModel();
const { description } = model;
const engine = await createOnnxEngine({
  ...{ parameters: model.parameters, layers: model.layers, modalityCount: 4, threads: 1 },
});
const prepared = await prepareCase(await openStudy([process.argv[2] ?? SAMPLE_PATIENT]));
const { grid, images } = prepared;
const present = MODALITIES.filter((m) => images[m]);
const all = bitsOf(present, present);
const logits = await computeLogits(prepared, model, engine);
const { labels: masks } = await combine(logits, grid, fusionOf(description, present), [all]);
const labels = masks.get(all)!;

const spent = new Map<string, { clock: number; processor: number }[]>();
for (let round = 0; round < ROUNDS; round++) {
  await timed('one pass of the network', async () => {
    const [first] = present;
    await computeLogits({ ...prepared, images: { [first]: images[first] } as never }, model, engine);
  });
  await timed('all checks together', async () => {
    imageFacts(prepared, await lookAtImages(prepared, description.normalisation), labels, description);
  });
  const shown = await timed('where they show something', () => shownIn(images, grid));
  const coarse = await timed('voxels of 2 mm', () => coarseCase(images, grid, shown));
  await timed('sequences by voxels', () =>
    present.map((m) => sequenceByVoxels({ ...grid, data: images[m]!.data }, shown[m])),
  );
  await timed('whether they show one head', () => likenesses(coarse));
  const shapes = await timed('ghosts, slices, rim, the brain', () => shapesOf(coarse));
  await timed('scale of T1 and T1ce', () =>
    normalisedBy({ t1: images.t1, t1ce: images.t1ce } as never, description.normalisation, shown),
  );
  const marked = shownPart({ ...grid, data: labels });
  const parts = await timed('parts of the mask', () => tumourParts(marked, grid));
  const ill = await timed('the mask on 2 mm', () => shareOn(coarse, marked));
  await timed('shading, noise', () => inputQuality(coarse, ill, shapes));
  await timed('place, uptake, fluid', () => resultQuality(coarse, ill, grid, marked, parts));
  await timed('surface', () => surfaceShare(prepared, labels, marked!));
}
await engine.dispose();
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
const pass = median(spent.get('one pass of the network')!.map(({ processor }) => processor));
console.log(
  `checks: ${cpus().length} × ${cpus()[0].model}, medians of ${ROUNDS} rounds, seconds by the clock and of the processor (with V8's own threads)`,
);
for (const [name, rounds] of spent) {
  const clock = median(rounds.map((one) => one.clock));
  const own = median(rounds.map(({ processor }) => processor));
  console.log(
    `  ${name.padEnd(32)} ${clock.toFixed(3)} s   ${own.toFixed(3)} s   ${(own / pass).toFixed(2)} × the pass`,
  );
}

async function timed<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const started = process.cpuUsage();
  const at = performance.now();
  const made = await work();
  const clock = (performance.now() - at) / 1000;
  const { user, system } = process.cpuUsage(started);
  spent.set(name, [...(spent.get(name) ?? []), { clock, processor: (user + system) / 1e6 }]);
  return made;
}
