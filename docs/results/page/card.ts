/** The model card, from the same logs as the page. */

import { byRegion } from '../../../src/evaluate/scores.js';
import type { ModelDescription } from '../../../src/model/schema.js';
import { mean } from '../../../src/statistics.js';
import { MODALITY_TITLES, REGIONS } from '../../../src/terms.js';
import type { Logs } from './logs.js';
import { meanDice } from './scores.js';
import { titlesOf, triple } from './text.js';

export function modelCard(description: ModelDescription, logs: Logs): string {
  const { knowledge, width, channels, modalities } = description;
  const size = channels ? `channels ${channels.join('-')}` : `width ${width}`;
  const unsupported = Object.entries(knowledge.combinations).flatMap(([name, known]) => {
    const regions = REGIONS.filter((region) => !known[region].supported);
    return regions.length > 0 ? [`${titlesOf(name)}: ${regions.join(', ')}`] : [];
  });
  const test = logs.testCutOuts?.summary;
  const four = (logs.wholeTest?.rows ?? []).filter(
    ({ dataset, members }) => dataset === 'brains' && members.length === modalities.length,
  );
  const whole = byRegion((region) => {
    const values = four.flatMap(({ regions }) => regions[region]?.dice ?? []);
    return values.length === 0 ? null : mean(values);
  });
  const failures = (logs.robustness?.knownFailures ?? []).map(
    ({ subject, change, combination }) => `${subject}, ${change}, ${titlesOf(combination)}`,
  );
  const items = [
    `**Network**: Dynamic Sharing U-Net (Wang et al., AAAI 2024), ${size}, ${modalities.map((m) => MODALITY_TITLES[m]).join(', ')}; regions WT, TC, ET.`,
    `**Training**: ${description.description}`,
    `**Training data**: ${knowledge.trainingData} BraTS (Menze 2015; Bakas 2017, 2018), for research. No image of it is part of this project.`,
    four.length > 0
      ? `**${four.length} whole test brains** (BraTS 2020), all sequences, mean Dice WT / TC / ET on the 128-grid: ${triple(whole)}.`
      : '**Whole test brains**: not measured yet.',
    test
      ? `**Cut-outs of ${test.patients} test patients**, mean of the combinations over the patients who have all of them and the region, Dice WT / TC / ET (n): ${meanDice(test)}. Cut-outs say nothing about false tumour elsewhere and must not stand beside published figures.`
      : '**Cut-outs of test patients**: not measured yet.',
    `**Not supported** (no number is given): ${unsupported.join('; ') || 'nothing'}.`,
    `**Volume ranges**: ${knowledge.volumeRanges ? `measured on ${knowledge.volumeRanges.measuredOn}.` : 'not known.'}`,
    `**Known failures without a warning**: ${logs.robustness ? failures.join('; ') || 'none among those tried' : 'not measured yet'}.`,
    '**Intended use**: research, adults with an untreated glioma, skull-stripped images of about 1 mm. Not for children, treated patients, other tumours, or finding out whether there is a tumour.',
    '**Licence** of the weights: MIT, as the project.',
  ];
  return `# ${description.name} ${description.version}

**Research use only. Not a medical device.**

${items.map((item) => `- ${item}`).join('\n')}

All numbers, their intervals and how they were measured: docs/results in the project.
`;
}
