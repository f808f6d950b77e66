import { QuorumError } from '../errors.js';
import { byRegion } from '../evaluate/scores.js';
import { writeModel } from '../model/model.js';
import type { ModelDescription, NetworkSize } from '../model/schema.js';
import { earnsSupport } from '../model/support.js';
import { constantFusion, descriptionTemplate, type FusionTable } from '../model/template.js';
import { buildLayers } from '../network/layers.js';
import { parameterSpecs } from '../network/parameters.js';
import { serialiseSafetensors } from '../network/safetensorsWriter.js';
import { combinationName, MODALITIES, REGIONS } from '../terms.js';
import type { Fusion } from './fusion.js';
import type { Validation, ValidationDice } from './validate.js';
import { fitsModelFolder, type Sharing } from './vector.js';

/** What training hands over to be used. */
export interface TrainedModel {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly trainingData: string;
  readonly size: NetworkSize;
  readonly sharing: Sharing;
  /** The network's parameters alone, in `parameterSpecs` order of its sharing. */
  readonly parameters: Float32Array;
  readonly fusion: Fusion;
  /** Patients that were not trained on, or null when none were held back. */
  readonly validation: Validation | null;
}

/**
 * Writes a Model folder with a model card. Norms shared by all modalities are written once for each, so that the
 * model is used like any other.
 *
 * @throws QuorumError REQUEST_INVALID for a sharing that one Model folder cannot hold (`fitsModelFolder`);
 * OUTPUT_EXISTS.
 */
export async function writeTrainedModel(folder: string, trained: TrainedModel): Promise<void> {
  if (!fitsModelFolder(trained.sharing)) {
    const expected = 'one network for all modalities that sees one a pass';
    throw new QuorumError({
      code: 'REQUEST_INVALID',
      field: 'sharing',
      expected,
      found: trained.sharing,
      file: folder,
    });
  }
  const description = describe(trained);
  await writeModel(folder, description, weightsOf(trained), { 'README.md': modelCard(trained) });
}

function describe(trained: TrainedModel): Omit<ModelDescription, 'weightsSha256'> {
  const { weights, biases } = trained.fusion;
  const template = descriptionTemplate(trained, trained.size, fusionTable(weights));
  const combinations = { ...template.knowledge.combinations };
  for (const { members, regions, wholeBrains } of trained.validation?.combinations ?? []) {
    combinations[combinationName(members.map((m) => MODALITIES[m]))] = byRegion((region) => {
      const wholeCases = wholeBrains && knownDice(wholeBrains[region]);
      return { supported: earnsSupport(region, wholeCases), dice: knownDice(regions[region]), wholeCases };
    });
  }
  return {
    ...template,
    fusion: { weights: fusionTable(weights), biases: fusionTable(biases) },
    knowledge: { ...template.knowledge, combinations },
  };
}

function knownDice({ mean, interval, patients }: ValidationDice) {
  if (patients === 0) return null;
  return { mean, lower: interval.low, upper: interval.high, patients };
}

function weightsOf({ size, sharing, parameters }: TrainedModel): Uint8Array {
  const layers = buildLayers(size);
  const stored = new Map(
    parameterSpecs(layers, sharing === 'dynamic' ? MODALITIES.length : 1).map(({ name, offset, length }) => [
      name,
      parameters.subarray(offset, offset + length),
    ]),
  );
  const tensors = parameterSpecs(layers, MODALITIES.length).map(({ name, shape }) => {
    const source = sharing === 'dynamic' ? name : name.replace(/\.norm_\d+\./, '.norm_0.');
    return [name, { shape, data: stored.get(source)! }] as const;
  });
  return serialiseSafetensors(new Map(tensors));
}

function fusionTable(values: Float64Array): FusionTable {
  const table = constantFusion(0);
  MODALITIES.forEach((modality, m) => {
    REGIONS.forEach((region, r) => {
      table[modality][region] = values[m * REGIONS.length + r];
    });
  });
  return table;
}

function modelCard({ name, description, trainingData, validation }: TrainedModel): string {
  const rows = (validation?.combinations ?? []).map(({ members, regions }) => {
    const cells = REGIONS.map((region) => regions[region].mean.toFixed(3));
    return `| ${combinationName(members.map((m) => MODALITIES[m]))} | ${cells.join(' | ')} |`;
  });
  const table = ['| sequences | WT | TC | ET |', '|---|--:|--:|--:|', ...rows].join('\n');
  const scores = validation
    ? `Dice on patients that were not trained on, on the model's grid; the best of several validations was kept, so these flatter it a little. A region is supported where at least eight of these patients are there as whole brains and the mean is surely high enough.\n\n${table}`
    : 'Never measured on patients that were not trained on.';
  return `# ${name}\n\nFor research only; not a medical device.\n\n${description}\n\nTrained on: ${trainingData}\n\n${scores}\n`;
}
