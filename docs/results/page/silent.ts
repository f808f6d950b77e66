/** What the network makes of wrong inputs, and what the app says of it: from the log of `silent.ts`. */
import { combinationName, MODALITIES, membersOf, REGIONS, type Region } from '../../../src/terms.js';
import type { RatedRegion, RatedRow } from './rating.js';
import { table, titlesOf } from './text.js';

/** A supported region is poor below this Dice, or with more false tumour. */
const POOR_DICE = 0.6;
const FALSE_ML = 10;
/** From here on a mask is good for all that. */
const GOOD_DICE = 0.8;

/** The warnings that are meant to find a kind; none where no check knows it. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'another patient': ['IMAGES_DO_NOT_FIT'],
  mirrored: ['IMAGES_DO_NOT_FIT'],
  'bias field': ['IMAGE_QUALITY bias'],
  noise: ['IMAGE_QUALITY noise'],
  'thick slices': ['IMAGE_QUALITY slices'],
  'motion ghosts': ['IMAGE_QUALITY ghosts'],
  'slab without its top': ['BRAIN_IMPLAUSIBLE top', 'BRAIN_IMPLAUSIBLE volume'],
  'slab without its bottom': ['BRAIN_IMPLAUSIBLE bottom', 'BRAIN_IMPLAUSIBLE volume'],
  'one sequence a slab': ['IMAGE_QUALITY coverage'],
  'a lobe gone': ['BRAIN_IMPLAUSIBLE asymmetry', 'BRAIN_IMPLAUSIBLE volume'],
  'skull left': ['BRAIN_IMPLAUSIBLE rim', 'BRAIN_IMPLAUSIBLE volume'],
  'eyes left': ['BRAIN_IMPLAUSIBLE apart'],
  'a small head': ['BRAIN_IMPLAUSIBLE volume'],
  'sequences swapped': ['SEQUENCES_SWAPPED', 'SEQUENCE_MISNAMED'],
  'one sequence, misnamed': ['SEQUENCE_MISNAMED'],
  metastases: ['SEVERAL_ENHANCING_LESIONS', 'MANY_PARTS'],
  'dural mass': ['MASS_AT_SURFACE', 'TUMOUR_AT_SURFACE'],
  'resection cavity': ['FLUID_IN_TUMOUR'],
  stroke: ['NOTHING_ENHANCES', 'TUMOUR_AT_SURFACE'],
};

const RATING_TITLES = {
  good: 'likely good',
  look: 'look closely',
  avoid: 'do not use',
  unknown: 'not known',
};

/** Kinds whose single rows differ by sequence alone stand in one line. */
const JOINED = ['another patient', 'mirrored', 'sequences swapped', 'one sequence, misnamed'];

/** What is found of a region that the patient does not have has a Dice of 0. */
const isPoor = ({ supported, dice, ml, falseMl }: RatedRegion): boolean =>
  supported && (dice === null ? ml > 0 : dice < POOR_DICE || falseMl > FALSE_ML);
const isTold = ({ rating }: RatedRegion): boolean => rating === 'look' || rating === 'avoid';

/** A warning other than that a region is not supported. */
const hasWarning = ({ warnings }: RatedRow): boolean =>
  warnings.some((code) => !code.startsWith('REGION_NOT_SUPPORTED'));
/** A warning, or a rating “do not use”, which stands in a warning's place. */
const saysSomething = (row: RatedRow): boolean =>
  hasWarning(row) ||
  REGIONS.some((region) => row.regions[region].supported && row.regions[region].rating === 'avoid');

function poorRegions(rows: readonly RatedRow[]): { row: RatedRow; region: Region }[] {
  return rows.flatMap((row) =>
    REGIONS.filter((region) => isPoor(row.regions[region])).map((region) => ({ row, region })),
  );
}

/** Nothing is said against it. */
const isSilent = ({ row, region }: { row: RatedRow; region: Region }) =>
  row.regions[region].rating === 'good';
