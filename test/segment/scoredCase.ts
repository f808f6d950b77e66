import type { InferenceEngine } from '../../src/engine/engine.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { volumesOf } from '../../src/masks/volumes.js';
import type { Model } from '../../src/model/model.js';
import { prepareCase } from '../../src/prepare/case.js';
import { removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { computeLogits } from '../../src/segment/logits.js';
import { combinationName, type Modality, REGIONS } from '../../src/terms.js';
import { readLabelMap } from '../../src/volume/read.js';
import { diceOfMaps } from '../support/dice.js';

/** One case with its logits, and its truth. */
export async function segmented(folder: string, model: Model, engine: InferenceEngine) {
  const study = await openStudy([folder]);
  const prepared = await prepareCase(study);
  return { study, prepared, logits: await computeLogits(prepared, model, engine) };
}

/** Masks of some combinations of one case, with Dice against its truth, printed. */
export async function score(
  folder: string,
  combinations: readonly Modality[][],
  model: Model,
  engine: InferenceEngine,
) {
  return scoresOf(await segmented(folder, model, engine), combinations, model);
}

export async function scoresOf(
  { study, prepared, logits }: Awaited<ReturnType<typeof segmented>>,
  combinations: readonly Modality[][],
  model: Model,
) {
  const present = logits.maps.map(({ modality }) => modality);
  const wanted = combinations.length > 0 ? combinations : [present];
  const { labels } = await combine(
    logits,
    prepared.grid,
    fusionOf(model.description, present),
    wanted.map((s) => bitsOf(s, present)),
  );
  const truth = await readLabelMap(study.masks[0].file);
  return wanted.map((members) => {
    const mask = labels.get(bitsOf(members, present))!;
    removeSpecks(mask, prepared.grid, model.description.cleanUp);
    const scores = diceOfMaps({ data: mask, size: prepared.grid.size }, truth);
    const ml = volumesOf(mask, prepared.grid);
    const numbers = REGIONS.map((r) => `${r} Dice ${scores[r].toFixed(3)} (${ml[r].toFixed(1)} ml)`).join(
      '  ',
    );
    console.info(`${study.name} ${combinationName(members)}: ${numbers}`);
    return { whole: scores.WT, ml };
  });
}
