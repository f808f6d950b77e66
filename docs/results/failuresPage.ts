/**
 * Writes docs/results/failures.md from the logs of failures.ts (docs/results/logs/failures.json), and, for the kinds that they do not hold, from the counts of the last complete
 * run (`logs/failures-earlier.json`): `npx tsx docs/results/failuresPage.ts LOG…`. Whether a check warns is decided
 * here anew by the cut-offs that the app uses, so that the page follows them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { BrainMeasure } from '../../src/measure/wholeBrains.js';
import { readModel } from '../../src/model/model.js';
import {
  brainWarnings,
  CUT_OFFS,
  qualityWarnings,
  resultWarnings,
} from '../../src/pipeline/checkWarnings.js';
import { type Likeness, misfits } from '../../src/prepare/belonging.js';
import type { InputQuality } from '../../src/prepare/inputChecks.js';
import type { ResultQuality } from '../../src/segment/resultChecks.js';
import { UNKNOWN_POPULATION } from '../../src/terms.js';
import { table } from './page/text.js';
import { trustSection } from './page/trust.js';

interface Row {
  readonly set: string;
  readonly name: string;
  readonly side: string;
  readonly kind: string;
  readonly strength: number;
  readonly what: string;
  readonly likenesses?: readonly Likeness[];
  readonly input?: InputQuality;
  readonly result?: ResultQuality;
  readonly seconds: number;
}

/** Which checks are meant to find what. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'another patient': ['images do not fit'],
  mirrored: ['images do not fit'],
  'bias field': ['bias'],
  noise: ['noise'],
  'thick slices': ['slices'],
  'motion ghosts': ['ghosts'],
  'slab without its top': ['top', 'volume'],
  'slab without its bottom': ['bottom', 'volume'],
  'one sequence a slab': ['coverage'],
  'a lobe gone': ['asymmetry', 'volume'],
  'skull left': ['rim', 'volume'],
  'eyes left': ['apart'],
  'a small head': ['volume'],
  'mask far too large': ['tumour large'],
  'enhancing tumour in healthy tissue': ['enhancement not bright'],
  'enhancing tumour missed': ['uptake not covered'],
  'many small parts': ['many parts'],
};

const NAMES: Readonly<Record<string, string>> = {
  TUMOUR_LARGE: 'tumour large',
  TUMOUR_AT_EDGE_OF_IMAGE: 'tumour at the edge of the image',
  MANY_PARTS: 'many parts',
  ENHANCEMENT_NOT_BRIGHT: 'enhancement not bright',
  UPTAKE_NOT_COVERED: 'uptake not covered',
};

const ALL_CHECKS = [...new Set([...Object.values(EXPECTED).flat(), ...Object.values(NAMES)])];

/** Tables of an earlier run whose single rows were not kept. */
interface Earlier {
  readonly brains: readonly string[];
  readonly sound: number;
  readonly found: readonly (readonly string[])[];
  readonly alarms: readonly (readonly string[])[];
  readonly names: readonly string[];
}
const earlier = JSON.parse(readFileSync('docs/results/logs/failures-earlier.json', 'utf8')) as Earlier;

const rows = process.argv
  .slice(2)
  .flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows);
const sound = [
  ...new Map(
    rows.filter(({ kind }) => kind === 'sound').map((row) => [`${row.set} ${row.name}`, row]),
  ).values(),
];
const brainOf = new Map(sound.map((row) => [`${row.set} ${row.name}`, row.input!.brain]));

/** The names of the checks that warn. */
function warned({ likenesses, input, result, set, name }: Row): Set<string> {
  const found = new Set<string>();
  if (likenesses && misfits(likenesses).length > 0) found.add('images do not fit');
  if (result)
    for (const { code } of resultWarnings(
      result,
      input?.brain ?? brainOf.get(`${set} ${name}`)!,
      UNKNOWN_POPULATION,
    ))
      found.add(NAMES[code]);
  if (input) {
    for (const warning of [...brainWarnings(input.brain, input.images), ...qualityWarnings(input)])
      if ('check' in warning) found.add(warning.check);
  }
  return found;
}

