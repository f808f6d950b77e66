import { SIDES } from '../../../src/training/split.js';
import type { Logs } from './logs.js';
import { notMeasured, number, table, triple } from './text.js';

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
