import { Command } from 'commander';
import { CohortState } from '../cohort/stateFile.js';
import { writeCohortTables } from '../cohort/tableFiles.js';
import { QuorumError } from '../errors.js';

/** `quorum table OUT`. */
export function tableCommand(): Command {
  return new Command('table')
    .description(
      'Write a cohort’s numbers as tables: wide and long (CSV), one workbook (XLSX), and what the columns mean',
    )
    .argument('<folder>', 'the folder of results, where cohort.json lies')
    .action(async (folder: string) => {
      const state = await CohortState.read(folder);
      if (!state) throw new QuorumError({ code: 'FILE_NOT_FOUND', file: `${folder}/cohort.json` });
      const { files, sentence } = await writeCohortTables(folder, state.cohort);
      process.stdout.write(`${[...files, ...(sentence ? [sentence] : [])].join('\n')}\n`);
    });
}