/** All that is said is that it is not known how good it is. */
const isUnknown = ({ row, region }: { row: RatedRow; region: Region }) =>
  row.regions[region].rating === 'unknown';
/** No warning and no “do not use”: “look closely” stands beside nearly every whole tumour. */
const isUnwarned = ({ row }: { row: RatedRow }) => !saysSomething(row);
/** No warning, whatever the rating. */
const isWithoutCode = ({ row }: { row: RatedRow }) => !hasWarning(row);

/** The sections of docs/results/failures.md on inputs that went through the network. */
export function networkSections(
  rows: readonly RatedRow[],
  known: { readonly over: number; readonly large: number },
): string[] {
  const made = rows.filter(({ kind, side }) => kind !== 'sound' && kind !== 'no tumour' && side === 'test');
  const strokes = rows.filter(({ kind }) => kind === 'stroke');
  const poor = poorRegions(made);
  const silent = poor.filter(isSilent);
  const sound = rows.filter(({ kind }) => kind === 'sound');
  const unknown = poor.filter(isUnknown);
  const unwarned = poor.filter(isUnwarned);
  const named = (own: typeof poor) =>
    own
      .map(
        ({ row, region }) =>
          `- ${row.name}, ${row.kind} (${row.what}), ${titlesOf(row.combination)}: ${region} ${describe(row.regions[region])}, rated “${RATING_TITLES[row.regions[region].rating]}”`,
      )
      .join('\n');
  const brains = new Set(made.map(({ name }) => name)).size;
  const strongest = made.filter(({ kind, strength }) =>
    made.every((other) => other.kind !== kind || other.strength <= strength),
  );
  const others = made.filter((row) => !strongest.includes(row));
  // Of three levels.
  const middle = others.filter(({ strength }) => strength === 2);
  const share = (own: readonly RatedRow[], is = isSilent) => {
    const masks = new Set(
      poorRegions(own)
        .filter(is)
        .map(({ row }) => row),
    ).size;
    return `${masks} of ${own.length} (${((100 * masks) / Math.max(1, own.length)).toFixed(1)} %)`;
  };
  return [
    '## Wrong inputs, through the network',
    `Made from ${brains} whole brains of test patients, never stored; each row from about a third of them (cavities from all, strokes from all of which one half is without tumour), other ones for each, so n is small. Masks from all sequences that there are, as the app makes them, with what it says of them. A supported region is poor with a Dice below ${POOR_DICE} or more than ${FALSE_ML} ml of false tumour; told is what a warning or the rating says (“look closely”, “do not use”); silent is poor and rated “likely good”; between them stands what is said to be not known. A region that is not supported is withheld and does not count.`,
    'Metastases, dural masses, strokes and brains without a tumour are painted into one half of a brain and its mirror image: that their images look mirrored is not counted as a warning. Every row was measured by the checks of today; warnings and ratings are made of the logged numbers when this page is.',
    table(
      [
        'what is wrong',
        'how much',
        'found by its check',
        'any warning',
        'poor regions',
        'not known',
        'silent',
        'its check',
      ],
      groupsOf(made).map(([kind, what, own]) => {
        const expected = EXPECTED[kind];
        const bad = poorRegions(own);
        return [
          kind,
          what,
          expected ? hitsOf(own, expected) : '–',
          `${own.filter(saysSomething).length} of ${own.length}`,
          String(bad.length),
          String(bad.filter(isUnknown).length),
          String(bad.filter(isSilent).length),
          expected?.map(checkName).join(', ') ?? 'none',
        ];
      }),
    ),
    `**Silent failures**, counted strictly – a poor region and neither a warning nor “do not use”; “look closely” does not count, since it stands beside nearly every whole tumour: ${share(strongest, isUnwarned)} masks at the strongest level of each kind (asked: none), ${share(middle, isUnwarned)} at the second of three (asked: 5 %), ${share(others, isUnwarned)} at all weaker ones together. By warnings alone, without “do not use”: ${share(strongest, isWithoutCode)}, ${share(middle, isWithoutCode)}, ${share(others, isWithoutCode)}. Poor and rated “likely good”: ${share(strongest)} and ${share(others)}; poor and said to be not known: ${share(strongest, isUnknown)} and ${share(others, isUnknown)}.`,
    `Of ${poor.length} poor regions ${poor.filter(({ row, region }) => isTold(row.regions[region])).length} were told. ${poor.filter(({ row, region }) => (row.regions[region].dice ?? 0) >= GOOD_DICE).length} of the poor regions have a Dice of ${GOOD_DICE} and more: in a large tumour the outline alone makes ${FALSE_ML} ml. That is why a whole tumour from about 35 ml on is never rated “likely good”: in ${known.over} of ${known.large} validation patients with one more than ${FALSE_ML} ml were false. The price: smaller ones have a low expected Dice, so that of the ${sound.length} brains as they are ${sound.filter(({ regions }) => regions.WT.rating === 'good').length} whole tumours are “likely good”. The limit is not loosened: ${sound.filter(({ regions }) => isPoor(regions.WT)).length} of those ${sound.length} are poor by this measure, and no number that the app has tells them from the others. The rating of the whole tumour tells what not to use; it does not tell which of the others is right.`,
    silent.length === 0
      ? 'None is poor and rated “likely good”.'
      : `Poor and rated “likely good”:\n\n${named(silent)}`,
    unwarned.length === 0
      ? 'No failure passes without a word.'
      : `**Known silent failures**, by name (no warning, no “do not use”):\n\n${named(unwarned)}`,
    unknown.length === 0 ? '' : `Poor and said to be not known, by name:\n\n${named(unknown)}`,
    `**Strokes.** A wedge at the brain’s surface, dark in T1, bright in T2 and FLAIR, without uptake, of 30° and of 50°, painted into all brains of test and of validation patients of which one half is without tumour: ${strokes.length} masks, ${strokes.filter((row) => poorRegions([row]).length > 0).length} with a whole tumour where there is none. Said that nothing enhances: ${hitsOf(strokes, ['NOTHING_ENHANCES'])}; any warning: ${strokes.filter(saysSomething).length} of ${strokes.length}. The rule: nothing is marked as enhancing by sequences by which the model is known to find what enhances, and T1ce over T1 shows less than 0.1 ml of uptake in what is marked. The images of a painted stroke are simpler than those of a real one; none was tested. The rule tells no stroke from a glioma without enhancement, and says so.`,
    ...soundSection(sound),
    ...healthySection(rows.filter(({ kind }) => kind === 'no tumour')),
  ];
}

