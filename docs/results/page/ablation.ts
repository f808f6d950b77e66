/** The section that compares gradient decoupling with the mean of the losses. */
import { mean } from '../../../src/statistics.js';
import { REGIONS } from '../../../src/terms.js';
import { type Comparison, EQUIVALENCE_MARGIN } from '../measure/ablation.js';
import type { AblationLog, Logs } from './logs.js';
import { notMeasured, number, table } from './text.js';

const TITLES: Readonly<Record<string, string>> = {
  mean: 'mean of the losses',
  'mean-long': 'mean of the losses, 2.08 × the steps',
  paper: 'GMD (paper)',
  pcgrad: 'GMD (pcgrad)',
};
const ORDER = ['mean', 'paper', 'pcgrad', 'mean-long'];

export function ablation({ ablation: log }: Logs): string {
  const title = '## Gradient decoupling against the mean of the losses';
  if (!log) {
    return [
      title,
      notMeasured('the comparison of GMD with the mean loss has not been run to its end'),
      'Nothing here says that gradient decoupling is better than the mean loss.',
    ].join('\n\n');
  }
  const seeds = new Set(log.runs.map(({ seed }) => seed)).size;
  return [
    title,
    `The short form of [the plan](ablation-plan.md), laid down before its first run: all arms go on from one trunk (Quorum 1, which had never seen a real T2 of a whole brain) on whole brains and cut-outs, with few steps of one crop, under ${seeds} seeds. Dice on the validation side's whole brains with four sequences, mean of the 15 combinations, last weights; one number per seed. It holds for this trunk and so short a training.`,
    armsOf(log),
    `Paired by seed. *Equivalent*: the 90 % t-interval lies within ± ${number(EQUIVALENCE_MARGIN, 2)}. *Better* or *worse*: p below 0.05 after Holm's correction over the table. Else *undecided*: these runs do not tell.`,
    `At the same number of steps (${verdictsOf(log.comparisons)}):`,
    comparisonsOf(log.comparisons),
    `Against a mean loss with 2.08 times the steps, which is how much longer a decoupled step takes by the plan’s count (${verdictsOf(log.sameSeconds)}). The seconds themselves were not compared: other work ran beside these runs.`,
    comparisonsOf(log.sameSeconds),
    processesOf(log),
    'Two earlier editions of this page compared methods after 800 steps from fresh parameters, under two seeds, with patients as units of the test. What they said of ET is withdrawn.',
  ].join('\n\n');
}

function armsOf({ runs }: AblationLog): string {
  const rows = ORDER.map((arm) => {
    const own = runs.filter((run) => run.arm === arm);
    return [
      TITLES[arm],
      String(own[0]?.steps ?? 0),
      ...REGIONS.map((region) => own.map(({ dice }) => number(dice[region])).join(', ')),
    ];
  });
  return table(['arm', 'steps', ...REGIONS], rows);
}

/** How often each word was said, such as `5 equivalent, 1 undecided`. */
function verdictsOf(comparisons: readonly Comparison[]): string {
  const words = comparisons.map(({ verdict }) => verdict);
  return [...new Set(words)]
    .map((word) => `${words.filter((other) => other === word).length} ${word}`)
    .join(', ');
}

function comparisonsOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(
    ({ arm, against, region, mean, interval90, interval95, adjustedP, verdict }) => [
      `${TITLES[arm]} − ${TITLES[against]}, ${region}`,
      number(mean),
      interval90.map((value) => number(value)).join(' to '),
      interval95.map((value) => number(value)).join(' to '),
      number(adjustedP, 2),
      verdict,
    ],
  );
  return table(['difference', 'mean', '90 %', '95 %', 'p (Holm)', 'so'], rows);
}

/** Conflict, dominance and who would have been worsened, mean of the seeds. */
function processesOf({ runs }: AblationLog): string {
  const rows = ORDER.flatMap((arm) => {
    const own = runs.filter((run) => run.arm === arm).flatMap(({ process }) => process ?? []);
    if (own.length === 0) return [];
    const share = (of: (process: (typeof own)[number]) => number) =>
      `${number(100 * mean(own.map(of)), 1)} %`;
    return [
      [
        TITLES[arm],
        share(({ conflict }) => conflict),
        number(mean(own.map(({ dominance }) => dominance)), 1),
        number(mean(own.map(({ normRatio }) => normRatio)), 2),
        share(({ meanHarms }) => meanHarms),
        share(({ mergedHarms }) => mergedHarms),
      ],
    ];
  });
  const columns = [
    'pairs in conflict',
    'largest ÷ smallest norm',
    '‖G′‖ ÷ ‖G‖',
    'mean would worsen',
    'merged worsens',
  ];
  return [
    'What happened between the objectives (gradients of the parameters that all share; the plan says: where the plain mean worsens fewer than 2 % of them, there is nothing to decouple):',
    table(['arm', ...columns], rows),
  ].join('\n\n');
}
