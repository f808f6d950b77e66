import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { QuorumError } from '../errors.js';
import { writeResults } from '../evaluate/results.js';
import type { CaseScore } from '../evaluate/scores.js';
import type { PairedComparison, Summary } from '../evaluate/summary.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import { writeFolderWhole } from '../files/wholeFolder.js';
import type { Region } from '../terms.js';
import { QUORUM_VERSION } from '../version.js';
import { comparisonCsv } from './comparisonTable.js';
import { CONFIG_FILE } from './config.js';

/** What `summary.json` says beside the summary itself. */
export interface EvaluationAbout {
  readonly dataset: string;
  /** Which side of a split, or `all cases`. */
  readonly side: string;
  /** The model with its hash, or the folder of masks. */
  readonly of: object;
  /** Expected calibration error per combination; null where there are only masks. */
  readonly calibrationError: Readonly<Record<string, Readonly<Record<Region, number | null>>>> | null;
}

/** @throws QuorumError OUTPUT_EXISTS when the folder holds anything. */
export async function refuseFilled(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw writeProblem(error, folder);
  });
  if (names.length === 0) return;
  throw new QuorumError({
    code: 'OUTPUT_EXISTS',
    file: folder,
    expected: 'no such folder, or an empty one',
    found: `${names.length} files`,
  });
}

/**
 * Writes what `writeResults` does, `summary.json`, after a comparison `comparison.csv`, and what was asked for (`config.yaml`). The folder
 * appears complete or not at all.
 *
 * @throws QuorumError DISK_FULL, OUTPUT_NOT_WRITABLE, OUTPUT_EXISTS.
 */
export async function writeEvaluation(
  folder: string,
  cases: readonly CaseScore[],
  about: EvaluationAbout,
  comparison: readonly PairedComparison[] | null,
  config: string | null = null,
): Promise<Summary> {
  return writeFolderWhole(folder, async (making) => {
    const summary = await writeResults(making, cases);
    const texts = new Map([['summary.json', summaryJson(about, summary)]]);
    if (comparison) texts.set('comparison.csv', comparisonCsv(comparison));
    if (config !== null) texts.set(CONFIG_FILE, config);
    for (const [name, text] of texts) await writeFileAtomically(join(making, name), [Buffer.from(text)]);
    return summary;
  });
}

function summaryJson(about: EvaluationAbout, summary: Summary): string {
  const head = { application: 'quorum', kind: 'evaluation', quorumVersion: QUORUM_VERSION };
  const finishedAt = new Date().toISOString();
  return `${JSON.stringify({ ...head, finishedAt, ...about, ...summary }, null, 2)}\n`;
}