const hitsOf = (rows: readonly RatedRow[], codes: readonly string[]) =>
  `${rows.filter(({ warnings }) => warnings.some((code) => codes.includes(code))).length} of ${rows.length}`;

const describe = ({ dice, ml, trueMl, falseMl }: RatedRegion) =>
  dice === null
    ? `${falseMl.toFixed(1)} ml found where there is none`
    : `Dice ${dice.toFixed(2)}, ${ml.toFixed(1)} ml of ${trueMl.toFixed(1)}`;

const checkName = (code: string) =>
  code
    .toLowerCase()
    .replaceAll('_', ' ')
    .replace(/^(image quality|brain implausible) /, '');

function groupsOf(rows: readonly RatedRow[]): [kind: string, what: string, rows: RatedRow[]][] {
  const groups = new Map<string, [string, string, RatedRow[]]>();
  for (const row of rows) {
    const what = JOINED.includes(row.kind) ? '' : row.what;
    const key = `${row.kind}|${what}`;
    const group = groups.get(key) ?? [row.kind, what, []];
    group[2].push(row);
    groups.set(key, group);
  }
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return [...groups.values()].sort(
    (a, b) => kinds.indexOf(a[0]) - kinds.indexOf(b[0]) || a[2][0].strength - b[2][0].strength,
  );
}

