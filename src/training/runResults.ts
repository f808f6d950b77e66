/** What a finished run leaves in its own folder, whatever was trained: scores, and networks that no Model folder holds. */
import { join } from 'node:path';
import { writeFileAtomically } from '../files/wholeFile.js';
import type { ParameterSpec } from '../network/parameters.js';
import { type WritableTensor, writeSafetensors } from '../network/safetensorsWriter.js';
import { combinationName, MODALITIES, REGIONS } from '../terms.js';
import type { Fusion } from './fusion.js';
import type { Validation } from './validate.js';
import type { ParameterVector } from './vector.js';

export const DICE_FILE = 'dice.json';
const PARAMETERS_FILE = 'parameters.safetensors';

export interface RunScores {
  /** What was trained, in words. */
  readonly description: string;
  /** Null where no case was scored. */
  readonly validation: Validation | null;
  readonly test: Validation | null;
}

/**
 * Writes `dice.json`: Dice on the model's grid as `validate` finds it, so that runs of any sharing compare, per
 * side (`validation`, `test`; null where not scored) the `score` over everything and per combination and region
 * `{mean, low, high, patients, values}`, the bounds being a bootstrap interval over patients and `values` each patient's
 * Dice, by which runs are compared in pairs.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeDice(folder: string, { description, validation, test }: RunScores): Promise<void> {
  const content = {
    application: 'quorum',
    kind: 'training-dice',
    description,
    validation: sideOf(validation),
    test: sideOf(test),
  };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  await writeFileAtomically(join(folder, DICE_FILE), [new TextEncoder().encode(text)]);
}

function sideOf(side: Validation | null): object | null {
  if (!side) return null;
  const combinations = side.combinations.map(({ members, regions }) => [
    combinationName(members.map((m) => MODALITIES[m])),
    Object.fromEntries(
      REGIONS.map((region) => {
        const { mean, interval, patients, values } = regions[region];
        return [region, { mean, low: interval.low, high: interval.high, patients, values }];
      }),
    ),
  ]);
  return { score: side.score, combinations: Object.fromEntries(combinations) };
}

/**
 * Writes `parameters.safetensors`: PyTorch names; with several networks each name begins with the modality (`t1/…`),
 * and `fusion.weights` and `fusion.biases` are (modality, region).
 *
 * @param specs of one network.
 * @param parameters the whole vector.
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE, WEIGHTS_INVALID.
 */
export async function writeNetworks(
  folder: string,
  { routes, regionCount }: ParameterVector,
  specs: readonly ParameterSpec[],
  parameters: Float32Array,
  fusion: Fusion,
): Promise<void> {
  const several = routes.length > 1;
  const tensors = new Map<string, WritableTensor>();
  routes.forEach((route, m) => {
    for (const { name, shape, offset, length } of specs) {
      const from = route.offset + offset;
      const data = parameters.subarray(from, from + length);
      tensors.set(several ? `${MODALITIES[m]}/${name}` : name, { shape, data });
    }
  });
  if (several) {
    const shape = [routes.length, regionCount];
    tensors.set('fusion.weights', { shape, data: fusion.weights });
    tensors.set('fusion.biases', { shape, data: fusion.biases });
  }
  await writeSafetensors(join(folder, PARAMETERS_FILE), tensors);
}
