/**
 * What one move of the threshold slider or a fader costs on the Case's grid, as a ratio in one run: the mask from all the voxels that
 * the logits reach against the mask from those that can hold tumour; both must be the same mask.
 *
 * Run by `npm run bench`. The case is the simulated sample patient (240×240×155, four sequences), or the folder given.
 */
import { cpus } from 'node:os';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { maskOfRuns } from '../../src/masks/runs.js';
import { volumesOf } from '../../src/masks/volumes.js';
import { openModel } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { prepareCase } from '../../src/prepare/case.js';
import { removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { fusionOf, membersOfBits } from '../../src/segment/fusion.js';
import { computeLogits } from '../../src/segment/logits.js';
import { oneMask } from '../../src/segment/oneMask.js';
import { combinationName } from '../../src/terms.js';
import { voxelCount } from '../../src/volume/volume.js';

const model = await openModel();
const engine = await createOnnxEngine({
  parameters: model.parameters,
  layers: model.layers,
  modalityCount: 4,
});
const prepared = await prepareCase(await openStudy([process.argv[2] ?? SAMPLE_PATIENT]));
const logits = await computeLogits(prepared, model, engine);
await engine.dispose();
const { grid } = prepared;
const present = logits.maps.map(({ modality }) => modality);
const subsets = Array.from({ length: (1 << present.length) - 1 }, (_, n) => n + 1);

const rows: { name: string; full: number; fast: number; cleaned: number }[] = [];
for (const bits of subsets) {
  const members = membersOfBits(bits, present);
  const of = { ...logits, maps: membersOfBits(bits, logits.maps) };
  for (const threshold of [0.2, 0.8]) {
    const fusion = fusionOf(model.description, members, threshold);
    const all = (1 << members.length) - 1;
    const [full, expected] = await time(
      async () => (await combine(of, grid, fusion, [all])).labels.get(all)!,
    );
    const [fast, found] = await time(async () =>
      maskOfRuns(oneMask(of, grid, fusion), voxelCount(grid.size)),
    );
    if (!Buffer.from(found).equals(Buffer.from(expected))) throw new Error('the two masks differ');
    const [cleaned] = await time(async () => {
      removeSpecks(found, grid, model.description.cleanUp);
      return volumesOf(found, grid);
    });
    rows.push({ name: `${combinationName(members)} at ${threshold}`, full, fast, cleaned });
  }
}
const ratios = rows.map(({ full, fast }) => full / fast).sort((a, b) => a - b);
const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const slowest = rows.reduce((a, b) => (b.fast > a.fast ? b : a));
console.log(
  `one mask while a slider moves: ${cpus().length} × ${cpus()[0].model}, ${rows.length} masks of ${grid.size.join('×')}`,
);
console.log(`  all voxels that the logits reach  median ${middle(rows.map((r) => r.full)).toFixed(0)} ms`);
console.log(
  `  those that can hold tumour        median ${middle(rows.map((r) => r.fast)).toFixed(0)} ms, most ${slowest.fast.toFixed(0)} ms (${slowest.name})`,
);
console.log(
  `  ratio                             median ${middle(ratios).toFixed(1)} ×, least ${ratios[0].toFixed(1)} ×`,
);
console.log(`  clean-up and volumes beside it    median ${middle(rows.map((r) => r.cleaned)).toFixed(0)} ms`);

/** The best of three. */
async function time<T>(work: () => Promise<T>): Promise<[number, T]> {
  const tries: number[] = [];
  for (let n = 0; ; n++) {
    const started = performance.now();
    const result = await work();
    tries.push(performance.now() - started);
    if (n === 2) return [Math.min(...tries), result];
  }
}
