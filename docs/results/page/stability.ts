/** Whether a second pass of the network would tell which masks are poor: from the log of `mirrored.ts`. */
import { rankingOf } from '../../../src/measure/expectedDice.js';
import type { PerRegion, Region } from '../../../src/terms.js';
import type { RatedRow } from './rating.js';
import { table } from './text.js';

export interface MirroredRow {
  readonly name: string;
  readonly side: string;
  /** Against the truth, and against the masks of another pass. */
  readonly dice: PerRegion<number>;
  readonly mirrored: PerRegion<number>;
  readonly shifted: PerRegion<number>;
}

/** The section on stability; the agreement between sequences, which costs no pass, stands beside it. */
export function stabilitySection(rows: readonly MirroredRow[], sound: readonly RatedRow[]): string {
  if (rows.length === 0)
    return '### Would a second pass tell?\n\nNot measured: whether a mirrored pass or a shift by 0.3 mm foretells a poor mask is to be measured by `mirrored.ts`.';
  const own = rows.flatMap((row) => {
    const one = sound.find(
      ({ name, combination }) => name === row.name && combination.split('+').length === 4,
    );
    return one ? [{ ...row, silent: one }] : [];
  });
  const lines = (['WT', 'ET'] as const).flatMap((region) =>
    (
      [
        ['mirrored', ({ mirrored }) => mirrored[region]],
        ['moved by 0.3 mm', ({ shifted }) => shifted[region]],
        ['agreement', ({ silent }) => silent.regions[region].agreement ?? 0],
      ] satisfies [string, (row: (typeof own)[number]) => number][]
    ).map(([name, scoreOf]) => line(region, name, own, scoreOf)),
  );
  return [
    '### Would a second pass tell?',
    `Every one of ${own.length} whole brains with four sequences went through the network once more, mirrored left to right, and moved by 0.3 mm on its lattice; the score is the overlap (Dice) of that mask with the first. Ranked by how well it foretells the true Dice, of those who have the region; beside it the agreement of the sequences, which costs no pass. “Found” is how many of the poor (Dice below 0.6) lie among as many lowest scores.`,
    'It ranks the whole tumour no better than agreement, and enhancing tumour worse, for twice the time: no second pass is made.',
    table(['region', 'score', 'n', 'Spearman', 'area', 'random order', 'perfect order', 'found'], lines),
  ].join('\n\n');
}

function line<R extends MirroredRow & { readonly silent: RatedRow }>(
  region: Region,
  name: string,
  rows: readonly R[],
  scoreOf: (row: R) => number,
): string[] {
  const has = rows.filter(({ silent }) => silent.regions[region].trueMl > 0);
  const scored = has.map((row) => ({ score: scoreOf(row), dice: row.dice[region] }));
  const { correlation, area, random, perfect } = rankingOf(scored);
  const poor = scored.filter(({ dice }) => dice < 0.6);
  const lowest = scored.toSorted((a, b) => a.score - b.score).slice(0, poor.length);
  return [
    region,
    name,
    String(has.length),
    correlation.toFixed(2),
    ...[area, random, perfect].map((value) => value.toFixed(3)),
    `${lowest.filter((one) => poor.includes(one)).length} of ${poor.length}`,
  ];
}
