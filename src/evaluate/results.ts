import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { QuorumError } from '../errors.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import type { BootstrapOptions } from '../statistics.js';
import { REGIONS } from '../terms.js';
import { type CaseScore, type PatientScore, poolByPatient } from './scores.js';
import { type Summary, scoresFile, summarise } from './summary.js';
import { casesCsv, combinationTable } from './tables.js';

/** The pooled scores, by which a later result is compared with this one. */
const PATIENTS_FILE = 'patients.json';

const pooledSchema = z.object({
  dice: z.number(),
  bothEmpty: z.boolean(),
  hd95: z.number().nullable(),
  measured: z.number(),
  oneEmpty: z.number(),
  sensitivity: z.number().nullable(),
  trueMl: z.number(),
  volumeErrorMl: z.number(),
  lesionDice: z.number(),
  missedLesions: z.number(),
  falseLesions: z.number(),
});

const patientsSchema = z.array(
  z.object({
    patient: z.string(),
    combination: z.string(),
    regions: z.record(z.enum(REGIONS), pooledSchema.nullable()),
  }),
);

/**
 * Writes `cases.csv`, `table.csv`, `table.tex`, `table.md`, `scores.json` and `patients.json` into a folder, which is made if need be.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function writeResults(
  folder: string,
  cases: readonly CaseScore[],
  bootstrap: BootstrapOptions = {},
): Promise<Summary> {
  const summary = summarise(cases, bootstrap);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw writeProblem(error, folder);
  });
  const texts = {
    'cases.csv': casesCsv(cases),
    'table.csv': combinationTable(summary, 'csv'),
    'table.tex': combinationTable(summary, 'latex'),
    'table.md': combinationTable(summary, 'markdown'),
    [PATIENTS_FILE]: `${JSON.stringify(poolByPatient(cases), null, 1)}\n`,
    'scores.json': `${JSON.stringify(scoresFile(summary), null, 2)}\n`,
  };
  for (const [name, text] of Object.entries(texts)) {
    await writeFileAtomically(join(folder, name), [new TextEncoder().encode(text)]);
  }
  return summary;
}

/**
 * The pooled scores that `writeResults` left in a folder, for `comparePaired`.
 *
 * @throws QuorumError FILE_NOT_FOUND, REQUEST_INVALID when the file is not such a result.
 */
export async function readPatientScores(folder: string): Promise<PatientScore[]> {
  const file = join(folder, PATIENTS_FILE);
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new QuorumError(
      { code: 'FILE_NOT_FOUND', file, expected: 'the folder of an earlier evaluation' },
      { cause },
    );
  });
  try {
    return patientsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new QuorumError(
      { code: 'REQUEST_INVALID', file, expected: 'pooled scores of an evaluation' },
      { cause },
    );
  }
}
