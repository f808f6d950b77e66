import type { FollowUpReport } from '../contract/followUp.js';
import { throwIfCancelled } from '../errors.js';
import { csvText } from '../export/csv.js';
import { problemForReport } from '../export/names.js';
import { CaseOutput } from '../export/output.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import type { JobContext } from '../jobs/context.js';
import { REGIONS } from '../terms.js';
import { writeNifti } from '../volume/niftiWriter.js';
import { affineOf } from '../volume/tuples.js';
import { differenceOf } from './difference.js';
import { followUpHtml } from './html.js';
import { followUpTable } from './table.js';

export interface WriteFollowUp {
  readonly folder: string;
  /** Time points are called by their number; dates stay. */
  readonly neutralNames: boolean;
  readonly overwrite: boolean;
  /** The mask of a time point, from 0, on the first's grid; null where it could not be aligned. */
  readonly labels: (n: number) => Promise<Uint8Array | null>;
}

/** Names relative to the folder; time points are numbered from 1 in their order. */
const FILES = {
  table: 'followup.csv',
  html: 'followup.html',
  aligned: (n: number) => `aligned/${n + 1}_seg.nii.gz`,
  difference: (n: number, region: string) => `difference/${n + 1}_${region}.nii.gz`,
};

/**
 * Writes a follow-up: `report.json` (a `FollowUpReport`), the numbers as a table, the report to read, every time point's mask on the
 * first's grid (BraTS labels), and what changed against the first (`DIFFERENCE` values) for each region that is given.
 *
 * @returns the files, relative to the folder.
 * @throws QuorumError OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE, DISK_FULL, CANCELLED; nothing is left half-written.
 */
export async function writeFollowUp(
  made: FollowUpReport,
  { folder, neutralNames, overwrite, labels }: WriteFollowUp,
  { signal, report: tell }: JobContext,
): Promise<string[]> {
  const report = neutralNames ? withoutNames(made) : made;
  const planned = plannedFiles(report);
  const output = await CaseOutput.open(folder, planned, overwrite, 'followup');
  try {
    const first = await labels(0);
    const grid = { size: report.grid.size, affine: affineOf(report.grid.affine) };
    for (const [n, point] of report.points.entries()) {
      throwIfCancelled(signal);
      tell('masks', n / report.points.length);
      const mask = n === 0 ? first : await labels(n);
      if (!mask) continue;
      await writeNifti(await output.stage(FILES.aligned(n)), { ...grid, data: mask });
      if (n === 0 || !point.difference) continue;
      for (const region of regionsOf(report, n)) {
        const { map } = differenceOf(first!, mask, grid, region);
        await writeNifti(await output.stage(FILES.difference(n, region)), { ...grid, data: map });
      }
    }
    const stage = async (file: string, text: string) =>
      writeFileAtomically(await output.stage(file), [Buffer.from(text)]);
    await stage(FILES.table, csvText(followUpTable(report)));
    await stage(FILES.html, followUpHtml(report));
    const { files } = await output.commit(report);
    return files.map(({ file }) => file);
  } finally {
    await output.close();
  }
}

/** Finds what stands in the way before anything is computed. @throws QuorumError OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE. */
export async function refuseTarget(folder: string, overwrite: boolean): Promise<void> {
  const output = await CaseOutput.open(folder, [FILES.table, FILES.html], overwrite, 'followup');
  await output.close();
}

function plannedFiles(report: FollowUpReport): string[] {
  const aligned = report.points.flatMap(({ alignment }, n) =>
    alignment?.verdict === 'failed' ? [] : [FILES.aligned(n)],
  );
  const differences = report.points.flatMap(({ difference }, n) =>
    difference ? regionsOf(report, n).map((region) => FILES.difference(n, region)) : [],
  );
  return [...aligned, ...differences, FILES.table, FILES.html];
}

/** Regions that both ends of a difference support. */
function regionsOf({ points, by }: FollowUpReport, n: number) {
  const given = ({ common, all }: FollowUpReport['points'][number]) => (by === 'common' ? common! : all);
  return REGIONS.filter((r) => given(points[0])[r].supported && given(points[n])[r].supported);
}

function withoutNames(report: FollowUpReport): FollowUpReport {
  return {
    ...report,
    points: report.points.map((point, n) => {
      const name = `Time point ${n + 1}`;
      const { alignment } = point;
      const problem = alignment?.problem ? problemForReport(alignment.problem, true) : null;
      return { ...point, id: `${n + 1}`, title: name, alignment: alignment && { ...alignment, problem } };
    }),
  };
}
