import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cohort } from '../contract/cohort.js';
import { csvText } from '../export/csv.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import { dataDictionary, longTable, wideTable } from '../presentation/cohortTable.js';
import { mixedSentence } from '../presentation/commonSequences.js';
import { readerTable } from '../presentation/readerTable.js';
import type { Table } from '../presentation/table.js';

/** Below the folder of results. */
const FOLDER = 'table';

/**
 * Writes a cohort's tables as CSV and as one workbook, in place of those written before.
 *
 * @returns the files, relative to the folder of results; the sentence about mixed sequences.
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeCohortTables(
  output: string,
  cohort: Cohort,
): Promise<{ files: string[]; sentence: string | null }> {
  const folder = join(output, FOLDER);
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw writeProblem(cause, folder);
  });
  const sentence = mixedSentence(cohort.cases);
  const tables: Readonly<Record<string, Table>> = {
    cohort: wideTable(cohort),
    cohort_long: longTable(cohort),
    ...(cohort.reader ? { cohort_reader: readerTable(cohort) } : {}),
    dictionary: dataDictionary(cohort),
  };
  const files: Record<string, Uint8Array> = {
    'cohort.xlsx': await workbook(tables, sentence),
    ...(sentence === null ? {} : { 'read_first.txt': Buffer.from(`${sentence}\n`) }),
  };
  for (const [name, table] of Object.entries(tables)) files[`${name}.csv`] = Buffer.from(csvText(table));
  for (const [name, bytes] of Object.entries(files)) await writeFileAtomically(join(folder, name), [bytes]);
  return {
    files: Object.keys(files)
      .map((name) => `${FOLDER}/${name}`)
      .sort(),
    sentence,
  };
}

/** A sheet for each table; what is to be said of mixed sequences stands before the first. */
async function workbook(tables: Readonly<Record<string, Table>>, sentence: string | null): Promise<Buffer> {
  const sheets = Object.entries(tables).map(([sheet, [header, ...rows]], n) => ({
    sheet,
    data: [
      ...(n === 0 && sentence !== null ? [[{ value: sentence, fontWeight: 'bold' as const }]] : []),
      header.map((value) => ({ value: String(value), fontWeight: 'bold' as const })),
      ...rows.map((row) => row.map((value) => (value === null ? null : { value, type: typeOf(value) }))),
    ],
  }));
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  return writeXlsxFile(sheets as never).toBuffer();
}

/** A text is never a formula, whatever it begins with. */
const typeOf = (value: string | number) => (typeof value === 'number' ? Number : String);
