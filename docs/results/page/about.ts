/** The sections about data, use, training, comparison of methods and how to repeat all this. */
import { REGIONS, type Region } from '../../../src/terms.js';
import { SIDES, type Side } from '../../../src/training/split.js';
import type { MethodRow, PairedTest } from '../measure/ablation.js';
import type { Logs } from './logs.js';
import { notMeasured, number, signed, table, titlesOf, triple } from './text.js';

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
  const tests = log.tests.map(({ first, second, region, patients, difference, pValue, adjusted }) => [
    first,
    second,
    region,
    String(patients),
    signed(difference),
    pValue.toPrecision(2),
    adjusted.toPrecision(2),
  ]);
  return [
    ...parts,
    `${log.about}. Dice on the ${log.side} side's cut-outs, mean of the combinations; one number per seed.`,
    table(['method', 'seeds', ...REGIONS], rows),
    "Method against method: mean difference, Wilcoxon's signed-rank test over patients (of each the mean over combinations and seeds), Holm's correction over all rows. The seeds are two: how far results scatter from training to training is hardly known.",
    table(['method', 'against', 'region', 'patients', 'difference', 'p', 'p (Holm)'], tests),
    `**What comes out**: ${outcome(log.tests)} All runs are short beside the training of the shipped model: what holds after longer training is not known.`,
    'By combination, mean of the seeds:',
    ...REGIONS.map((region) => combinationsOf(log.methods, region)),
    ...(log.runs.some(({ curve }) => curve.length > 0)
      ? ['![Dominance and conflict of the objectives’ gradients](figures/indicators.svg)']
      : []),
  ].join('\n\n');
}

/** Which comparisons remain different after the correction, in words. */
function outcome(tests: readonly PairedTest[]): string {
  const different = tests.filter(({ adjusted }) => adjusted < 0.05);
  if (different.length === 0) return 'no method differs from the one that it is compared with.';
  const lines = different.map(
    ({ first, second, region, difference }) =>
      `${first} ${difference > 0 ? 'has a higher' : 'has a lower'} Dice of ${region} than ${second}`,
  );
  return `${lines.join('; ')}; nothing else differs (Holm, 5 %).`;
}

/** One region: a row per combination, a column per method. */
function combinationsOf(methods: readonly MethodRow[], region: Region): string {
  const rows = Object.keys(methods[0].combinations).map((name) => [
    titlesOf(name),
    ...methods.map(({ combinations }) => number(combinations[name][region])),
  ]);
  return table([region, ...methods.map(({ method }) => method)], rows);
}

export function data({ split, training: log }: Logs): string {
  const ofBrats = (side: Side) => split[side].filter((patient) => patient.startsWith('BraTS20_')).length;
  const counts = SIDES.map((side) => `${ofBrats(side)} ${side}`);
  const unlogged =
    '**No log says how this model was trained**: whether it kept to what follows is not known here, see its card.\n\n';
  return `## Data, licences, split

${log ? '' : unlogged}- **Cut-outs** of BraTS 2020 training (Menze 2015; Bakas 2017, 2018). With the whole brains below, patients are split: ${counts.join(', ')} ([split.json](split.json)); one of those that train is there as a whole brain only.
- **Whole brains with two sequences**: 11 BraTS cases of patients of the training and validation sides; they bring healthy brain (eight train, three validate). They show T1ce in three brains and T2 in none: the eight were also used with the two missing sequences simulated from the two that they have ([contextSimulated.ts](contextSimulated.ts)).
- **Healthy brain with four sequences**: TCGA-DU-7294 (TCGA-LGG, CC BY 3.0) without its tumour: no loss within 10 mm of the fused segmentation ([contextHealthy.ts](contextHealthy.ts)). So it is no test case here.
- **Never trained on**: BraTS19_CBICA_ABM_1, TCGA-FG-6692 (TCGA-LGG, CC BY 3.0), Colin 27 (Holmes 1998).
- **The test part** is scored once by each finished model, after its choices; models that were not shipped are listed in [attempts.md](attempts.md). Its images, without any score, had been among those on which the checks for swapped sequences were first explored; their cut-offs come from the validation part alone.
- BraTS data are for research; no image of them is part of this project. The weights are MIT-licensed, as the project.

## Intended use

Research on segmentation with missing sequences, on adults with an untreated glioma, on skull-stripped images of about 1 mm. **Not a medical device**: nothing here may guide the treatment of a patient. Not for children, treated patients, other tumours, or finding out whether there is a tumour at all.`;
}

export function training({ training: log, tuning }: Logs): string {
  const parts = ['## Training and cost'];
  if (log) {
    const rows = log.stages.map(({ what, command, hours }) => [what, `\`${command}\``, number(hours, 1)]);
    parts.push(table(['stage', 'command', 'hours'], rows));
    if (log.caseSeconds)
      parts.push(
        `A full-size case with four sequences takes ${number(log.caseSeconds.seconds, 1)} s on ${log.caseSeconds.cores} cores.`,
      );
  } else parts.push(notMeasured('training time'));
  if (tuning) {
    const rows = tuning.trials.map(({ what, scores, taken }) => [what, triple(scores), taken ? 'yes' : '']);
    parts.push(
      `Mirroring, fusion, each region’s threshold (as a bias of the fusion) and smallest parts kept (${triple(tuning.cleanUp.minimumMl, 2)} ml) were chosen on validation: mean of cut-outs and whole cases.`,
      table(['tried', 'Dice WT / TC / ET', 'taken'], rows),
    );
  }
  return parts.join('\n\n');
}

export const NOT_REPEATED = `## What was not repeated

Our network's logits, losses and merged gradients are equal to the authors' code within float32 (tests); that says nothing about accuracy. Of the experiments published for the method none was repeated as it was done: not BraTS 2018 or 2020 with 128³ crops of four-sequence brains at width 0.5, not the comparison with HeMIS, U-HVED, RFNet or mmFormer, not CMU-MOSI or CMU-MOSEI. Their data are not here.`;

export const REPRODUCE = `## To repeat this

\`npx tsx docs/results/reproduce.ts --trained MODEL\` tunes a trained Model folder, measures it and writes this page and the model card; it needs the data named above in \`../shared/data\`. Training is by the commands above.`;
