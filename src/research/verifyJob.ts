import { sep } from 'node:path';
import type { DatasetFindings } from '../contract/research.js';
import type { Problem } from '../errors.js';
import { type JobContext, partOf } from '../jobs/context.js';
import { MODALITIES } from '../terms.js';
import { listDataset } from '../training/dataset.js';
import { findProblems } from '../training/verify.js';

/**
 * Reads every file of data sets, as training does before its first step, and says of each case what is wrong with it.
 *
 * @throws QuorumError as `listDataset`; CANCELLED.
 */
export async function runVerifyJob(
  folders: readonly string[],
  { signal, report }: JobContext,
): Promise<DatasetFindings[]> {
  const findings: DatasetFindings[] = [];
  for (const [index, folder] of folders.entries()) {
    const part = partOf(report, index / folders.length, (index + 1) / folders.length);
    const onCase = (done: number, total: number) =>
      part(`verifying: ${done} of ${total} cases`, done / total);
    findings.push(await findingsOf(folder, signal, onCase));
  }
  return findings;
}

async function findingsOf(
  folder: string,
  signal: AbortSignal,
  onCase: (done: number, total: number) => void,
): Promise<DatasetFindings> {
  const { dataset, failed } = await listDataset(folder);
  const { labels, problems } = await findProblems(dataset, { signal, onCase });
  const rows = [
    ...dataset.cases.map(({ name, patient, folder: own, images }) => ({
      name,
      patient,
      folder: own,
      sequences: MODALITIES.filter((m) => images[m] !== undefined),
      problems: problems.filter((problem) => isOf(problem, own)),
    })),
    ...failed.map(({ name, folder: own, problem }) => ({
      name,
      patient: null,
      folder: own,
      sequences: [],
      problems: [problem],
    })),
  ];
  const told = new Set(rows.flatMap((row) => row.problems));
  const ofTheWhole = problems.filter((problem) => !told.has(problem));
  const empty: Problem[] =
    rows.length > 0
      ? []
      : [
          {
            code: 'DATASET_INVALID',
            field: 'cases',
            expected: 'folders of cases',
            found: 'none',
            file: folder,
          },
        ];
  return {
    folder,
    name: dataset.name,
    labels,
    cutOuts: dataset.description.known === 'nonzero-box',
    cases: rows.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    problems: [...ofTheWhole, ...empty],
  };
}

function isOf({ file }: Problem, folder: string): boolean {
  return file === folder || file?.startsWith(folder + sep) === true;
}
