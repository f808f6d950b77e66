import { byRegion } from '../evaluate/scores.js';
import { addOverlaps, dice, type Overlap } from '../masks/dice.js';
import { bootstrapInterval, type Interval, mean } from '../statistics.js';
import { REGIONS, type Region } from '../terms.js';
import { plainSample } from './augmentation.js';
import { zeroFilled } from './earlyFusion.js';
import { fuse, meanFusion, seenBy } from './fusion.js';
import { isPartial, type TrainingVolume } from './loadCase.js';
import { type Members, subsets } from './objectives.js';
import type { StepSample } from './step.js';
import { fusionOf, modalityCountOf, type ParameterVector, routeLogits, setParameters } from './vector.js';

/** Dice of one region of one combination over the validation patients whose truth tells that region; NaN when there is none. */
export interface ValidationDice {
  readonly mean: number;
  readonly interval: Interval;
  readonly patients: number;
  /** Dice by patient's name, from which the rest is computed: for paired tests between runs. */
  readonly values: Readonly<Record<string, number>>;
}

/** Result of a validation on the model's grid. */
export interface Validation {
  /** Mean Dice over regions, combinations and patients: what early stopping watches. */
  readonly score: number;
  /** Per combination that any patient has. */
  readonly combinations: readonly {
    readonly members: Members;
    readonly regions: Readonly<Record<Region, ValidationDice>>;
    /** The same over the patients of whom there are whole brains alone; null where there is none. */
    readonly wholeBrains: Readonly<Record<Region, ValidationDice>> | null;
  }[];
}

/**
 * Dice of every combination that each case allows, whole cases in one pass a modality (early fusion: a combination),
 * thresholded at 0.5 and nested
 * (ET ⊆ TC ⊆ WT), in tissue and inside what is known, on the model's grid, pooled per patient.
 *
 * @throws QuorumError as the engine does.
 */
export async function validate(
  vector: ParameterVector,
  parameters: Float32Array,
  volumes: AsyncIterable<TrainingVolume> | Iterable<TrainingVolume>,
): Promise<Validation> {
  await setParameters(vector, parameters);
  const combinations = subsets(modalityCountOf(vector));
  const overlaps = combinations.map(() => new Map<string, Overlap[][]>());
  const inCutOuts = new Set<string>();
  for await (const volume of volumes) {
    if (volume.known) inCutOuts.add(volume.patient);
    // Where nobody told the tumour's parts apart only the whole tumour is scored.
    const told = isPartial(volume.labels) ? 1 : REGIONS.length;
    const sample = plainSample(volume);
    const logitsOf = await combinationLogits(vector, parameters, sample);
    for (const [c, members] of combinations.entries()) {
      if (members.some((m) => !sample.inputs[m])) continue;
      const found = regionOverlaps(await logitsOf(members), sample).slice(0, told);
      overlaps[c].set(volume.patient, [...(overlaps[c].get(volume.patient) ?? []), found]);
    }
  }
  const scored = combinations.flatMap((members, c) => {
    if (overlaps[c].size === 0) return [];
    const patients = [...overlaps[c]];
    const whole = patients.filter(([patient]) => !inCutOuts.has(patient));
    return { members, regions: diceOf(patients), wholeBrains: whole.length > 0 ? diceOf(whole) : null };
  });
  const means = scored.flatMap(({ regions }) => REGIONS.map((region) => regions[region]));
  const score = mean(means.filter(({ patients }) => patients > 0).map((one) => one.mean));
  return { score, combinations: scored };
}

function diceOf(
  patients: readonly (readonly [patient: string, parts: Overlap[][]])[],
): Readonly<Record<Region, ValidationDice>> {
  return byRegion((region) => {
    const r = REGIONS.indexOf(region);
    const told = patients.flatMap(([patient, parts]) => {
      const own = parts.flatMap((part) => part[r] ?? []);
      return own.length > 0 ? [[patient, dice(addOverlaps(own))] as const] : [];
    });
    const values = told.map(([, value]) => value);
    return {
      mean: values.length > 0 ? mean(values) : Number.NaN,
      interval: values.length > 0 ? bootstrapInterval(values) : { low: Number.NaN, high: Number.NaN },
      patients: values.length,
      values: Object.fromEntries(told),
    };
  });
}

/** Gives the logits of any combination of what the sample has. */
async function combinationLogits(
  vector: ParameterVector,
  parameters: Float32Array,
  sample: StepSample,
): Promise<(members: Members) => Promise<Float32Array>> {
  if (vector.inputChannels > 1) {
    return async (members) => {
      const input = zeroFilled(sample.inputs, members);
      const logits = await routeLogits(vector.routes[0], input);
      return fuse(meanFusion(1, vector.regionCount), [0], [logits], seenBy([input]));
    };
  }
  const fusion = fusionOf(vector, parameters);
  const logits = await branchLogits(vector, sample);
  const seen = seenBy(sample.inputs);
  return async (members) => fuse(fusion, members, logits, seen);
}

/** The logits of every modality that the sample has; branches are not kept. */
export async function branchLogits(
  vector: ParameterVector,
  sample: StepSample,
): Promise<(Float32Array | undefined)[]> {
  const logits: (Float32Array | undefined)[] = [];
  for (const [m, route] of vector.routes.entries()) {
    const input = sample.inputs[m];
    logits.push(input ? await routeLogits(route, input) : undefined);
  }
  return logits;
}

function regionOverlaps(fused: Float32Array, { target }: StepSample): Overlap[] {
  const voxels = fused.length / REGIONS.length;
  const counts = REGIONS.map(() => ({ truePositives: 0, falsePositives: 0, falseNegatives: 0 }));
  for (let v = 0; v < voxels; v++) {
    let inside = true;
    for (let r = 0; r < counts.length; r++) {
      inside &&= fused[r * voxels + v] > 0;
      if (target.known && (target.known[v] & (1 << r)) === 0) continue;
      const actual = target.regions[r * voxels + v] !== 0;
      if (inside && actual) counts[r].truePositives += 1;
      else if (inside) counts[r].falsePositives += 1;
      else if (actual) counts[r].falseNegatives += 1;
    }
  }
  return counts;
}
