/** Figure and page of trainers.ts, from its log. */
import { writeFile } from 'node:fs/promises';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Combination, membersOf } from '../../src/terms.js';

export interface Run {
  /** Of each step: loss per combination. */
  readonly losses: readonly Readonly<Record<string, number>>[];
  /** The CPU's, of each step. */
  readonly seconds: readonly number[];
}

interface Pair {
  readonly quorum: Run;
  readonly torch: Run;
}

export interface Trainers {
  readonly threads: number;
  /** PyTorch's version. */
  readonly torch: string;
  readonly cutOuts: number;
  readonly rate: number;
  /** Mean of the 15 losses, on the middle 16³ of the cut-outs. */
  readonly curves: Pair;
  /** The same and the gradients decoupled, on whole cut-outs, for the time of a step alone. */
  readonly times: Readonly<Record<'mean' | 'paper', Pair>>;
}

export async function writePage(trainers: Trainers): Promise<void> {
  await writeFile('docs/results/figures/trainers.svg', await figure(trainers));
  await writeFile('docs/results/trainers.md', page(trainers));
}

function page({ threads, torch, cutOuts, rate, curves, times }: Trainers): string {
  const steps = curves.quorum.losses.length;
  const apart = (until: number) => largestDifference(curves, until).toExponential(1);
  const last = (run: Run) => average(run.losses.slice(-20).map(meanLoss)).toFixed(4);
  const timeRow = (name: string, { quorum, torch }: Pair) => {
    const [a, b] = [median(quorum.seconds), median(torch.seconds)];
    return `| ${name} | ${quorum.losses.length} | ${a.toFixed(2)} | ${b.toFixed(2)} | ${(b / a).toFixed(2)} |`;
  };
  return `# \`quorum train\` and training/torch side by side

Made by \`npx tsx test/bench/trainers.ts\` from [its log](logs/trainers.json). Do not edit.

${steps} steps by both trainers from one start, on the same ${cutOuts} cut-outs of BraTS 2020 (training side, those whose box of tissue fills the file; their middle 16³, in steps of 1/8) in the same order, one a step, without augmentation; width 0.25, mean of the 15 losses, Adam at ${rate}. It shows that both compute the same, not how good a model gets.

![Loss of both trainers, and how far they are apart](figures/trainers.svg)

No loss of a combination differed by more than ${apart(10)} in the first 10 steps, ${apart(50)} in the first 50 and ${apart(steps)} in all ${steps}. Both round differently in the last bits, and training makes such differences grow. The mean loss over the last 20 steps is ${last(curves.quorum)} and ${last(curves.torch)}.

## Seconds of a step on the CPU

One sample of 32³ with four sequences, ${threads === 1 ? 'one thread each' : `${threads} threads each`}, PyTorch ${torch}; seconds that the CPU worked, not the clock's, as other programs ran on the machine. Medians.

| step | steps | \`quorum train\` | training/torch | torch ÷ quorum |
| --- | --: | --: | --: | --: |
${timeRow('mean of the 15 losses', times.mean)}
${timeRow('gradients of all 15 losses, decoupled', times.paper)}
`;
}

function largestDifference({ quorum, torch }: Pair, until: number): number {
  return Math.max(
    ...quorum.losses
      .slice(0, until)
      .flatMap((losses, step) =>
        Object.entries(losses).map(([name, value]) => Math.abs(value - torch.losses[step][name])),
      ),
  );
}

function median(seconds: readonly number[]): number {
  return seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)];
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b) / values.length;
}

function meanLoss(losses: Readonly<Record<string, number>>): number {
  return average(Object.values(losses));
}

async function figure({ curves }: Trainers): Promise<string> {
  const groups: readonly [string, (size: number) => boolean][] = [
    ['all four', (size) => size === 4],
    ['single sequences', (size) => size === 1],
  ];
  const curve = (trainer: string, run: Run) =>
    run.losses.flatMap((losses, index) =>
      groups.map(([group, takes]) => ({
        step: index + 1,
        trainer,
        group,
        loss: average(
          Object.entries(losses)
            .filter(([name]) => takes(membersOf(name as Combination).length))
            .map(([, value]) => value),
        ),
      })),
    );
  const difference = curves.quorum.losses.map((losses, index) => ({
    step: index + 1,
    difference: Math.max(
      1e-8,
      ...Object.entries(losses).map(([name, value]) => Math.abs(value - curves.torch.losses[index][name])),
    ),
  }));
  const x = { field: 'step', type: 'quantitative' as const, title: 'step' };
  const color = { field: 'group', type: 'nominal' as const, title: null, sort: null };
  const panel = (trainer: string, run: Run) => ({
    title: { text: trainer, anchor: 'start' as const, fontSize: 13 },
    width: 330,
    height: 200,
    data: { values: curve(trainer, run) },
    layer: [
      {
        mark: { type: 'line' as const, strokeWidth: 1, opacity: 0.25 },
        encoding: { x, y: { field: 'loss', type: 'quantitative' as const, title: 'loss' }, color },
      },
      {
        transform: [
          {
            window: [{ op: 'mean' as const, field: 'loss', as: 'smooth' }],
            frame: [-10, 10] as [number, number],
            groupby: ['group'],
            sort: [{ field: 'step' }],
          },
        ],
        mark: { type: 'line' as const, strokeWidth: 2 },
        encoding: { x, y: { field: 'smooth', type: 'quantitative' as const }, color },
      },
    ],
  });
  const specification: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: { font: 'sans-serif', axis: { labelFontSize: 11, titleFontSize: 12 } },
    vconcat: [
      {
        hconcat: [panel('quorum train', curves.quorum), panel('training/torch', curves.torch)],
        resolve: { scale: { y: 'shared' } },
      },
      {
        title: {
          text: 'Largest difference of the 15 losses between the trainers',
          anchor: 'start',
          fontSize: 13,
        },
        width: 740,
        height: 120,
        data: { values: difference },
        mark: { type: 'line', strokeWidth: 1.5, color: '#444' },
        encoding: {
          x,
          y: {
            field: 'difference',
            type: 'quantitative',
            title: null,
            scale: { type: 'log' },
            axis: { format: '.0e' },
          },
        },
      },
    ],
  };
  return new View(parse(compile(specification).spec), { renderer: 'none' }).toSVG();
}
