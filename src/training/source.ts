import { type AugmentationRules, augmentedSample } from './augmentation.js';
import type { DatasetCase } from './dataset.js';
import { type InputRules, loadCase, type TrainingVolume } from './loadCase.js';
import type { Random } from './random.js';
import type { StepSample } from './step.js';
import type { VerifiedDataset } from './verify.js';

/** Cases of one data set that take part, and how often they are drawn in relation to other data sets'. */
export interface CaseGroup {
  readonly dataset: Pick<VerifiedDataset, 'name' | 'description' | 'labels'>;
  readonly cases: readonly DatasetCase[];
  /** Positive; 1 and 3 mean one sample from the first for three from the second. */
  readonly weight: number;
}

/** Where training samples come from. */
export interface SampleSource {
  /** One sample; the stream alone decides which, and how it is changed. */
  draw(random: Random): Promise<StepSample>;
}

/** Keeps cases in memory up to a number of bytes, the longest unused one leaving first. Results do not depend on it. */
export class CaseStore {
  private readonly volumes = new Map<string, TrainingVolume>();
  private bytes = 0;

  constructor(
    private readonly rules: InputRules,
    private readonly budget: number,
  ) {}

  /** @throws QuorumError as `loadCase`. */
  async load(dataset: CaseGroup['dataset'], datasetCase: DatasetCase): Promise<TrainingVolume> {
    const key = datasetCase.folder;
    const kept = this.volumes.get(key);
    if (kept) {
      this.volumes.delete(key);
      this.volumes.set(key, kept);
      return kept;
    }
    const volume = await loadCase(dataset, datasetCase, this.rules);
    if (!this.volumes.has(key)) this.bytes += bytesOf(volume);
    this.volumes.set(key, volume);
    for (const [oldest, old] of this.volumes) {
      if (this.bytes <= this.budget || oldest === key) break;
      this.volumes.delete(oldest);
      this.bytes -= bytesOf(old);
    }
    return volume;
  }

  /** All cases of the groups, one after the other. */
  async *all(groups: readonly CaseGroup[]): AsyncGenerator<TrainingVolume> {
    for (const { dataset, cases } of groups) {
      for (const datasetCase of cases) yield await this.load(dataset, datasetCase);
    }
  }
}

/** Draws a data set by its weight, a case of it uniformly, and augments it. */
export function augmentedSource(
  groups: readonly CaseGroup[],
  store: CaseStore,
  rules: AugmentationRules,
): SampleSource {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return {
    async draw(random) {
      let place = random.uniform(0, total);
      const group = groups.find(({ weight }) => {
        place -= weight;
        return place < 0;
      });
      const { dataset, cases } = group ?? groups[groups.length - 1];
      const volume = await store.load(dataset, cases[random.integer(0, cases.length - 1)]);
      return augmentedSample(volume, rules, random);
    },
  };
}

function bytesOf(volume: TrainingVolume): number {
  return volume.images.reduce((sum, image) => sum + (image?.byteLength ?? 0), volume.labels.byteLength);
}
