import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BidsRequest } from '../../contract/commands.js';
import { type CaseReport, caseReportSchema } from '../../contract/report.js';
import { QuorumError } from '../../errors.js';
import { readReportText } from '../../export/output.js';
import { writeFileAtomically } from '../../files/wholeFile.js';
import { warningsIn } from '../../pipeline/report.js';
import { REGIONS } from '../../terms.js';
import { bidsSessions } from './layout.js';
import { CASES_FOLDER } from './participants.js';

export const GROUP_TABLE = 'group_desc-quorum_volumes.tsv';
export const GROUP_DICTIONARY = 'group_desc-quorum_volumes.json';

export interface BidsGroup {
  readonly kind: 'group';
  readonly file: string;
  readonly rows: number;
  /** Sessions of the dataset that have no finished result. */
  readonly missing: readonly string[];
}

/** BIDS: a value that is not there. */
const NOT_AVAILABLE = 'n/a';

/**
 * The group level: one row a finished session, joined with the columns of the dataset's participants.tsv, and a data dictionary.
 *
 * @throws QuorumError what `bidsSessions` throws; RESULT_MISSING when nothing is finished.
 */
export async function runGroup(request: BidsRequest): Promise<BidsGroup> {
  const { dataset, output, participants, sessions, skipValidation } = request;
  const found = await bidsSessions(dataset, { participants, sessions }, { skipValidation });
  const about = await participantsTable(dataset);
  const rows: string[][] = [];
  const missing: string[] = [];
  for (const { participant, session, name } of found) {
    const report = await reportOf(join(output, CASES_FOLDER, name));
    if (!report) {
      missing.push(name);
      continue;
    }
    const known = about.rows.get(`sub-${participant}`) ?? about.columns.map(() => NOT_AVAILABLE);
    const label = session === null ? NOT_AVAILABLE : `ses-${session}`;
    rows.push([`sub-${participant}`, label, ...known, ...COLUMNS.map(({ value }) => cell(value(report)))]);
  }
  if (rows.length === 0)
    throw new QuorumError({
      code: 'RESULT_MISSING',
      file: join(output, CASES_FOLDER),
      expected: 'finished participants',
    });
  const header = ['participant_id', 'session_id', ...about.columns, ...COLUMNS.map(({ name }) => name)];
  const text = [header, ...rows].map((row) => `${row.join('\t')}\n`).join('');
  await writeFileAtomically(join(output, GROUP_TABLE), [Buffer.from(text)]);
  await writeFileAtomically(join(output, GROUP_DICTIONARY), [Buffer.from(dictionary())]);
  return { kind: 'group', file: join(output, GROUP_TABLE), rows: rows.length, missing };
}

interface Column {
  readonly name: string;
  readonly description: string;
  readonly units?: string;
  readonly value: (report: CaseReport) => string | number | null;
}

const mask = (report: CaseReport) => report.combinations[report.combination];

const COLUMNS: readonly Column[] = [
  {
    name: 'sequences',
    description:
      'Sequences that the mask was made from. Volumes from different sequences are not comparable with each other.',
    value: ({ combination }) => combination,
  },
  ...REGIONS.flatMap((region): Column[] => [
    {
      name: `${region}_volume`,
      description: `Volume of ${region}; n/a where these sequences do not support it.`,
      units: 'mL',
      value: (report) => mask(report).volumes[region].ml,
    },
    {
      name: `${region}_lower`,
      description: `Lower end of the range that the model gives for such a volume of ${region}.`,
      units: 'mL',
      value: (report) => mask(report).volumes[region].range?.lower ?? null,
    },
    {
      name: `${region}_upper`,
      description: `Upper end of that range.`,
      units: 'mL',
      value: (report) => mask(report).volumes[region].range?.upper ?? null,
    },
    {
      name: `${region}_agreement`,
      description: `Mean Dice of ${region} with each sequence left out.`,
      value: (report) => mask(report).agreement[region],
    },
  ]),
  {
    name: 'enhancing_lesions',
    description: 'Separate enhancing lesions.',
    value: (report) => mask(report).enhancingLesions,
  },
  {
    name: 'warnings',
    description: 'Codes of all warnings, joined by semicolons.',
    value: (report) => [...new Set(warningsIn(report).map(({ code }) => code))].join(';') || null,
  },
  {
    name: 'model',
    description: 'Name and version of the model.',
    value: ({ model }) => `${model.name} ${model.version}`,
  },
  { name: 'model_sha256', description: 'SHA-256 of the model.', value: ({ model }) => model.hash },
  { name: 'quorum_version', description: 'Version of Quorum.', value: ({ quorumVersion }) => quorumVersion },
];

function cell(value: string | number | null): string {
  return value === null ? NOT_AVAILABLE : String(value).replace(/[\t\r\n]+/g, ' ');
}

/** BIDS data dictionary of the columns that are Quorum's. */
function dictionary(): string {
  const entries = COLUMNS.map(({ name, description, units }) => [
    name,
    { Description: description, ...(units === undefined ? {} : { Units: units }) },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** participants.tsv of a dataset, by participant and without that column; empty where there is none. */
async function participantsTable(dataset: string) {
  const text = await readFile(join(dataset, 'participants.tsv'), 'utf8').catch(() => '');
  const [header = [], ...lines] = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('\t'));
  const at = header.indexOf('participant_id');
  const rest = (row: readonly string[]) =>
    header.map((_, i) => row[i] ?? NOT_AVAILABLE).filter((_, i) => i !== at);
  if (at < 0) return { columns: [], rows: new Map<string, string[]>() };
  return {
    columns: header.filter((_, i) => i !== at),
    rows: new Map(lines.map((row) => [row[at], rest(row)])),
  };
}

/** A finished case's report, or null. */
async function reportOf(folder: string): Promise<CaseReport | null> {
  const { data } = caseReportSchema.safeParse(await readReportText(folder));
  return data?.state === 'finished' ? data : null;
}
