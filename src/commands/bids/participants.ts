import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NamedCase } from '../../cohort/caseNames.js';
import { type BidsRequest, segmentRequestSchema } from '../../contract/commands.js';
import type { CaseOutcome } from '../../contract/report.js';
import { BIDS_FOLDER, bidsDescription, bidsIgnore, bidsReadme } from '../../export/bids.js';
import { refuseOutputInsideInput } from '../../export/output.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import type { JobContext } from '../../jobs/context.js';
import { FILES } from '../../pipeline/plan.js';
import { withModel } from '../../pipeline/segmentCase.js';
import { segmentEach } from '../batch.js';
import type { Host } from '../host.js';
import { bidsSessions } from './layout.js';

/** What the pipeline itself writes of each case: report.json with everything that is known, and its files. */
export const CASES_FOLDER = 'quorum';

export interface BidsParticipants {
  readonly kind: 'participants';
  readonly cases: readonly CaseOutcome[];
  /** Participants and sessions without a folder `anat`. */
  readonly withoutAnat: readonly string[];
}

/**
 * The participant level: every session is one case. Its mask, sidecar and labels go to their places in the derivative dataset,
 * `sub-<label>[_ses-<label>].html` beside them, the rest into `quorum/`. Several processes may write into one output at once,
 * each for other participants.
 *
 * @throws QuorumError what `bidsSessions` throws; OUTPUT_INSIDE_INPUT for an output in the dataset that is not in its `derivatives`.
 */
export async function runParticipants(
  request: BidsRequest,
  host: Host,
  context: JobContext,
): Promise<BidsParticipants> {
  const { dataset, output, level: _, participants, sessions, skipValidation, ...options } = request;
  const found = await bidsSessions(dataset, { participants, sessions }, { skipValidation });
  await refuseOutputInsideInput(output, [dataset], {
    allowed: join(dataset, 'derivatives'),
    expected: 'a folder outside the dataset, or in its derivatives/',
  });
  const cases = found.flatMap(({ name, anat }) => (anat === null ? [] : [{ name, folder: anat }]));
  await writeDataset(output, dataset, host.around.quorumVersion);
  const segmenting = segmentRequestSchema.parse({
    ...options,
    inputs: [],
    output: join(output, CASES_FOLDER),
    bids: true,
    report: true,
    csv: true,
  });
  const outcomes = await withModel(segmenting, host, (work) =>
    segmentEach(cases, work, host.working, context, async ({ state }, one) => {
      if (state !== 'failed') await publish(output, one);
    }),
  );
  const withoutAnat = found.filter(({ anat }) => anat === null).map(({ name }) => name);
  return { kind: 'participants', cases: outcomes, withoutAnat };
}

async function writeDataset(output: string, dataset: string, quorumVersion: string): Promise<void> {
  await mkdir(output, { recursive: true });
  const source = await readFile(join(dataset, 'dataset_description.json'), 'utf8').catch(() => '{}');
  for (const [file, text] of [
    ['dataset_description.json', bidsDescription(quorumVersion, nameIn(source))],
    ['README', bidsReadme()],
    ['.bidsignore', bidsIgnore(CASES_FOLDER)],
  ])
    await writeFileAtomically(join(output, file), [Buffer.from(text)]);
}

function nameIn(description: string): string | null {
  try {
    const { Name } = JSON.parse(description) as { Name?: unknown };
    return typeof Name === 'string' ? Name : null;
  } catch {
    return null;
  }
}

/** Puts a case's parts to their places in the derivative dataset. */
async function publish(output: string, { name }: NamedCase): Promise<void> {
  const from = join(output, CASES_FOLDER, name);
  const below = join(from, BIDS_FOLDER);
  const entries = await readdir(below, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.parentPath !== below)
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) {
    const target = join(output, file.slice(below.length + 1));
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomically(target, [await readFile(file)]);
  }
  await writeFileAtomically(join(output, `${name}.html`), [await readFile(join(from, FILES.report(name)))]);
}