/** Brains as they are, of validation and test. */
function soundSection(rows: readonly RatedRow[]): string[] {
  const poor = poorRegions(rows);
  const told = (own: readonly RatedRow[]) => own.filter(saysSomething);
  const isGood = (row: RatedRow) => !REGIONS.some((region) => isPoor(row.regions[region]));
  const line = (side: string) => {
    const own = rows.filter((row) => row.side === side);
    const good = own.filter(isGood);
    return [
      side,
      String(own.length),
      `${told(own).length}`,
      String(own.length - good.length),
      `${told(good).length} of ${good.length}`,
      `${good.filter(({ regions }) => regions.WT.rating === 'look' || regions.WT.rating === 'avoid').length} of ${good.length}`,
    ];
  };
  const alarms = told(rows).map(
    (row) =>
      `- ${row.name} (${row.side}): ${row.warnings.filter((code) => !code.startsWith('REGION_NOT')).join(', ') || 'do not use'}${isGood(row) ? '' : '; a region is poor'}`,
  );
  const named = (is: typeof isSilent) =>
    poor
      .filter(is)
      .map(({ row, region }) => `- ${row.name} (${row.side}): ${region} ${describe(row.regions[region])}`)
      .join('\n');
  return [
    '### Brains as they are',
    `Masks from all sequences of a brain. A false alarm is a warning, or a “do not use”, of a brain of which no supported region is poor; where one is poor the warning is right (a region that is found where the patient has none has a Dice of 0). **False alarms: ${told(rows).filter(isGood).length} of ${rows.length} (asked: 5 %).**`,
    table(
      [
        'side',
        'brains',
        'with a warning',
        'with a poor region',
        'false alarms',
        'WT not “likely good” though nothing is poor',
      ],
      ['validation', 'test'].map(line),
    ),
    alarms.length > 0 ? `Warnings:\n\n${alarms.join('\n')}` : 'No warning.',
    `${poor.length} supported regions are poor. Rated “likely good” all the same:\n\n${named(isSilent) || '- none'}`,
    `Poor and said to be not known:\n\n${named(isUnknown) || '- none'}`,
    'Ratings:',
    table(
      ['region', 'likely good', 'look closely', 'do not use', 'not known'],
      REGIONS.map((region) => [
        region,
        ...(['good', 'look', 'avoid', 'unknown'] as const).map((rating) =>
          String(
            rows.filter(({ regions }) => regions[region].supported && regions[region].rating === rating)
              .length,
          ),
        ),
      ]),
    ),
  ];
}

/** Brains without a tumour, from every combination. */
function healthySection(rows: readonly RatedRow[]): string[] {
  const combinations = [...new Set(rows.map(({ combination }) => combination))].sort(
    (a, b) => membersOf(a).length - membersOf(b).length || a.localeCompare(b),
  );
  const all = combinationName(MODALITIES);
  return [
    '### Brains without a tumour',
    `The half with the tumour replaced by the other one, mirrored: ${new Set(rows.filter(({ set }) => set !== 'atlas').map(({ name }) => name)).size} brains${combinations.includes(all) ? ', every combination; and the heads of two atlases (MNI 152, SRI 24), T1 alone' : ''}. A region that is found there is false; “untold” is a supported one whose rating is neither “look closely” nor “do not use”.`,
    table(
      ['combination', 'n', 'WT found', 'most ml', 'ET found', 'most ml', 'untold'],
      combinations.map((combination) => {
        const own = rows.filter((row) => row.combination === combination);
        const of = (region: Region) =>
          own.map(({ regions }) => regions[region]).filter(({ ml, supported }) => ml > 0 && supported);
        const most = (region: Region) => Math.max(0, ...of(region).map(({ ml }) => ml)).toFixed(1);
        const untold = REGIONS.flatMap((region) => of(region).filter((found) => !isTold(found)));
        return [
          titlesOf(combination),
          String(own.length),
          String(of('WT').length),
          most('WT'),
          String(of('ET').length),
          most('ET'),
          String(untold.length),
        ];
      }),
    ),
  ];
}
