/** The logs that the page is made of; what is missing is null, and the page says so. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PatientScore } from '../../../src/evaluate/scores.js';
import type { Summary } from '../../../src/evaluate/summary.js';
import type { BrainMeasure } from '../../../src/measure/wholeBrains.js';
import type { InputChecks } from '../../../src/model/knowledgeSchema.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import type { Modality, Region } from '../../../src/terms.js';
import type { Comparison, Process, Run } from '../measure/ablation.js';
import type { Settings, Trial } from '../measure/tuning.js';

interface Named {
  readonly model: { readonly name: string; readonly version: string; readonly hash: string };
}

/** What `quorum evaluate` wrote. */
export interface Evaluation {
  readonly summary: Summary & {
    readonly dataset: string;
    readonly side: string;
    readonly of: { readonly model?: Named['model'] };
  };
  readonly patients: readonly PatientScore[];
}

type Knowledge = ModelDescription['knowledge'];

/** What `quorum measure` wrote. */
export interface BrainLog extends Named {
  readonly side: string;
  readonly rows: readonly BrainMeasure[];
}

export interface ChecksLog extends Named {
  readonly trainCutOuts: number;
  readonly validationCutOuts: number;
  readonly swapped: InputChecks['swapped'];
  readonly uptake: InputChecks['uptake'];
  readonly surface: InputChecks['surface'];
  /** The 99th percentile of the share. */
  readonly surfaceUsual: number | null;
  readonly lesions: InputChecks['lesions'];
  /** In logs of before `features.json`. */
  readonly features?: Features;
}

/** What the network's own features find of strange images, by sequence. */
export type Features = Readonly<
  Record<Modality, { readonly detection: Readonly<Record<string, number>>; readonly cases: number }>
>;

export interface RobustnessLog extends Named {
  readonly failureMeans: {
    readonly poorDice: number;
    readonly lostDice: number;
    readonly falseMlWithoutTumour: number;
  };
  readonly results: readonly {
    readonly subject: string;
    readonly change: string;
    readonly combination: string;
    readonly dice: Readonly<Record<Region, number>> | null;
    readonly foundMl: Readonly<Record<Region, number>>;
    readonly falseMl: Readonly<Record<Region, number>>;
    readonly warnings: readonly { readonly code: string; readonly text: string }[];
  }[];
  readonly knownFailures: readonly { subject: string; change: string; combination: string }[];
}

/** What `stability.ts` measured: (largest − smallest) / mean of the volumes. */
export interface StabilityLog extends Named {
  readonly rows: readonly {
    readonly name: string;
    readonly what: string;
    readonly combination: string;
    readonly spread: Readonly<Record<Region, number>>;
    readonly ml: Readonly<Record<Region, readonly number[]>>;
  }[];
}

export interface TuningLog extends Settings {
  readonly trials: readonly Trial[];
}

/** Of ablation.ts. */
export interface AblationLog {
  readonly runs: readonly (Run & {
    readonly steps: number;
    readonly seconds: number;
    readonly process: Process | null;
  })[];
  /** At the same number of steps. */
  readonly comparisons: readonly Comparison[];
  /** Against a mean loss that trained as long. */
  readonly sameSeconds: readonly Comparison[];
}

/** Written by hand from what was run: the only log without a script. */
export interface TrainingLog {
  readonly stages: readonly { readonly what: string; readonly command: string; readonly minutes: number }[];
  /** What the decoupling did in that run, in sentences. */
  readonly decoupling: string;
  /** Seconds of a full-size case with four sequences, on how many cores. */
  readonly caseSeconds: { readonly seconds: number; readonly cores: number } | null;
}

export interface Logs {
  readonly testCutOuts: Evaluation | null;
  readonly wholeTest: BrainLog | null;
  readonly wholeValidation: BrainLog | null;
  /** What model.json says of the model that is described. */
  readonly knowledge: Knowledge | null;
  readonly checks: ChecksLog | null;
  readonly features: Features | null;
  readonly robustness: RobustnessLog | null;
  readonly stability: StabilityLog | null;
  readonly tuning: TuningLog | null;
  readonly training: TrainingLog | null;
  readonly ablation: AblationLog | null;
  readonly split: { readonly train: string[]; readonly validation: string[]; readonly test: string[] };
}

/** @param folder `docs/results`. */
export function readLogs(folder: string, knowledge: Knowledge | null = null): Logs {
  const read = <T>(...path: string[]): T | null => {
    const file = join(folder, ...path);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null;
  };
  const evaluation = (name: string): Evaluation | null => {
    const summary = read<Evaluation['summary']>('logs', name, 'summary.json');
    const patients = read<PatientScore[]>('logs', name, 'patients.json');
    // Logs of before 0.2 have no number of patients behind each mean: they are measured again, not guessed at.
    return summary && 'complete' in summary && patients ? { summary, patients } : null;
  };
  const checks = read<ChecksLog>('logs', 'checks.json');
  return {
    testCutOuts: evaluation('test-cut-outs'),
    wholeTest: joined(read('logs', 'whole-test.json'), read('logs', 'whole-raw.json')),
    wholeValidation: read('logs', 'whole-validation.json'),
    knowledge,
    checks,
    features: read<{ features: Features }>('logs', 'features.json')?.features ?? checks?.features ?? null,
    robustness: read('logs', 'robustness.json'),
    stability: read('logs', 'stability.json'),
    tuning: read('logs', 'tuning.json'),
    training: read('logs', 'training.json'),
    ablation: read('ablation.json'),
    split: read('split.json')!,
  };
}

/** The test side, and cases of no data set of the split. */
function joined(test: BrainLog | null, others: BrainLog | null): BrainLog | null {
  return test && others ? { ...test, rows: [...test.rows, ...others.rows] } : test;
}

/** The models that the logs speak of: more than one means that the page would mix them. */
export function modelHashes(logs: Logs): string[] {
  const others = [logs.wholeTest, logs.stability, logs.robustness].map((one) => one?.model.hash);
  const hashes = [logs.testCutOuts?.summary.of.model?.hash, ...others];
  return [...new Set(hashes.filter((hash) => hash !== undefined))];
}