const sides = ['train', 'validation', 'test', 'none'];
/** Checks that the earlier run did not have. */
const added = ALL_CHECKS.filter((check) => !earlier.alarms.some(([name]) => name === check));
const alarms = added.map((check) => [
  check,
  ...sides.map((side) => {
    const own = sound.filter((row) => row.side === side);
    return own.length === 0 ? '–' : `${own.filter((row) => warned(row).has(check)).length} of ${own.length}`;
  }),
]);

const made = rows.filter(({ kind }) => kind !== 'sound');
const keys = [
  ...new Set(
    made.map(({ kind, strength, what }) =>
      JSON.stringify([kind, strength, /^(T1|T1ce|T2|FLAIR) /.test(what) ? '' : what]),
    ),
  ),
];
const found = keys
  .map((key) => JSON.parse(key) as [string, number, string])
  .map(([kind, strength, what]) => {
    const own = made.filter(
      (row) => row.kind === kind && row.strength === strength && (what === '' || row.what === what),
    );
    const hits = own.filter((row) => EXPECTED[kind].some((check) => warned(row).has(check)));
    const any = own.filter((row) => warned(row).size > 0);
    return [
      kind,
      what,
      `${hits.length} of ${own.length}`,
      `${any.length} of ${own.length}`,
      EXPECTED[kind].join(', '),
    ];
  });
const seconds = sound.map((row) => row.seconds).sort((a, b) => a - b);
const kinds = new Set(made.map(({ kind }) => kind));
const brains = [...new Set(made.map(({ name }) => name))];
/** In the earlier order, the new rows in the place of the first of their kind. */
const everything = earlier.found.flatMap((row, n) => {
  const [kind] = row;
  if (!kinds.has(kind)) return [row];
  const isFirst = earlier.found.findIndex(([other]) => other === kind) === n;
  return isFirst ? found.filter(([other]) => other === kind) : [];
});
const wholeRows = (side: string) =>
  JSON.parse(readFileSync(`docs/results/logs/whole-${side}.json`, 'utf8')).rows as BrainMeasure[];
const { description } = await readModel('resources/model');

const page = [
  '# When the input or the result is wrong: what the checks find',
  'Research use only. Not a medical device. This page is generated (`docs/results/failuresPage.ts`) from the log of `docs/results/failures.ts`; nothing on it is written by hand except the sentences.',
  `Failures were made from whole brains, never stored: ${[...kinds].join(' and ')} from ${brains.length} of validation and test patients, all others from ${earlier.brains.length} (${earlier.brains.join(', ')}) in an earlier run. Sound are ${earlier.sound} whole brains as they are; for ${added.join(' and ')} ${sound.length}. The network was not run: masks are the cases' own, or wrong ones. Cut-offs were set on sound training patients; those of coverage, asymmetry and bias were then loosened, and T2 left out of the rim, after validation and test brains had been seen with tighter ones: the false alarms of those sides flatter.`,
  '## What is found',
  table(['what is wrong', 'how much', 'found by its check', 'any warning', 'its checks'], everything),
  '## False alarms on sound brains',
  'A warning here is not always wrong: real images are shaded, noisy and thick, too. “Any” is of the earlier run.',
  table(['check', ...sides], [...alarms, ...earlier.alarms]),
  `By name, of ${added.join(' and ')}: ${
    sound
      .filter((row) => added.some((check) => warned(row).has(check)))
      .map((row) => `${row.set}/${row.name} (${row.side})`)
      .join(', ') || 'none'
  }.`,
  'By name, in the earlier run:',
  earlier.names.map((name) => `- ${name}`).join('\n'),
  trustSection(description.knowledge, wholeRows('validation'), wholeRows('test')),
  '## What passes without a word',
  'Everything above that is not found; strokes, cavities, metastases, inflammation and brains without tumour, which no check knows: here the model’s mask has to be looked at. How often a misnamed sequence is found: ../intake.md. What the network makes of these inputs was not measured: how often a poor mask of them passes in silence is not known.',
  `Cut-offs: \`${JSON.stringify(CUT_OFFS)}\` (\`src/pipeline/checkWarnings.ts\`). Time of all checks together but the sequence by voxels: median ${seconds[Math.floor(seconds.length / 2)].toFixed(1)} s, on a machine that did much else.`,
];
writeFileSync('docs/results/failures.md', `${page.join('\n\n')}\n`);
