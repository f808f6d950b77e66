import { resolve } from 'node:path';
import { Command } from 'commander';
import { compareWithReader } from '../cohort/compareReader.js';
import { keepComparison, readerPairs, soughtCases } from '../cohort/reader.js';
import { findMasks } from '../cohort/readerMasks.js';
import { CohortState } from '../cohort/stateFile.js';
import { writeCohortTables } from '../cohort/tableFiles.js';
import type { Cohort } from '../contract/cohort.js';
import { describeProblem } from '../contract/messages.js';
import { QuorumError } from '../errors.js';
import type { JobContext } from '../jobs/context.js';
import { comparedMask, readerScore, readerSummary, worstDice } from '../presentation/readerScores.js';
import { READING_NAMES, REGIONS } from '../terms.js';
import { follow } from './follow.js';
import { table } from './table.js';

interface TableOptions {
  reader?: string;
  readerMask: Record<string, string>;
  labels?: string;
}

/** `quorum table OUT [--reader MASKS]`. */
export function tableCommand(): Command {
  return new Command('table')
    .description(
      'Write a cohort’s numbers as tables: wide and long (CSV), one workbook (XLSX), and what the columns mean',
    )
    .argument('<folder>', 'the folder of results, where cohort.json lies')
    .option(
      '--reader <dir>',
      'masks of an expert or of another method, named as the cases: Dice, HD95 and volumes against them',
    )
    .option(
      '--reader-mask <case=file>',
      'the mask of a case that names do not tell (can be given several times)',
      caseAndFile,
      {},
    )
    .option(
      '--labels <scheme>',
      `what the reader’s labels mean: ${Object.keys(READING_NAMES).join(', ')}, or WT=1+2+3,TC=2+3,ET=3 (default: found out, and stopped in doubt)`,
    )
    .action(async (folder: string, options: TableOptions) => {
      const state = await CohortState.read(folder);
      if (!state) throw new QuorumError({ code: 'FILE_NOT_FOUND', file: `${folder}/cohort.json` });
      const isCompared = options.reader !== undefined || Object.keys(options.readerMask).length > 0;
      if (isCompared) await follow('evaluate', false, (context) => compare(state, folder, options, context));
      const { files, sentence } = await writeCohortTables(folder, state.cohort);
      const lines = [...files, ...(sentence ? [sentence] : [])];
      if (isCompared) lines.push('', ...readerLines(state.cohort));
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}

/** @throws QuorumError COHORT_BUSY while the cohort is run elsewhere; what finding and comparing masks throws. */
async function compare(
  state: CohortState,
  output: string,
  {
    reader,
    readerMask,
    labels = null,
  }: { reader?: string; readerMask: Record<string, string>; labels?: string | null },
  context: JobContext,
): Promise<void> {
  if (state.isElsewhere) throw new QuorumError({ code: 'COHORT_BUSY', file: output });
  const { signal } = context;
  const folder = reader === undefined ? null : resolve(reader);
  const found = folder === null ? null : await findMasks(folder, soughtCases(state), { signal });
  for (const name of Object.keys(readerMask)) state.caseOf(name);
  const masks = { ...found?.masks, ...readerMask };
  const pairs = readerPairs(state.cohort, resolve(output), masks);
  if (pairs.length === 0)
    throw new QuorumError({
      code: 'NO_IMAGES',
      ...(folder === null ? {} : { file: folder }),
      expected: 'a mask that is named as a finished case',
    });
  const said = await compareWithReader({ pairs, labels, scheme: state.cohort.options.labels }, context);
  await keepComparison(state, folder, masks, said);
}

/** The worst first. */
function readerLines(cohort: Cohort): string[] {
  const { cases, reader } = cohort;
  const worst = (one: Cohort['cases'][number]) => worstDice(one) ?? 2;
  const compared = cases.filter((one) => one.reader?.scores).sort((a, b) => worst(a) - worst(b));
  const digits = (value: number | null | undefined, places: number) => value?.toFixed(places) ?? '–';
  const rows = compared.map((one) => [
    one.name,
    comparedMask(one) ?? '–',
    ...REGIONS.map((region) => digits(readerScore(one, region)?.dice, 3)),
    ...REGIONS.map((region) => digits(readerScore(one, region)?.hd95, 1)),
  ]);
  const header = ['case', 'mask', ...REGIONS.map((r) => `Dice ${r}`), ...REGIONS.map((r) => `HD95 ${r} mm`)];
  const summary = readerSummary(cases);
  return [
    reader?.reading ?? '',
    table([header, ...rows]),
    ...REGIONS.flatMap((region) => {
      const { dice, limits, cases: many } = summary[region];
      if (many === 0) return [];
      const volumes = limits
        ? `; Quorum minus reader ${digits(limits.bias, 1)} ml (95 % limits of agreement ${digits(limits.lower, 1)} to ${digits(limits.upper, 1)})`
        : '';
      return [`${region}: mean Dice ${digits(dice.mean, 3)} of ${many}, without guesses${volumes}`];
    }),
    ...cases.flatMap(({ name, reader: own }) =>
      own?.problem ? [`${name}: ${describeProblem(own.problem)}`] : [],
    ),
    ...cases.flatMap(({ name, result, reader: own }) => (result && !own ? [`${name}: no mask found`] : [])),
  ];
}

function caseAndFile(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0)
    throw new QuorumError({
      code: 'REQUEST_INVALID',
      field: 'reader-mask',
      expected: 'CASE=FILE',
      found: text,
    });
  return { ...before, [text.slice(0, at)]: resolve(text.slice(at + 1)) };
}
