/** The sections about data, use, training, comparison of methods and how to repeat all this. */
import { REGIONS, type Region } from '../../../src/terms.js';
import { SIDES } from '../../../src/training/split.js';
import type { MethodRow } from '../measure/ablation.js';
import type { Logs } from './logs.js';
import { notMeasured, number, table, titlesOf, triple } from './text.js';

export function ablation({ ablation: log }: Logs): string {
  const parts = ['## Gradient decoupling against its alternatives'];
  if (!log) {
    return [
      ...parts,
      notMeasured(
        'no ablation of GMD, mean loss, region weights and modality dropout has been run to its end',
      ),
      'Nothing here says that gradient decoupling is better than the mean loss.',
    ].join('\n\n');
  }
  const rows = log.methods.map(({ method, seeds, mean }) => [
    method,
    String(seeds.length),
    ...REGIONS.map((region) => mean[region].map((value) => number(value)).join(', ')),
  ]);
  return [
    ...parts,
    `${log.about}. Dice on the ${log.side} side's cut-outs, mean of the combinations; one number per seed.`,
    table(['method', 'seeds', ...REGIONS], rows),
    '**This does not compare the methods.** Two seeds are two trainings: the differences between methods change sign from seed to seed (ET of GMD (paper) against the mean loss: −0.090 and +0.011). An earlier edition of this page tested over patients, took each training as known without error, and said that GMD lowers ET. That sentence is withdrawn. The objectives were the four single sequences, so no arm trained the fused prediction, and all runs end near their start. A fair test is laid down in [ablation-plan.md](ablation-plan.md); it has not been run.',
    'By combination, mean of the seeds:',
    ...REGIONS.map((region) => combinationsOf(log.methods, region)),
    ...(log.runs.some(({ curve }) => curve.length > 0)
      ? ['![Dominance and conflict of the objectives’ gradients](figures/indicators.svg)']
      : []),
  ].join('\n\n');
}

/** One region: a row per combination, a column per method. */
function combinationsOf(methods: readonly MethodRow[], region: Region): string {
  const rows = Object.keys(methods[0].combinations).map((name) => [
    titlesOf(name),
    ...methods.map(({ combinations }) => number(combinations[name][region])),
  ]);
  return table([region, ...methods.map(({ method }) => method)], rows);
}

export function data({ split }: Logs): string {
  const counts = SIDES.map((side) => `${split[side].length} ${side}`);
  return `## Data, licences, split

Patients are split: ${counts.join(', ')} ([split.json](split.json)). No patient is on two sides.

| | train | validation | test |
|---|--:|--:|--:|
| whole brains, four sequences (BraTS 2020 and 2021) | 36 | 8 | 9, and one BraTS 2019 case at 1 mm |
| whole brains, T1, T1ce, FLAIR (TCGA-LGG, labels of BraTS) | 27 | 4 | 4 |
| whole brains, whole tumour alone (TCGA-LGG) | 10 | 3 | 0 |
| whole brains at 1 mm, two sequences (BraTS 2013, 2018) | 8 | 3 | 0 |
| cut-outs of BraTS 2020 | 244 | 49 | 58 |

- BraTS: Menze 2015; Bakas 2017, 2018. TCGA-LGG: CC BY 3.0.
- **Never trained on**: the test side, TCGA-FG-6692, TCGA-DU-7294, Colin 27 (Holmes 1998).
- **The test side** is scored once by each finished model, after its choices; models that were not shipped are listed in [attempts.md](attempts.md).
- BraTS data are for research; no image of them is part of this project. The weights are MIT-licensed, as the project.

## Intended use

Research on segmentation with missing sequences, on adults with an untreated glioma, on skull-stripped images of about 1 mm. **Not a medical device**: nothing here may guide the treatment of a patient. Not for children, treated patients, other tumours, or finding out whether there is a tumour at all.`;
}

export function training({ training: log, tuning }: Logs): string {
  const parts = ['## Training and cost'];
  if (log) {
    const rows = log.stages.map(({ what, command, minutes }) => [what, `\`${command}\``, number(minutes, 1)]);
    parts.push(table(['stage', 'command', 'minutes'], rows));
    parts.push(`**What the decoupling did**: ${log.decoupling}`);
    if (log.caseSeconds)
      parts.push(
        `A full-size case with four sequences takes ${number(log.caseSeconds.seconds, 1)} s on ${log.caseSeconds.cores} cores.`,
      );
  } else parts.push(notMeasured('training time'));
  if (tuning) {
    const rows = tuning.trials.map(({ what, scores, taken }) => [
      what,
      triple(scores.dice),
      triple(scores.volumeRatio, 2),
      taken ? 'yes' : '',
    ]);
    parts.push(
      `Clean-up and mirroring were chosen on whole validation brains; region weights and biases stay as learned (${triple(tuning.cleanUp.minimumMl, 2)} ml are the smallest parts kept).`,
      table(['tried', 'Dice WT / TC / ET', 'found / true, median', 'taken'], rows),
    );
  }
  return parts.join('\n\n');
}

export const NOT_REPEATED = `## What was not repeated

Our network's logits, losses and merged gradients are equal to the authors' code within float32 (tests); that says nothing about accuracy. Of the experiments published for the method none was repeated as it was done: not BraTS 2018 or 2020 with 128³ crops of four-sequence brains at width 0.5, not the comparison with HeMIS, U-HVED, RFNet or mmFormer, not CMU-MOSI or CMU-MOSEI. Their data are not here.`;

export const REPRODUCE = `## To repeat this

\`npm run results -- --trained MODEL\` takes an imported Model folder, chooses its clean-up, measures it and writes this page and the model card; it needs the data named above in \`../shared/data\`. Training is by the commands above.`;
